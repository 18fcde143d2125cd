"""The bot's turns: one at a time a conversation, a burst as one, and never a word after a person took over.

A turn is claimed in the database (a lease), so two instances never run one twice and a crash leaves it to be
picked up by `sweep`. Its replies are written with the epoch read at the claim; if the epoch has moved on they are
dropped and noted in the audit trail as superseded.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import or_, select, update

from handoff import wording
from handoff.brain import Brain, BrainDown, BrainSlow
from handoff.core import triggers
from handoff.core.burst import LONGEST_WAIT_SECONDS, quiet_seconds
from handoff.core.conversation import Owner, Trigger
from handoff.core.turns import TurnAnswered
from handoff.inbox import LEASE, Claimed
from handoff.ownership import change
from handoff.records import MESSAGE, append, bump, last_text, line, note
from handoff.store import conversations, messages
from handoff.stream import EventStream, conversation_channel
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.ids import new_id

log = structlog.get_logger()

PATIENCE_SECONDS = 8.0  # after this the consumer is told that it takes longer
LONGEST_TURN_SECONDS = 60.0
LONG_LEASE = timedelta(
    seconds=LONGEST_TURN_SECONDS + 30
)  # for a turn that the consumer was told takes longer
HAND_OFF_AFTER = timedelta(
    minutes=3
)  # L31 (GB/T 47746-2026): no answer for over three minutes goes to a person
PICK_UP_AFTER = timedelta(seconds=4)  # longer than any burst is waited for by the process that received it
RETRIES = (2, 5, 10, 20, 30)  # seconds

Facts = Callable[[Row], Awaitable[dict[str, Any]]]


class Turns:
    """Runs turns in this process; `facts` gives what is already known about the consumer."""

    def __init__(self, db: Database, stream: EventStream | None, brain: Brain, facts: Facts) -> None:
        self.db, self.stream, self.brain, self.facts = db, stream, brain, facts
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._typing: dict[str, float] = {}
        self._again: set[str] = set()

    def kick(self, conversation_id: str, quiet: float = 0.0, claimed: Claimed | None = None) -> None:
        """Makes sure that what the consumer wrote is answered, beginning with a turn already claimed; returns at once."""
        task = self._tasks.get(conversation_id)
        if claimed is None and task and not task.done():
            self._again.add(conversation_id)
            return
        self._tasks[conversation_id] = asyncio.create_task(
            self._work(conversation_id, quiet, claimed), name=f"turn:{conversation_id}"
        )

    def is_busy(self, conversation_id: str) -> bool:
        """Whether a turn of this conversation is waiting or running in this process."""
        task = self._tasks.get(conversation_id)
        return task is not None and not task.done()

    def is_typing(self, conversation_id: str) -> None:
        """The consumer is seen typing: the bot waits a little for the rest."""
        self._typing[conversation_id] = asyncio.get_running_loop().time()
        if len(self._typing) > 10_000:
            self._typing.clear()

    def quiet_for(self, conversation_id: str, text: str, *, has_choice: bool, has_files: bool) -> float:
        typed = self._typing.get(conversation_id, 0.0)
        is_typing = asyncio.get_running_loop().time() - typed < 2.0
        if not is_typing:
            self._typing.pop(conversation_id, None)
        return quiet_seconds(text, has_choice=has_choice, has_files=has_files, is_typing=is_typing)

    async def sweep(self) -> None:
        """Picks up what a crash, a restart or an outage of Rasa left unanswered."""
        now = utcnow()
        c = conversations.c
        due = select(c.id).where(
            c.owner == Owner.BOT,
            c.answered_seq < c.consumer_seq,
            or_(c.turn_lease_until.is_(None), c.turn_lease_until < now),
            or_(c.turn_retry_at <= now, c.turn_retry_at.is_(None) & (c.updated_at < now - PICK_UP_AFTER)),
        )
        async with self.db.read() as tx:
            rows = await tx.all(due.limit(200))
        for row in rows:
            if not self.is_busy(row["id"]):
                self.kick(row["id"])

    async def close(self) -> None:
        """Lets running turns end for a moment, then leaves the rest to the next start."""
        running = [task for task in self._tasks.values() if not task.done()]
        if running:
            await asyncio.wait(running, timeout=5)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _work(self, conversation_id: str, quiet: float, claimed: Claimed | None) -> None:
        try:
            if claimed is None:
                await self._wait_for_quiet(conversation_id, quiet)
                claimed = await self._claim(conversation_id)
            while claimed and await self._answer(*claimed):
                claimed = await self._claim(conversation_id)
        except Exception:
            log.exception("turn.crashed", conversation=conversation_id)
            await self._failed(conversation_id)
        finally:
            self._again.discard(conversation_id)
            if self._tasks.get(conversation_id) is asyncio.current_task():
                del self._tasks[conversation_id]

    async def _wait_for_quiet(self, conversation_id: str, quiet: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_WAIT_SECONDS
        while quiet > 0 and loop.time() < end:
            self._again.discard(conversation_id)
            await asyncio.sleep(quiet)
            typing = loop.time() - self._typing.get(conversation_id, 0.0) < 2.0
            if conversation_id not in self._again and not typing:
                return

    async def _answer(self, row: Row, batch: Sequence[Row]) -> bool:
        """Runs one claimed turn; True when more has come in meanwhile."""
        body = await self._body(row, batch)
        try:
            result = await self._ask(row, body)
        except BrainDown as error:
            log.warning("turn.failed", conversation=row["id"], error=str(error))
            await self._failed(row["id"])
            return False
        return await self._deliver(row, batch, result)

    async def _claim(self, conversation_id: str) -> Claimed | None:
        """Leases the conversation's turn and reads what it has to answer; None when there is nothing to do."""
        now = utcnow()
        c = conversations.c
        async with self.db.write() as tx:
            row = await tx.one(
                update(conversations)
                .where(
                    c.id == conversation_id,
                    c.owner == Owner.BOT,
                    c.answered_seq < c.consumer_seq,
                    or_(c.turn_lease_until.is_(None), c.turn_lease_until < now),
                )
                .values(turn_lease_until=now + LEASE)
                .returning(*c)
            )
            if row is None:
                return None
            batch = await tx.all(
                select(messages)
                .where(
                    messages.c.conversation_id == conversation_id,
                    messages.c.seq > row["answered_seq"],
                    messages.c.sender == "consumer",
                )
                .order_by(messages.c.seq)
            )
            # A turn that may have run already is repeated exactly, so that its id answers for it.
            if row["turn_id"]:
                batch = [message for message in batch if message["seq"] <= row["turn_upto"]]
            else:
                batch = _one_turn(batch)
                turn_id = f"{conversation_id}:{row['epoch']}:{batch[0]['seq']}-{batch[-1]['seq']}"
                values = {"turn_id": turn_id, "turn_upto": batch[-1]["seq"]}
                await tx.execute(update(conversations).where(c.id == conversation_id).values(values))
                row = dict(row) | values
        return row, list(batch)

    async def _body(self, row: Row, batch: Sequence[Row]) -> dict[str, Any]:
        attachments = [
            {"file_id": file["file_id"], "kind": file["kind"], "sha256": file["sha256"]}
            for message in batch
            for file in message["files"]
        ]
        text = "" if batch[-1]["choice"] else last_text(batch)[:1000]
        return {
            "turn_id": row["turn_id"],
            "conversation_id": row["id"],
            "text": text,
            "trigger": asked_about(text),
            "attachments": attachments,
            "choice": batch[-1]["choice"],
            "facts": await self.facts(row),
            "epoch": row["epoch"],
            "started_seq": batch[0]["seq"],
            "last_seq": batch[-1]["seq"],
        }

    async def _ask(self, row: Row, body: dict[str, Any]) -> dict[str, Any]:
        """Rasa's answer; after PATIENCE_SECONDS the consumer is told, and the same turn is waited for further."""
        url = await self.brain.url_of(row)
        hint = asyncio.create_task(self._show_typing(row["id"]))
        try:
            try:
                return await self.brain.turn(url, body, PATIENCE_SECONDS)
            except BrainSlow:
                await self._tell_truth(row)
            try:
                return await self.brain.turn(url, body, LONGEST_TURN_SECONDS)
            except BrainSlow as error:
                raise BrainDown("too slow") from error
        finally:
            hint.cancel()

    async def _show_typing(self, conversation_id: str) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.3)
            while self.stream:
                news = {"type": "typing", "sender": "bot", "sender_name": wording.BOT_NAME}
                await self.stream.publish([(conversation_channel(conversation_id), news)])
                await asyncio.sleep(3)

    async def _deliver(self, row: Row, batch: Sequence[Row], result: dict[str, Any]) -> bool:
        """Writes the replies if the bot still owns the conversation under the same epoch; else notes the loss."""
        now = utcnow()
        lines = [reply_line(reply) for reply in result["replies"]]
        upto = batch[-1]["seq"]
        done = {
            "answered_seq": upto,
            "turn_id": None,
            "turn_lease_until": None,
            "turn_failures": 0,
            "turn_retry_at": None,
        }
        async with self.db.write() as tx:
            after = await bump(tx, row["id"], len(lines), now, bot_epoch=row["epoch"], **done)
            understood = TurnAnswered(
                conversation=row,
                turn_id=row["turn_id"],
                first_seq=batch[0]["seq"],
                last_seq=upto,
                text=last_text(batch)[:1000],
                is_choice=bool(batch[-1]["choice"]),
                result=result,
                superseded=after is None,
                at=now,
            )
            await tx.emit(understood)
            if after is None:
                if lines:
                    texts = [entry["text"] for entry in lines]
                    await note(tx, "reply.superseded", row["id"], "bot", now, epoch=row["epoch"], texts=texts)
                return False
            await append(tx, self.stream, after, lines, now)
            return bool(after["consumer_seq"] > upto)

    async def _tell_truth(self, row: Row) -> None:
        """Once an outage: the message is kept, the bot is slow, a person can be asked for."""
        now = utcnow()
        entry = line(MESSAGE, "system", text=wording.BOT_IS_AWAY, sender_name=wording.SYSTEM_NAME)
        async with self.db.write() as tx:
            told = {"turn_failures": row["turn_failures"] + 1, "turn_lease_until": now + LONG_LEASE}
            after = await bump(tx, row["id"], 1, now, bot_epoch=row["epoch"], **told)
            if after is not None:
                await append(tx, self.stream, after, [entry], now)

    async def _failed(self, conversation_id: str) -> None:
        """Keeps the turn to be tried again; after three minutes without an answer a person is asked for."""
        now = utcnow()
        c = conversations.c
        async with self.db.write() as tx:
            row = await tx.one(select(conversations).where(c.id == conversation_id).with_for_update())
            if row is None or row["owner"] != Owner.BOT or row["answered_seq"] >= row["consumer_seq"]:
                return
            first = await tx.scalar(
                select(messages.c.at)
                .where(
                    messages.c.conversation_id == conversation_id,
                    messages.c.seq > row["answered_seq"],
                    messages.c.sender == "consumer",
                )
                .order_by(messages.c.seq)
                .limit(1)
            )
            said = await tx.all(
                select(messages.c.text).where(
                    messages.c.conversation_id == conversation_id,
                    messages.c.seq > row["answered_seq"],
                    messages.c.sender == "consumer",
                )
            )
            seen = next((one for one in (triggers.detect(m["text"]) for m in said) if one), None)
            if seen:  # nobody is there to ask him first
                await change(
                    tx,
                    self.stream,
                    row,
                    Trigger.ASKS_PERSON,
                    now,
                    reason=seen.reason,
                    priority=seen.priority,
                )
                return
            if first and now - first >= HAND_OFF_AFTER:
                await change(tx, self.stream, row, Trigger.ASKS_PERSON, now, reason="bot_slow", priority=1)
                return
            pause = RETRIES[min(row["turn_failures"], len(RETRIES) - 1)]
            values = {
                "turn_lease_until": None,
                "turn_failures": row["turn_failures"] + 1,
                "turn_retry_at": now + timedelta(seconds=pause),
            }
            told = row["turn_failures"] > 0  # once an outage
            away = line(MESSAGE, "system", text=wording.BOT_IS_AWAY, sender_name=wording.SYSTEM_NAME)
            lines = [] if told else [away]
            after = await bump(tx, conversation_id, len(lines), now, **values)
            assert after is not None
            await append(tx, self.stream, after, lines, now)


