"""The metrics of domain-rules §6, each a pure function that names the tickets it was made of.

Ticket metrics take the cases that `cases.counted` gives and the window. What conversations and orders know comes as
counts. A metric without anything to count has no value, never a good or a bad one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from aftersales.merchants.core.cases import ENDED, WAITS_FOR_CONSUMER, Case, Window

COMES_BACK_WITHIN = timedelta(hours=72)
GOOD_RATING = 4
PAYING = frozenset({"refunding", "compensating"})
HOUR = 3600.0


@dataclass(frozen=True)
class Measured:
    """A metric's value (seconds, hours or a share), how many cases made it, and which.

    `each` maps every ticket (or conversation) that counts to what it brings: hours, or 1 and 0 for a share.
    """

    name: str
    value: float | None
    count: int
    each: dict[str, float] = field(default_factory=dict)

    @property
    def tickets(self) -> list[str]:
        return list(self.each)


@dataclass(frozen=True)
class Tally:
    """A count from conversations: `hits` of `total`, or a sum of seconds over `total`; `ids` of the hits."""

    hits: float
    total: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counts:
    """What only conversations and orders know, for one merchant and window; None where nobody counts it."""

    first_response: Tally | None = None  # seconds to the first reply of a person, 08:00 to 23:00
    handoff_answered: Tally | None = None  # answered within 60 s, of those who asked for a person
    tone_violations: Tally | None = None  # conversations with a forbidden phrase, of those inspected
    paid_orders: int | None = None
    came_back: frozenset[str] = frozenset()  # tickets whose consumer wrote again within 72 h of 完结


def _mean(name: str, each: dict[str, float]) -> Measured:
    """The mean of what each case brings; of ones and noughts it is a share."""
    return Measured(name, sum(each.values()) / len(each) if each else None, len(each), each)


def avg_handle_time(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Hours from application to 完结 without the time that waited for the consumer; cases closed in the window."""
    each = {}
    for case in cases:
        closed = case.closed_at
        if closed is not None and window.has(closed):
            spent = closed - case.opened_at - case.time_in(WAITS_FOR_CONSUMER, closed)
            each[case.ticket_id] = spent.total_seconds() / HOUR
    return _mean("avg_handle_time", each)


