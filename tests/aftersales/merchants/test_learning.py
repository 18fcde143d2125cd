"""Staff of a merchant learn the rules before they handle tickets; every attempt stays on the record."""

from datetime import timedelta

import pytest

from aftersales.merchants.books import load_course
from aftersales.merchants.learning import attempt, attempts_of, check_may_handle, may_handle_tickets
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.conftest import NOW
from tests.aftersales.merchants.conftest import MERCHANT, PLATFORM, RIVAL, TRAINER

RIGHT = {question.id: question.answer for question in load_course().questions}


async def test_who_has_passed_may_handle_tickets(db: Database) -> None:
    with pytest.raises(DomainError) as refused:
        await check_may_handle(db, MERCHANT)
    assert refused.value.code == "course_required"
    failed = await attempt(db, MERCHANT, RIGHT | {"q01": "a", "q02": "a", "q03": "a"}, NOW)
    assert not failed["passed"] and failed["correct"] == 9 and not await may_handle_tickets(db, MERCHANT)
    assert failed["wrong"][0]["why"]
    passed = await attempt(db, MERCHANT, RIGHT, NOW + timedelta(minutes=1))
    assert passed["passed"] and passed["wrong"] == []
    await check_may_handle(db, MERCHANT)
    assert not await may_handle_tickets(db, RIVAL)


async def test_a_new_version_of_the_course_asks_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await attempt(db, MERCHANT, RIGHT, NOW)
    newer = load_course().model_copy(update={"version": "2027-01"})
    monkeypatch.setattr("aftersales.merchants.learning.load_course", lambda: newer)
    assert not await may_handle_tickets(db, MERCHANT)


async def test_the_platforms_people_need_no_course_and_trainers_handle_no_tickets(db: Database) -> None:
    assert await may_handle_tickets(db, PLATFORM)
    assert not await may_handle_tickets(db, TRAINER)


async def test_attempts_are_kept_newest_first_by_merchant_and_person(db: Database) -> None:
    await attempt(db, MERCHANT, {}, NOW)
    await attempt(db, MERCHANT, RIGHT, NOW + timedelta(days=1))
    await attempt(db, RIVAL, {}, NOW)
    assert [one["passed"] for one in await attempts_of(db, party="m_1")] == [True, False]
    assert [one["agent_id"] for one in await attempts_of(db, agent_id="a_9")] == ["a_9"]
