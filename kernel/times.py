"""How times are written: pure, for the cores too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def wire_time(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`, the form of every time on the wire."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
