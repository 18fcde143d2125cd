"""A merchant's report comes out of the events in the database, and says which tickets made it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from aftersales import tickets
from aftersales.merchants.core.metrics import Counts
from aftersales.merchants.ports import NoCounts
from aftersales.merchants.scoring import (
    end_of,
    history,
    is_scored,
    latest,
    merchants,
    parse_day,
    report_of,
    score_day,
    tickets_of,
)
from kernel.db import Database, Tx
from kernel.errors import DomainError
from tests.aftersales.conftest import NOW, at_status, move, opened, order_line
from tests.aftersales.merchants.conftest import TODAY

PORT = NoCounts()


async def refunded(db: Database, key: str, rating: int = 5, **given: object) -> str:
    ticket = await at_status(db, "closed", key, **given)
    await tickets.rate(db, ticket["id"], ticket["consumer"]["id"], rating, "")
    return str(ticket["id"])


async def test_a_report_is_made_of_what_happened(db: Database) -> None:
    done = [await refunded(db, f"k{number}", 5 if number else 2) for number in range(4)]
    asked = await opened(db, "asked")
    await move(db, asked["id"], "request_evidence")
    report, window = await report_of(db, PORT, "m_1", TODAY)
    assert (window.end - window.start).days == 30 and window.end == end_of(TODAY)
    assert report.cases == 5 and report.score is None
    assert report.metrics["csat"].each == {done[0]: 0.0, **dict.fromkeys(done[1:], 1.0)}
    assert report.metrics["refund_duration"].count == 4
    assert report.metrics["on_time_exec"].value == 1.0
    assert report.metrics["one_pass_rate"].each == {asked["id"]: 1.0}
    assert report.metrics["intervention_rate"].count == 5
    assert report.metrics["avg_handle_time"].value == pytest.approx(5 / 60)


async def test_evidence_that_is_missing_lowers_the_one_pass_rate(db: Database) -> None:
    ticket = await opened(db, "k", collected={})
    await move(db, ticket["id"], "request_evidence")
    report, _ = await report_of(db, PORT, "m_1", TODAY)
    assert report.metrics["one_pass_rate"].each == {ticket["id"]: 0.0}


async def test_other_merchants_cases_do_not_count(db: Database) -> None:
    await refunded(db, "k1", order_line=order_line(merchant_id="m_2", merchant_name="二号店"))
    report, _ = await report_of(db, PORT, "m_1", TODAY)
    assert report.cases == 0
    assert await merchants(db, NOW) == [("m_2", "二号店")]
    assert await merchants(db, NOW + timedelta(days=61)) == []


async def test_a_case_leaves_the_window_after_thirty_days(db: Database) -> None:
    await refunded(db, "k1")
    for days, count in ((29, 1), (30, 0)):
        report, _ = await report_of(db, PORT, "m_1", TODAY + timedelta(days=days))
        assert report.metrics["csat"].count == count


async def test_an_execution_that_is_overdue_counts_when_its_time_is_over(db: Database) -> None:
    ticket = await at_status(db, "executing")
    assert (await report_of(db, PORT, "m_1", TODAY))[0].metrics["on_time_exec"].count == 0
    late = (await report_of(db, PORT, "m_1", TODAY + timedelta(days=1)))[0].metrics["on_time_exec"]
    assert late.each == {ticket["id"]: 0.0}


async def test_yesterdays_report_is_the_same_when_asked_for_later(db: Database) -> None:
    ticket = await opened(db, "k")
    before, _ = await report_of(db, PORT, "m_1", TODAY)
    await move(db, ticket["id"], "accept", now=NOW + timedelta(days=1))
    after, _ = await report_of(db, PORT, "m_1", TODAY)
    assert before == after


async def test_a_day_is_kept_once_and_shown_with_its_history(db: Database) -> None:
    for number in range(20):
        await refunded(db, f"k{number}")
    for day in (TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=1)):
        await score_day(db, PORT, "m_1", "一号店", day, NOW)
    assert await is_scored(db, "m_1", TODAY) and not await is_scored(db, "m_1", TODAY + timedelta(days=2))
    days = await history(db, "m_1")
    assert [day["day"] for day in days] == ["2026-11-24", "2026-11-25"]
    assert days[-1]["score"] == 100 and days[-1]["tier_label"] == "金牌"
    (line,) = await latest(db)
    assert line["day"] == "2026-11-25" and line["merchant_name"] == "一号店"
    assert await latest(db, "m_2") == []
    with pytest.raises(DomainError):
        await history(db, "m_2")


async def test_the_tickets_behind_a_metric_are_named_the_worst_first(db: Database) -> None:
    good, bad = await refunded(db, "k1", 5), await refunded(db, "k2", 1)
    found = await tickets_of(db, PORT, "m_1", "csat", TODAY)
    assert found["items"] == [{"id": bad, "value": 0.0}, {"id": good, "value": 1.0}]
    assert (found["value"], found["count"], found["from"], found["to"]) == (
        0.5,
        2,
        "2026-10-26",
        "2026-11-24",
    )
    with pytest.raises(DomainError):
        await tickets_of(db, PORT, "m_1", "charm", TODAY)


async def test_conversations_are_asked_who_came_back(db: Database) -> None:
    ticket_id = await refunded(db, "k1")
    asked: list[tuple[str, str, datetime]] = []

    class Port:
        async def counts(
            self,
            tx: Tx,
            merchant_id: str,
            start: datetime,
            end: datetime,
            closed: Sequence[tuple[str, str, datetime]],
        ) -> Counts:
            asked.extend(closed)
            return Counts(came_back=frozenset({ticket_id}))

    report, _ = await report_of(db, Port(), "m_1", TODAY + timedelta(days=5))
    assert asked == [(ticket_id, "c_1", NOW + timedelta(minutes=5))]
    assert report.metrics["fcr"].each == {ticket_id: 0.0}


@pytest.mark.parametrize(("text", "day"), [(None, TODAY), ("", TODAY), ("2026-11-01", date(2026, 11, 1))])
def test_a_day_is_written_as_one(text: str | None, day: date) -> None:
    assert parse_day(text, TODAY) == day


@pytest.mark.parametrize("text", ["2026-11-25", "yesterday", "2026-13-01"])
def test_a_day_to_come_or_no_day_is_refused(text: str) -> None:
    with pytest.raises(DomainError):
        parse_day(text, TODAY)
