"""How long consumers waited for a person: read from the communication record alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from kernel.times import SHANGHAI

ANSWERED_WITHIN = timedelta(seconds=60)
DAY_BEGINS, DAY_ENDS = time(8), time(23)  # first responses are measured between these, in Shanghai


@dataclass(frozen=True)
class Wait:
    """From joining the queue to an agent's taking over and to his first words; None while that has not come."""

    conversation_id: str
    asked_at: datetime
    accepted_at: datetime | None = None
    replied_at: datetime | None = None
    left_at: datetime | None = (
        None  # the consumer went back to the bot, or it was closed, before anybody came
    )

    @property
    def is_by_day(self) -> bool:
        return DAY_BEGINS <= self.asked_at.astimezone(SHANGHAI).time() < DAY_ENDS

    @property
    def seconds_to_reply(self) -> float | None:
        return (self.replied_at - self.asked_at).total_seconds() if self.replied_at else None

    def was_answered(self, now: datetime) -> bool | None:
        """Within 60 s; None where that cannot be said: it is not over yet, or the consumer left before."""
        limit = self.asked_at + ANSWERED_WITHIN
        if self.accepted_at is not None:
            return self.accepted_at <= limit
        if (self.left_at or now) < limit:
            return None
        return False


def waits(lines: Iterable[Mapping[str, Any]]) -> list[Wait]:
    """Every wait in the lines of one conversation, oldest first: `{conversation_id, kind, sender, data, at}`."""
    found: list[Wait] = []
    for line in lines:
        last = found[-1] if found else None
        owner = (line["data"] or {}).get("owner") if line["kind"] == "owner_changed" else None
        waiting = last is not None and last.accepted_at is None and last.left_at is None
        if owner == "queued" and not waiting:
            found.append(Wait(line["conversation_id"], line["at"]))
        elif last is None:
            continue
        elif owner == "agent" and waiting:
            found[-1] = replace(last, accepted_at=line["at"])
        elif owner in ("bot", "closed") and waiting:
            found[-1] = replace(last, left_at=line["at"])
        elif (
            line["sender"] == "agent"
            and line["kind"] == "message"
            and last.accepted_at
            and not last.replied_at
        ):
            found[-1] = replace(last, replied_at=line["at"])
    return found
