"""Who works at the desk and how they log in."""

from datetime import timedelta

import pytest

from handoff import staff
from kernel.clock import utcnow
from kernel.db import Database
from kernel.errors import DomainError
from tests.handoff.conftest import make_agent


async def test_a_session_belongs_to_its_agent_until_it_ends(db: Database) -> None:
    who = await make_agent(db, "周宁")
    login = await staff.log_in(db, "user-周宁", "a good password", utcnow())
    found = await staff.whose(db, login.token, utcnow())
    assert found is not None
    assert found[0] == who
    assert await staff.whose(db, login.token, utcnow() + timedelta(hours=13)) is None
    await staff.log_out(db, login.token)
    assert await staff.whose(db, login.token, utcnow()) is None


@pytest.mark.parametrize(("username", "password"), [("user-周宁", "wrong"), ("nobody", "a good password")])
async def test_a_wrong_login_does_not_say_what_was_wrong(db: Database, username: str, password: str) -> None:
    await make_agent(db, "周宁")
    with pytest.raises(DomainError) as refusal:
        await staff.log_in(db, username, password, utcnow())
    assert (refusal.value.code, refusal.value.status) == ("bad_login", 401)


async def test_a_merchants_agent_can_pass_on_to_colleagues_and_the_platform_only(db: Database) -> None:
    mine = await make_agent(db, "林晓", "merchant_agent", "m_1")
    for name, role, party in [
        ("陈晨", "merchant_agent", "m_1"),
        ("方舟", "merchant_agent", "m_2"),
        ("周宁", "platform_agent", "platform"),
        ("钱老师", "trainer", "platform"),
    ]:
        await make_agent(db, name, role, party)
    assert {agent["name"] for agent in await staff.colleagues(db, mine, utcnow())} == {"陈晨", "周宁"}