def refund_duration(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Hours from the duty to refund to the refund; the duty begins when goods are back, else with the agreement."""
    each = {}
    for case in cases:
        closed = case.closed_at
        if not case.refunds or closed is None or not window.has(closed):
            continue
        moves = [step for step in case.last_execution() if step.at <= closed]
        entered = [
            step.at
            for before, step in zip([None, *moves], moves, strict=False)
            if step.to in PAYING and (before is None or before.to != step.to)
        ]
        if entered or moves:
            waited = closed - (entered[-1] if entered else moves[0].at)
            each[case.ticket_id] = waited.total_seconds() / HOUR
    return _mean("refund_duration", each)


def on_time_exec(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Executions whose every duty of the merchant was done by its deadline, of all that were due or finished in the window."""
    each = {}
    for case in cases:
        duties, moves = case.duties(), case.last_execution()
        if not duties:
            continue
        late = [due for _, done, due in duties if (done or window.end) > due]
        finished = moves[-1].at if moves[-1].to in ENDED else None
        if late or finished:
            when = finished or late[0]
            if window.has(when):
                each[case.ticket_id] = 0.0 if late else 1.0
    return _mean("on_time_exec", each)


def one_pass_rate(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Asked for more evidence once only and got all that is mandatory, of the cases opened that needed more."""
    each = {}
    for case in cases:
        asked = sum(step.to == "pending_evidence" for step in case.steps)
        if asked and window.has(case.opened_at):
            each[case.ticket_id] = 1.0 if asked == 1 and case.evidence_complete else 0.0
    return _mean("one_pass_rate", each)


def fcr(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Nobody came back within 72 h (reopening, appeal, another case of the order, a word), of the cases closed.

    Only cases whose 72 h are over count: those of the last three days of the window are left to the next one.
    """
    opened: dict[str, list[Case]] = {}
    for case in cases:
        if case.order_no:
            opened.setdefault(case.order_no, []).append(case)
    each = {}
    for case in cases:
        closed = [step.at for step in case.steps if step.to == "closed"]
        first = next((at for at in closed if window.start <= at < window.end - COMES_BACK_WITHIN), None)
        if first is None:
            continue
        until = first + COMES_BACK_WITHIN
        moved = any(first < step.at <= until and step.to not in ("closed", "archived") for step in case.steps)
        again = any(
            other.ticket_id != case.ticket_id and first < other.opened_at <= until
            for other in opened.get(case.order_no or "", ())
        )
        each[case.ticket_id] = 0.0 if moved or again or case.ticket_id in counts.came_back else 1.0
    return _mean("fcr", each)


def bad_reject_rate(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Rejected by the merchant and then found to be the merchant's fault, of all the merchant rejected."""
    each = {}
    for case in cases:
        refused = any(
            step.actor == "merchant"
            and window.has(step.at)
            and (step.data.get("remedy") == "none" or step.trigger in ("refuse", "reject"))
            for step in case.steps
        )
        if refused:
            bad = case.adjudicated_at is not None and case.fault == "merchant"
            each[case.ticket_id] = 1.0 if bad else 0.0
    return _mean("bad_reject_rate", each)


def intervention_rate(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Cases that went to the platform, of the cases opened in the window."""
    each = {
        case.ticket_id: 1.0 if case.intervened_at is not None else 0.0
        for case in cases
        if window.has(case.opened_at)
    }
    return _mean("intervention_rate", each)


def dispute_rate(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Cases that went to the platform in the window, of the orders paid in it; needs the number of orders."""
    each = {case.ticket_id: 1.0 for case in cases if window.has(case.intervened_at)}
    orders = counts.paid_orders
    return Measured("dispute_rate", min(1.0, len(each) / orders) if orders else None, orders or 0, each)


def dispute_fault_rate(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Found to be the merchant's fault, of the disputes decided in the window."""
    each = {
        case.ticket_id: 1.0 if case.fault == "merchant" else 0.0
        for case in cases
        if window.has(case.adjudicated_at)
    }
    return _mean("dispute_fault_rate", each)


def csat(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Four or five stars, of the cases closed in the window that were rated."""
    each = {
        case.ticket_id: 1.0 if case.rating >= GOOD_RATING else 0.0
        for case in cases
        if case.rating is not None and window.has(case.closed_at)
    }
    return _mean("csat", each)


def _tallied(name: str, tally: Tally | None) -> Measured:
    if tally is None or tally.total <= 0:
        return Measured(name, None, 0)
    return Measured(name, tally.hits / tally.total, tally.total, dict.fromkeys(tally.ids, 1.0))


def first_response_time(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Seconds to a person's first reply, as the conversations count them."""
    return _tallied("first_response_time", counts.first_response)


def handoff_answer_rate(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Requests for a person answered within 60 s, as the conversations count them."""
    return _tallied("handoff_answer_rate", counts.handoff_answered)


def tone_violation_rate(cases: Sequence[Case], window: Window, counts: Counts) -> Measured:
    """Conversations with a forbidden phrase (domain-rules §7), of those inspected."""
    return _tallied("tone_violation_rate", counts.tone_violations)


METRICS: dict[str, Callable[[Sequence[Case], Window, Counts], Measured]] = {
    function.__name__: function
    for function in (
        first_response_time,
        avg_handle_time,
        refund_duration,
        on_time_exec,
        handoff_answer_rate,
        one_pass_rate,
        fcr,
        bad_reject_rate,
        intervention_rate,
        dispute_rate,
        dispute_fault_rate,
        csat,
        tone_violation_rate,
    )
}
