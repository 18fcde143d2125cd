"""Times as the core reckons with them, beside `kernel.times`; it never asks what time it is."""

from calendar import monthrange
from datetime import UTC, datetime, time, timedelta

from kernel.times import SHANGHAI


def parsed(value: str) -> datetime:
    """The aware UTC time of an ISO 8601 text. Raises ValueError, also for a time without a zone."""
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {value}")
    return at.astimezone(UTC)


def next_midnight(at: datetime) -> datetime:
    """00:00 in Shanghai of the day after `at`."""
    day = at.astimezone(SHANGHAI).date() + timedelta(days=1)
    return datetime.combine(day, time(), SHANGHAI)


def months_later(at: datetime, months: int) -> datetime:
    """The same day and hour in Shanghai `months` later; the month's last day where it has no such day."""
    local = at.astimezone(SHANGHAI)
    years, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + years, month + 1
    return local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))


def spoken(at: datetime) -> str:
    """11月27日 10:30, in Shanghai."""
    local = at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
