"""Canned replies: who sees which, who may change which, and what ships with the product."""

import pytest

from handoff import canned
from kernel.clock import utcnow
from kernel.db import Database
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.handoff.conftest import make_agent


async def titles(db: Database, who: Principal, query: str = "", party: str | None = None) -> list[str]:
    async with db.read() as tx:
        return [one["title"] for one in await canned.search(tx, who, query, {}, party)]


async def add(db: Database, who: Principal, title: str, scope: str, party: str | None = None) -> str:
    made = await canned.add(
        db, who, title=title, text=f"{title}的内容", scope=scope, party=party, now=utcnow()
    )
    return str(made["id"])


async def test_what_ships_comes_once_and_stays_as_people_leave_it(db: Database) -> None:
    lead = await make_agent(db, "郑主管", "supervisor")
    installed = await canned.install_defaults(db, utcnow())
    assert installed > 10
    first = (await titles(db, lead))[0]
    async with db.read() as tx:
        shipped = (await canned.search(tx, lead, first, {}))[0]
    await canned.remove(db, lead, shipped["id"], utcnow())
    assert await canned.install_defaults(db, utcnow()) == 0
    assert first not in await titles(db, lead)


async def test_each_agent_sees_the_platforms_the_merchants_and_his_own(db: Database) -> None:
    lead = await make_agent(db, "郑主管", "supervisor")
    shoes = await make_agent(db, "林晓", "merchant_agent", "m_shoes")
    books = await make_agent(db, "方舟", "merchant_agent", "m_books")
    helper = await make_agent(db, "周宁")
    await add(db, lead, "平台的", "platform")
    await add(db, shoes, "鞋店的", "merchant")
    await add(db, shoes, "我自己的", "own")
    assert await titles(db, shoes) == ["我自己的", "鞋店的", "平台的"]
    assert await titles(db, books) == ["平台的"]
    assert await titles(db, helper) == ["平台的"]
    assert await titles(db, helper, party="m_shoes") == [
        "鞋店的",
        "平台的",
    ]  # in that merchant's conversation
    assert await titles(db, books, party="m_shoes") == ["平台的"]
    assert await titles(db, shoes, "xdd") == ["鞋店的"]


async def test_only_those_who_keep_a_reply_may_change_it(db: Database) -> None:
    lead = await make_agent(db, "郑主管", "supervisor")
    shoes = await make_agent(db, "林晓", "merchant_agent", "m_shoes")
    books = await make_agent(db, "方舟", "merchant_agent", "m_books")
    helper = await make_agent(db, "周宁")
    for who, scope, party in (
        (helper, "platform", None),
        (shoes, "platform", None),
        (books, "merchant", "m_shoes"),
    ):
        with pytest.raises(DomainError) as refused:
            await add(db, who, "不该有", scope, party)
        assert refused.value.status == 403
    platform, own = await add(db, lead, "平台的", "platform"), await add(db, shoes, "自己的", "own")
    for who, reply_id, status in (
        (helper, platform, 403),
        (shoes, platform, 403),
        (lead, own, 404),
        (books, own, 404),
    ):
        with pytest.raises(DomainError) as denied:
            await canned.change(db, who, reply_id, title="改", text="改", now=utcnow())
        assert denied.value.status == status
    changed = await canned.change(db, shoes, own, title="退款到账", text="{商品}已退", now=utcnow())
    assert (changed["title"], changed["scope"], changed["editable"]) == ("退款到账", "own", True)
    assert await titles(db, shoes, "tkdz") == ["退款到账"]


async def test_a_reply_that_is_used_often_comes_first(db: Database) -> None:
    lead = await make_agent(db, "郑主管", "supervisor")
    await add(db, lead, "甲", "platform")
    second = await add(db, lead, "乙", "platform")
    for _ in range(3):
        await canned.used(db, lead, second)
    assert await titles(db, lead) == ["乙", "甲"]


async def test_a_variable_that_does_not_exist_is_refused(db: Database) -> None:
    who = await make_agent(db, "周宁")
    with pytest.raises(DomainError) as refused:
        await canned.add(db, who, title="问候", text="{颜色}", scope="own", party=None, now=utcnow())
    assert refused.value.code == "unknown_variable"
