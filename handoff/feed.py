"""The events of one conversation in order, each exactly once, from the stream and the database together."""

from typing import Any

from handoff.records import events_after
from kernel.db import Database

FEW, MANY = 10, 200


class Feed:
    """Remembers the last `seq` shown; fills gaps from the database, drops what was shown."""

    def __init__(self, db: Database, conversation_id: str, after: int) -> None:
        self.db = db
        self.conversation_id = conversation_id
        self.shown = after

    async def catch_up(self) -> list[dict[str, Any]]:
        """Everything after the last shown event, as the database has it."""
        events: list[dict[str, Any]] = []
        most = FEW  # mostly there is nothing or little; what is more is read apart
        while True:
            async with self.db.read(brief=most == FEW) as tx:
                page = await events_after(tx, self.conversation_id, self.shown, most)
            events += page
            self.shown = page[-1]["seq"] if page else self.shown
            if len(page) < most:
                return events
            most = MANY

    async def take(self, news: dict[str, Any]) -> list[dict[str, Any]]:
        """What to show for one payload of the stream: none, one, or what was missed in between."""
        if news["type"] == "resync":
            return await self.catch_up()
        seq = news.get("seq") if news["type"] != "read" else None
        if seq is None:
            return [news]
        if seq <= self.shown:
            return []
        if seq == self.shown + 1:
            self.shown = seq
            return [news]
        return await self.catch_up()
