"""Working hours: pure; holidays are those of mainland China as announced (chinesecalendar)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kernel.times import SHANGHAI

Span = tuple[time, time]  # from … to before; an end of 00:00 is midnight
DAYS_AHEAD = 100  # longer than any run of holidays and closed days


@dataclass(frozen=True)
class Hours:
    """Spans of a working day and of a day off, an empty list is closed; and dates closed whatever day they are."""

    workdays: Sequence[Span]
    days_off: Sequence[Span]
    closed: frozenset[date] = frozenset()

    def spans(self, day: date, is_day_off: Callable[[date], bool]) -> Sequence[Span]:
        if day in self.closed:
            return ()
        return self.days_off if is_day_off(day) else self.workdays


def is_open(hours: Hours, at: datetime, is_day_off: Callable[[date], bool]) -> bool:
    local = at.astimezone(SHANGHAI)
    return any(
        begins <= local.time() and (ends == time(0) or local.time() < ends)
        for begins, ends in hours.spans(local.date(), is_day_off)
    )


def next_open(hours: Hours, at: datetime, is_day_off: Callable[[date], bool]) -> datetime | None:
    """`at` when open, else the beginning of the next span; None when there is none in the days ahead."""
    if is_open(hours, at, is_day_off):
        return at
    local = at.astimezone(SHANGHAI)
    for ahead in range(DAYS_AHEAD):
        day = local.date() + timedelta(days=ahead)
        for begins, _ in sorted(hours.spans(day, is_day_off)):
            start = datetime.combine(day, begins, SHANGHAI)
            if start >= local:
                return start.astimezone(at.tzinfo)
    return None


def open_seconds(hours: Hours, start: datetime, end: datetime, is_day_off: Callable[[date], bool]) -> float:
    """How much of the time from `start` to `end` lay within working hours: what a response time may count."""
    total = 0.0
    day = start.astimezone(SHANGHAI).date()
    last = end.astimezone(SHANGHAI).date()
    while day <= last:
        for begins, ends in hours.spans(day, is_day_off):
            from_ = datetime.combine(day, begins, SHANGHAI)
            to = datetime.combine(day + timedelta(days=1) if ends == time(0) else day, ends, SHANGHAI)
            total += max(0.0, (min(to, end) - max(from_, start)).total_seconds())
        day += timedelta(days=1)
    return total


def spoken(hours: Hours) -> str:
    """工作日 09:00–21:00，休息日 10:00–18:00."""

    def said(spans: Sequence[Span]) -> str:
        if not spans:
            return "休息"
        return "、".join(
            f"{begins:%H:%M}–{'24:00' if ends == time(0) else format(ends, '%H:%M')}"
            for begins, ends in spans
        )

    if hours.workdays == hours.days_off:
        return f"每天 {said(hours.workdays)}"
    return f"工作日 {said(hours.workdays)}，休息日 {said(hours.days_off)}"
