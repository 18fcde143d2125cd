"""Each metric counts what it says, inside its window, and names the tickets it was made of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.merchants.core.cases import Case, Step, Window, counted, in_window
from aftersales.merchants.core.metrics import METRICS, Counts, Tally

END = datetime(2026, 11, 24, 16, tzinfo=UTC)  # midnight in Shanghai
WINDOW = Window.ending(END, 30)
HOUR = timedelta(hours=1)
STATES = [
    "submitted", "pending_evidence", "accepted", "negotiating", "verifying", "proposal_pending",
    "platform_intervention", "evidence_period", "adjudicating", "suspended", "executing", "awaiting_return",
    "awaiting_receipt", "refunding", "rejected_claim", "appeal_review", "closed", "withdrawn", "archived",
]  # fmt: skip


def case(
    *moves: tuple[float, str] | tuple[float, str, dict[str, Any]], days: float = 10, **given: Any
) -> Case:
    """A case opened `days` before the window's end; each move is hours after that, a status, and a step's fields."""
    opened = END - timedelta(days=days)
    steps = [Step(opened, "submitted", trigger="open", actor="consumer")]
    for move in moves:
        more: dict[str, Any] = move[2] if len(move) > 2 else {}
        steps.append(Step(opened + move[0] * HOUR, move[1], steps[-1].to, **({"actor": "merchant"} | more)))
    return Case(**({"ticket_id": "T1", "order_no": "O1", "steps": tuple(steps)} | given))


def value(name: str, *cases: Case, counts: Counts | None = None, window: Window = WINDOW) -> float | None:
    return METRICS[name](counted(cases, window), window, counts or Counts()).value


step = st.tuples(
    st.sampled_from(STATES),
    st.integers(0, 60 * 24 * 20),
    st.sampled_from(["consumer", "merchant", "platform", "system"]),
    st.sampled_from(
        [{}, {"remedy": "none"}, {"liability": "merchant"}, {"liability": "carrier"}, {"liability": "none"}]
    ),
)


@st.composite
def any_case(draw: st.DrawFn, number: int = 0) -> Case:
    at = END - timedelta(minutes=draw(st.integers(-60 * 24 * 10, 60 * 24 * 70)))
    steps = [Step(at, "submitted", None, "open", "consumer")]
    for to, minutes, actor, data in draw(st.lists(step, max_size=9)):
        steps.append(Step(steps[-1].at + timedelta(minutes=minutes), to, steps[-1].to, "t", actor, data))
    return Case(
        ticket_id=f"T{number}",
        order_no=draw(st.sampled_from(["O1", "O2", None])),
        steps=tuple(steps),
        refunds=draw(st.booleans()),
        rating=draw(st.none() | st.integers(1, 5)),
        evidence_complete=draw(st.booleans()),
        limits=draw(st.sampled_from([{"executing": 24}, {"refunding": 24, "exchanging": 48}, {}])),
    )


cases_ = st.integers(0, 8).flatmap(lambda n: st.tuples(*[any_case(number) for number in range(n)]))
counts_ = st.builds(
    Counts,
    first_response=st.none() | st.builds(Tally, st.floats(0, 1e6), st.integers(0, 50)),
    paid_orders=st.none() | st.integers(0, 1000),
    came_back=st.frozensets(st.sampled_from(["T0", "T1", "T2"])),
)


@given(cases_, counts_)
def test_shares_are_shares_and_times_are_not_negative(cases: tuple[Case, ...], counts: Counts) -> None:
    known = counted(cases, WINDOW)
    for name, metric in METRICS.items():
        found = metric(known, WINDOW, counts)
        if found.value is None:
            continue
        assert found.value >= 0, name
        if not name.endswith(("_time", "duration")):
            assert found.value <= 1, name


@given(cases_, counts_)
def test_every_ticket_named_is_a_counted_one_and_the_value_follows_from_them(
    cases: tuple[Case, ...], counts: Counts
) -> None:
    known = counted(cases, WINDOW)
    ids = {one.ticket_id for one in known}
    for name, metric in METRICS.items():
        found = metric(known, WINDOW, counts)
        assert set(found.tickets) <= ids, name
        if found.each and name != "dispute_rate":
            assert found.value == pytest.approx(sum(found.each.values()) / found.count), name
            assert found.count == len(found.each), name


@given(cases_, counts_)
def test_what_happens_after_the_window_changes_nothing(cases: tuple[Case, ...], counts: Counts) -> None:
    as_known_then = [one for case_ in cases if (one := case_.before(END)) is not None]
    for name, metric in METRICS.items():
        later = metric(counted(cases, WINDOW), WINDOW, counts)
        assert later == metric(counted(as_known_then, WINDOW), WINDOW, counts), name


@given(cases_, counts_, st.integers(31, 400))
def test_what_happened_before_the_window_does_not_count(
    cases: tuple[Case, ...], counts: Counts, days: int
) -> None:
    """Cases that ended before the window began bring nothing, but for an execution that is overdue since."""
    old = [
        one
        for one in cases
        if one.steps[-1].at < END - timedelta(days=31) and one.status not in ("executing", "refunding")
    ]
    for name, metric in METRICS.items():
        if name in ("first_response_time", "handoff_answer_rate", "tone_violation_rate"):
            continue
        found = metric(counted(old, WINDOW), WINDOW, counts)
        overdue = name == "on_time_exec"
        assert overdue or not found.each, name


@given(cases_)
def test_the_platforms_and_carriers_faults_are_taken_out(cases: tuple[Case, ...]) -> None:
    assert all(one.fault not in ("platform", "carrier") for one in counted(cases, WINDOW))


@given(cases_)
def test_time_in_statuses_is_never_more_than_there_was(cases: tuple[Case, ...]) -> None:
    for one in cases:
        until = max(END, one.steps[-1].at)
        spent = sum((one.time_in(frozenset({status}), until) for status in STATES), timedelta())
        assert spent == max(timedelta(), until - one.opened_at)


def test_the_window_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    assert WINDOW.has(WINDOW.start) and not WINDOW.has(WINDOW.end)
    assert not WINDOW.has(WINDOW.start - timedelta(microseconds=1)) and not WINDOW.has(None)


def test_handling_does_not_count_the_time_that_waits_for_the_consumer() -> None:
    one = case(
        (2, "pending_evidence"), (26, "accepted"), (30, "proposal_pending"), (40, "executing"), (50, "closed")
    )
    assert value("avg_handle_time", one) == 50 - 24 - 10


def test_a_refund_counts_from_the_duty_to_refund() -> None:
    at_once = case((2, "executing"), (8, "closed"), refunds=True)
    returned = case((2, "executing"), (3, "awaiting_return"), (99, "awaiting_receipt"), (120, "refunding"), (130, "closed"), refunds=True)  # fmt: skip
    assert value("refund_duration", at_once) == 6
    assert value("refund_duration", returned) == 10
    assert value("refund_duration", case((2, "executing"), (8, "closed"))) is None


@pytest.mark.parametrize(("hours", "expected"), [(24, 1.0), (24.1, 0.0)])
def test_an_execution_is_on_time_up_to_its_deadline(hours: float, expected: float) -> None:
    assert value("on_time_exec", case((2, "executing"), (2 + hours, "closed"))) == expected


EXCHANGE = {"exchanging": 48, "refunding": 24}
BACK = ((2, "awaiting_return"), (90, "awaiting_receipt"), (100, "exchanging"))


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        # two days of the merchant's are long enough; the days of both parcels are nobody's delay
        ([*BACK, (140, "exchanging", {"trigger": "ship"}), (230, "closed")], 1.0),
        ([*BACK, (149, "exchanging", {"trigger": "ship"}), (150, "closed")], 0.0),
        # an escalation does not begin the time anew
        ([*BACK, (148, "exchanging", {"trigger": "escalate", "actor": "system"}), (149, "closed")], 0.0),
        # what the consumer never sent back was no duty of the merchant's
        ([(2, "awaiting_return"), (170, "withdrawn", {"actor": "system"})], None),
        ([(2, "refunding"), (12, "closed")], 1.0),
        ([(2, "refunding"), (40, "platform_intervention", {"actor": "consumer"})], 0.0),
        ([(2, "refunding"), (4, "platform_intervention", {"actor": "consumer"})], None),
    ],
)
def test_only_the_merchants_own_time_makes_an_execution_late(
    moves: list[tuple[float, str, dict[str, Any]]], expected: float | None
) -> None:
    assert value("on_time_exec", case(*moves, days=20, limits=EXCHANGE)) == expected


def test_an_escalation_does_not_begin_a_refund_anew() -> None:
    late = case((2, "refunding"), (26, "refunding", {"trigger": "escalate"}), (30, "closed"), refunds=True)
    assert value("refund_duration", late) == 28


def test_a_ruling_counts_as_decided_whatever_phase_it_leads_to() -> None:
    ruled = case((2, "adjudicating"), (5, "refunding", {"data": {"liability": "merchant"}}), (6, "closed"))
    assert ruled.adjudicated_at == END - timedelta(days=10) + 5 * HOUR


def test_an_execution_that_is_overdue_counts_against_and_one_that_still_has_time_does_not_count() -> None:
    assert value("on_time_exec", case((2, "executing"))) == 0.0
    assert value("on_time_exec", case((2, "executing"), days=1)) is None


@pytest.mark.parametrize(
    ("asked", "complete", "expected"), [(1, True, 1.0), (1, False, 0.0), (2, True, 0.0), (0, True, None)]
)
def test_one_pass_means_asked_once_and_all_there(asked: int, complete: bool, expected: float | None) -> None:
    moves = [
        move for n in range(asked) for move in ((n * 2 + 1, "pending_evidence"), (n * 2 + 2, "accepted"))
    ]
    assert value("one_pass_rate", case(*moves, evidence_complete=complete)) == expected


def test_solved_at_once_means_nobody_came_back_in_three_days() -> None:
    done = case((5, "closed"))
    assert value("fcr", done) == 1.0
    assert value("fcr", done, counts=Counts(came_back=frozenset({"T1"}))) == 0.0
    assert value("fcr", case((5, "closed"), (40, "appeal_review"))) == 0.0
    assert value("fcr", case((5, "closed"), (5 + 73, "appeal_review"))) == 1.0
    assert value("fcr", case((5, "closed"), (60, "archived"))) == 1.0
    again = case(ticket_id="T2", days=8.5)
    assert value("fcr", done, again) == 0.0
    assert value("fcr", done, case(ticket_id="T2", days=8.5, order_no="O2")) == 1.0
    assert value("fcr", case((5, "closed"), days=2)) is None  # three days are not over


def test_a_bad_rejection_is_one_that_was_found_to_be_the_merchants_fault() -> None:
    refused = (5, "proposal_pending", {"data": {"remedy": "none"}})
    dispute = (8, "platform_intervention", {"actor": "consumer"})
    judged = (30, "adjudicating", {"actor": "platform"})
    fault = (40, "executing", {"actor": "platform", "data": {"liability": "merchant"}})
    rightly = (40, "rejected_claim", {"actor": "platform", "data": {"liability": "consumer"}})
    assert value("bad_reject_rate", case(refused, dispute, judged, fault)) == 1.0
    assert value("bad_reject_rate", case(refused, dispute, judged, rightly)) == 0.0
    assert value("bad_reject_rate", case((5, "proposal_pending", {"data": {"remedy": "exchange"}}))) is None
    assert value("dispute_fault_rate", case(refused, dispute, judged, fault)) == 1.0
    assert value("dispute_fault_rate", case(refused, dispute, judged)) is None


def test_a_carriers_fault_takes_the_case_out_of_every_metric() -> None:
    fault = (40, "executing", {"actor": "platform", "data": {"liability": "carrier"}})
    one = case((8, "platform_intervention"), (30, "adjudicating"), fault, (60, "closed"), rating=1)
    assert all(value(name, one) is None for name in METRICS)


def test_disputes_are_counted_by_cases_and_by_orders() -> None:
    dispute, calm = case((8, "platform_intervention")), case(ticket_id="T2")
    assert value("intervention_rate", dispute, calm) == 0.5
    assert value("dispute_rate", dispute, calm) is None
    assert value("dispute_rate", dispute, calm, counts=Counts(paid_orders=100)) == 0.01
    assert value("dispute_rate", dispute, counts=Counts(paid_orders=0)) is None


def test_four_stars_are_satisfied_and_three_are_not() -> None:
    good, bad = case((5, "closed"), rating=4), case((5, "closed"), rating=3, ticket_id="T2")
    assert value("csat", good, bad, case((5, "closed"), ticket_id="T3")) == 0.5


def test_counts_of_conversations_are_taken_as_they_come() -> None:
    counts = Counts(
        first_response=Tally(300, 4, ("c_1",)), handoff_answered=Tally(9, 10), tone_violations=Tally(0, 0)
    )
    assert value("first_response_time", counts=counts) == 75
    assert value("handoff_answer_rate", counts=counts) == 0.9
    assert value("tone_violation_rate", counts=counts) is None


def test_a_case_is_in_the_window_when_it_was_opened_or_closed_there() -> None:
    long_ago = case((24 * 50, "closed"), days=55)
    ended_before = case((24, "closed"), days=55, ticket_id="T2")
    assert [one.ticket_id for one in in_window([long_ago, ended_before], WINDOW)] == ["T1"]
