"""Working hours that a party's supervisors set: checked line by line, audited, and followed by the after-hours offer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from handoff import callbacks, opening, ownership, policy
from handoff.lineup import Lineup
from handoff.records import events_after
from handoff.store import audit
from kernel.clock import utcnow
from kernel.db import Database
from kernel.errors import DomainError
from kernel.principal import PLATFORM, Principal
from kernel.times import SHANGHAI
from tests.handoff.conftest import make_agent, open_one

NIGHT = (["03:00-03:01"], ["03:00-03:01"], [])
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=SHANGHAI)  # a Wednesday


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    policy.set_own({})


async def lead_of(db: Database, party: str) -> Principal:
    return await make_agent(db, f"主管-{party}", "supervisor", party)


async def test_hours_are_the_files_until_a_supervisor_sets_his_partys_own(db: Database) -> None:
    lead = await lead_of(db, "m_1")
    before = await opening.show(db, lead, NOON)
    assert (before["workdays"], before["changed"]) == (["08:00-23:00"], None)
    made = await opening.save(db, lead, ["13:00-18:00", "09:00-12:00"], [], ["2026-11-26"], NOON)
    assert made["workdays"] == ["09:00-12:00", "13:00-18:00"]
    assert (made["days_off"], made["closed_days"], made["changed"]["by"]) == ([], ["2026-11-26"], "主管-m_1")
    assert not made["open"]
    assert datetime.fromisoformat(made["opens_at"]) == NOON.replace(hour=13)
    after_hours = await opening.show(db, lead, NOON.replace(hour=19))
    assert datetime.fromisoformat(after_hours["opens_at"]) == NOON.replace(
        day=27, hour=9
    )  # the 26th is closed
    rules = policy.current()
    assert not rules.is_open("m_1", NOON)
    assert rules.is_open("m_2", NOON) and rules.is_open(PLATFORM, NOON)


async def test_every_change_of_hours_is_in_the_audit_trail_with_what_was_before(db: Database) -> None:
    lead = await lead_of(db, "m_1")
    await opening.save(db, lead, ["09:00-18:00"], [], [], NOON)
    await opening.save(db, lead, ["09:00-24:00"], [], ["2027-02-05"], NOON)
    async with db.read() as tx:
        rows = await tx.all(select(audit).where(audit.c.kind == "hours.changed").order_by(audit.c.id))
    assert [row["actor"] for row in rows] == [lead.agent_id] * 2
    first, second = (row["data"] for row in rows)
    assert first["before"] is None and second["before"] == first["after"]
    assert second["after"] == {"workdays": ["09:00-24:00"], "days_off": [], "closed_days": ["2027-02-05"]}


async def test_another_process_goes_by_the_new_hours_once_it_reads_them(db: Database) -> None:
    await opening.save(db, await lead_of(db, "m_1"), *NIGHT, NOON)
    policy.set_own({})
    assert policy.current().is_open("m_1", NOON)
    await opening.load(db)
    assert not policy.current().is_open("m_1", NOON)


async def test_the_offer_outside_of_hours_follows_what_was_set(db: Database) -> None:
    now = utcnow()
    local = (now + timedelta(hours=3)).astimezone(SHANGHAI)
    later = f"{local:%H:%M}-24:00" if local.hour > 3 else "12:00-13:00"
    for party in (PLATFORM, "m_1"):
        await opening.save(db, await lead_of(db, party), [later], [later], [], now)
    row = await open_one(db, None)
    waits = await ownership.request_human(db, row["id"], "button", now, party="m_1")
    shown = await Lineup(db).of(waits, now)
    assert (shown["open"], shown["eta_seconds"]) == (False, None)
    assert shown["opens_at"] and later.split("-")[0] in shown["hours"]
    async with db.read() as tx:
        told = (await events_after(tx, row["id"], 0))[-1]["text"]
    assert later.split("-")[0] in told
    await callbacks.choose(db, None, row["id"], "ticket", now)
    async with db.read() as tx:
        (promised,) = await callbacks.of_conversation(tx, row["id"])
    assert datetime.fromisoformat(promised["due_at"]) > datetime.fromisoformat(shown["opens_at"])


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        ((["9-18"], [], []), "工作日第 1 段“9-18”"),
        ((["09:00-18:00", "25:00-26:00"], [], []), "工作日第 2 段"),
        ((["09:00-24:30"], [], []), "最晚到 24:00"),
        ((["24:00-24:00"], [], []), "最晚到 24:00"),
        (([], ["18:00-09:00"], []), "休息日第 1 段“18:00-09:00”的结束要晚于开始"),
        ((["09:00-09:00"], [], []), "结束要晚于开始"),
        ((["09:00-12:00", "11:30-18:00"], [], []), "“11:30-18:00”和前一段重叠"),
        ((["09:00-10:00"] * 5, [], []), "最多填 4 个时段"),
        (([], [], []), "不能都关闭"),
        ((["09:00-18:00"], [], ["2026-02-30"]), "关闭日“2026-02-30”不是有效日期"),
        ((["09:00-18:00"], [], ["2026-02-03"] * 61), "最多填 60 天"),
    ],
)
async def test_wrong_hours_are_refused_with_the_line_that_is_wrong(
    db: Database, hours: tuple[list[str], list[str], list[str]], says: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await opening.save(db, await lead_of(db, "m_1"), *hours, NOON)
    assert (refused.value.code, refused.value.status) == ("bad_hours", 422)
    assert says in refused.value.message
    async with db.read() as tx:
        assert await tx.all(select(audit).where(audit.c.kind == "hours.changed")) == []


@pytest.mark.parametrize("role", ["merchant_agent", "platform_agent", "trainer"])
async def test_only_supervisors_see_and_set_hours(db: Database, role: str) -> None:
    who = await make_agent(db, "林晓", role, "m_1")
    for tried in (opening.show(db, who, NOON), opening.save(db, who, *NIGHT, NOON)):
        with pytest.raises(DomainError) as refused:
            await tried
        assert refused.value.status == 403


@given(st.lists(st.text(max_size=12) | st.from_regex(r"\d\d:\d\d-\d\d:\d\d", fullmatch=True), max_size=5))
def test_whatever_is_sent_gives_spans_in_order_or_a_refusal(texts: list[str]) -> None:
    try:
        spans: Any = opening._spans("工作日", texts)
    except DomainError as refused:
        assert refused.code == "bad_hours"
        return
    assert [opening._text(one) for one in spans] == sorted(texts)
