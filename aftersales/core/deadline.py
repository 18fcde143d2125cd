"""When a status or phase has to be left, what happens then, and when somebody is reminded before."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import chinese_calendar

from aftersales.core.rulebook import Deadline, Rulebook
from aftersales.core.ticket import PLATFORM, Phase, Status
from kernel.times import SHANGHAI

SIGNED_FOR = "awaiting_receipt_signed"  # the key of the shorter period once the returned goods are there
ON_THE_WAY = "sent_out"  # the key of the time that an exchange, a reship or a repair may take to arrive
UNSENT = "accepted_not_shipped"  # the key of the merchant's shorter time to answer before anything was sent
DEEMED = frozenset({"return_refund", "exchange"})  # a merchant's silence lets these pass, as published (§2)


def is_day_off(day: date) -> bool:
    """A weekend or public holiday of mainland China; beyond the years that are announced, a weekend."""
    try:
        return bool(chinese_calendar.is_holiday(day))
    except NotImplementedError:
        return day.weekday() >= 5


def postponed(at: datetime) -> datetime:
    """`at`, or the end of the next working day in Shanghai where its day is a day off."""
    local = at.astimezone(SHANGHAI)
    day = local.date()
    if not is_day_off(day):
        return at
    while is_day_off(day):
        day += timedelta(days=1)
    return datetime.combine(day, time(23, 59, 59), SHANGHAI).astimezone(at.tzinfo)


def workdays_later(at: datetime, days: int) -> datetime:
    """The same hour `days` working days later."""
    local = at.astimezone(SHANGHAI)
    while days > 0:
        local += timedelta(days=1)
        days -= not is_day_off(local.date())
    return local.astimezone(at.tzinfo)


def is_unsent(line: Mapping[str, Any] | None) -> bool:
    """Whether nothing of the order line `line` (its JSON) had been sent when it was written down."""
    return bool(line and line.get("status") == "paid" and not line.get("shipped_at"))


def rule_for(
    status: Status, phase: Phase | None, rulebook: Rulebook, *, unsent: bool = False
) -> Deadline | None:
    """The rule that limits a status, or the phase inside it; `unsent`: nothing of the order was sent yet."""
    if status is Status.ACCEPTED and unsent and UNSENT in rulebook.deadlines:
        return rulebook.deadlines[UNSENT]
    return rulebook.deadlines.get(phase.value if phase else status.value)


def end_of(rule: Deadline, entered: datetime, remedy: str | None = None) -> datetime:
    """The end of a period that began at `entered`: hours or working days, over a day off where the rule says so."""
    if rule.workdays:
        due = workdays_later(entered, rule.workdays)
        return min(due, entered + timedelta(hours=rule.most_hours)) if rule.most_hours else due
    due = entered + timedelta(hours=rule.hours_for(remedy))
    return postponed(due) if rule.postpone else due


def due_at(
    status: Status,
    entered: datetime,
    rulebook: Rulebook,
    remedy: str | None = None,
    phase: Phase | None = None,
    *,
    unsent: bool = False,
) -> datetime | None:
    """When the status has to be left; None where time has no say."""
    rule = rule_for(status, phase, rulebook, unsent=unsent)
    return end_of(rule, entered, remedy) if rule else None


def reminders(rule: Deadline, entered: datetime, due: datetime) -> list[datetime]:
    """When somebody is reminded between `entered` and `due`."""
    moments = [entered + timedelta(hours=hours) for hours in rule.remind_hours]
    return [at for at in moments if at < due]


def timeout_step(
    trigger: str, row: Mapping[str, Any], rulebook: Rulebook, *, sent_since: bool = False
) -> tuple[str, dict[str, Any]]:
    """What happens to the ticket `row` when the deadline whose rule says `trigger` passes: trigger and its data.

    `respond` is the merchant's time to answer (§2): an order that was not sent is refunded, a return or exchange
    counts as agreed to, a refund of goods that were sent always goes to the platform and is never automatic (L25).
    `sent_since`: the order was sent after the application. What people must decide goes to the platform too; where the platform itself is the party, its supervisor is told.
    """
    if trigger != "respond":
        return trigger, {}
    if row["party"] == PLATFORM or not row["order_line"]:
        return "escalate", {}
    issue = rulebook.issues.get(row["sub_type"] or "")
    remedy = row["remedy"]
    if issue is None or issue.human:
        return "intervene", {}
    if row["order_line"]["paid_fen"] > rulebook.automatic.two_people_fen:
        return "intervene", {}  # nobody is there to sign a second time
    unsent = is_unsent(row["order_line"]) and not sent_since
    if unsent and remedy in ("refund_only", "return_refund", None):
        return "agree", {"remedy": "refund_only"}
    if not unsent and remedy in DEEMED and remedy in issue.remedies:
        return "agree", {"remedy": remedy}
    return "intervene", {}
