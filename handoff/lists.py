"""The desk's lists, made once for all pages of this process: two hundred agents look at the same queue."""

import asyncio
from typing import Any

from handoff import queue
from handoff.queue import CaseFacts
from kernel.db import Database
from kernel.principal import Principal

TOGETHER_SECONDS = 0.1  # asked for within this time, summaries are fetched together
AT_ONCE = 200


class DeskLists:
    """Summaries of conversations and lists of the waiting, each fetched once for everybody who asks at the same time."""

    def __init__(self, db: Database, case_facts: CaseFacts) -> None:
        self.db, self.case_facts = db, case_facts
        self._asked: dict[str, asyncio.Future[dict[str, Any] | None]] = {}
        self._waiting: dict[str, asyncio.Task[list[dict[str, Any]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def summary(self, conversation_id: str) -> dict[str, Any] | None:
        """One conversation in a line of the lists; None when there is none."""
        known = self._asked.get(conversation_id)
        if known is None:
            known = self._asked[conversation_id] = asyncio.get_running_loop().create_future()
            if len(self._asked) == 1:
                task = asyncio.create_task(self._fetch())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(known)

    async def waiting(self, who: Principal) -> list[dict[str, Any]]:
        """Summaries of the waiting conversations this member of staff may take, with their places."""
        scope = "" if who.handles_all_parties else who.party
        task = self._waiting.get(scope)
        if task is None:
            task = asyncio.create_task(self._line_up(who))
            self._waiting[scope] = task
        return await asyncio.shield(task)

    async def _fetch(self) -> None:
        await asyncio.sleep(TOGETHER_SECONDS)
        asked, self._asked = self._asked, {}
        try:
            found: dict[str, dict[str, Any]] = {}
            ids = list(asked)
            for place in range(0, len(ids), AT_ONCE):
                async with self.db.read() as tx:
                    rows = await queue.these(tx, ids[place : place + AT_ONCE])
                    made = await queue.summaries(tx, rows, self.case_facts)
                found |= {one["id"]: one for one in made}
        except Exception as error:
            for future in asked.values():
                future.set_exception(error)
                future.exception()  # whoever asked and is gone does not need it
            return
        for conversation_id, future in asked.items():
            future.set_result(found.get(conversation_id))

    async def _line_up(self, who: Principal) -> list[dict[str, Any]]:
        await asyncio.sleep(TOGETHER_SECONDS)
        # What changes from here on is seen by the next who ask.
        self._waiting.pop("" if who.handles_all_parties else who.party, None)
        async with self.db.read() as tx:
            found = await queue.summaries(tx, await queue.waiting(tx, who), self.case_facts)
        for place, summary in enumerate(found, start=1):
            summary["queue"]["position"] = place
        return found
