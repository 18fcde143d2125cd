"""The only place that looks at the clock; the core takes `now` as an argument."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def utcnow() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def wire_time(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`, the form of every time on the wire."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