def asked_about(text: str) -> str | None:
    """The reason for a person that the rules see in a turn's text, where the consumer is asked before (§7)."""
    seen = triggers.detect(text)
    return seen.reason if seen and seen.asks_first else None


def _one_turn(batch: Any) -> list[Row]:
    """Messages up to and including the first chosen button: a button is an answer of its own."""
    taken: list[Row] = []
    for message in batch:
        if message["choice"] and taken:
            break
        taken.append(message)
        if message["choice"]:
            break
    return taken


def reply_line(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply of Rasa as a line of the record: payloads of buttons become server-issued ids."""
    buttons = [
        {
            "id": new_id("b", 12),
            "title": button["title"],
            "payload": button["payload"],
            "style": button.get("style") or "default",
        }
        for button in reply.get("buttons") or []
    ]
    card = reply.get("card")
    if card and card.get("type") == "order_picker":
        orders = []
        for order in card["orders"]:
            hidden = {
                "id": new_id("b", 12),
                "title": order["title"],
                "payload": order["choice"],
                "hidden": True,
            }
            buttons.append(hidden)
            orders.append(order | {"choice": hidden["id"]})
        card = card | {"orders": orders}
    return line(
        MESSAGE, "bot", text=reply.get("text") or "", sender_name=wording.BOT_NAME, buttons=buttons, card=card
    )
