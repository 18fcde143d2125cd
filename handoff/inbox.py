"""What a consumer sends: opening a conversation and receiving a message, each in one transaction."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, bindparam, case, insert, select, update
from sqlalchemy.exc import IntegrityError

from handoff import ownership, passing, visits, wording
from handoff.core import triggers
from handoff.core.conversation import Owner, Trigger
from handoff.files import wire_file
from handoff.records import MESSAGE, append, bump, line
from handoff.store import conversations, files, messages
from handoff.stream import EventStream
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import PLATFORM

MAX_TEXT = 1000  # characters; longer texts block the model for seconds
MAX_FILES = 9  # domain-rules §3, files in one message …
MOST_OF_KIND = {
    "video": (1, "视频一次发 1 个就够了"),
    "document": (2, "PDF 一次最多发 2 份"),
}  # … of which so many
_PAYLOAD = re.compile(r"^/(?P<intent>\w+)(?P<entities>\{.*\})?$", re.DOTALL)


@dataclass(frozen=True)
class Incoming:
    """A message as the consumer's client sent it; at least one of text, files and choice is there."""

    client_msg_id: str
    text: str = ""
    files: tuple[str, ...] = ()
    choice: str | None = None


# A conversation whose turn is leased, and the messages that the turn has to answer.
Claimed = tuple[Row, Sequence[Row]]
LEASE = timedelta(seconds=20)  # longer than a turn that answers in time; lengthened for one that does not


@dataclass(frozen=True)
class Receipt:
    """What is acknowledged: `seq` for good, and who has to deal with it."""

    seq: int
    duplicate: bool
    owner: str
    epoch: int
    choice: dict[str, Any] | None = field(default=None)
    claimed: Claimed | None = field(
        default=None
    )  # the bot's turn, leased to the caller in the same transaction


async def open_conversation(
    db: Database,
    stream: EventStream | None,
    *,
    consumer_id: str | None,
    consumer_name: str,
    order_nos: list[str] | None,
    channel: str,
    now: datetime,
) -> Row:
    """Opens a thread with the bot's greeting; without `consumer_id` the consumer is anonymous."""
    conversation_id = new_id("c")
    greeting = line(
        MESSAGE,
        "bot",
        text=wording.GREETING,
        sender_name=wording.BOT_NAME,
        buttons=[
            {"id": new_id("b", 12), "title": title, "payload": payload, "style": "default"}
            for title, payload in wording.GREETING_BUTTONS
        ],
    )
    async with db.write() as tx:
        await tx.execute(
            insert(conversations).values(
                id=conversation_id,
                consumer_id=consumer_id or f"anonymous:{conversation_id}",
                consumer_name=consumer_name,
                anonymous=consumer_id is None or channel == "rest",
                order_nos=order_nos,
                channel=channel,
                owner=Owner.BOT,
                epoch=1,
                party=PLATFORM,
                opened_at=now,
                updated_at=now,
            )
        )
        row = await bump(tx, conversation_id, 1, now, answered_seq=1)
        assert row is not None
        await append(tx, stream, row, [greeting], now)
    return row


async def latest_conversation(db: Database, consumer_id: str) -> Row | None:
    """The consumer's newest thread, to be continued on another device."""
    query = select(conversations).where(conversations.c.consumer_id == consumer_id)
    async with db.read() as tx:
        return await tx.one(query.order_by(conversations.c.opened_at.desc()).limit(1))


async def receive(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    incoming: Incoming,
    now: datetime,
    *,
    claim: bool = False,
) -> Receipt:
    """Keeps a consumer's message; after the return it is durable and has its place.

    The same `client_msg_id` again returns the first receipt and adds nothing. A clear request for a person, a
    danger or a minor, an old or a returning consumer passes the conversation to the queue in the same transaction. With `claim`, the bot's
    turn is leased in it too when none is due or running: one write less on the way. Raises DomainError for
    an empty or too long message, an unknown file or a button that was not offered.
    """
    _check(incoming)
    try:
        async with db.write() as tx:
            return await _receive(tx, stream, conversation_id, incoming, now, claim)
    except IntegrityError:
        return await _first_receipt(db, conversation_id, incoming.client_msg_id)


def _make_room(claim: bool) -> Update:
    """The row's lock and a place for a consumer's message; with `claim` also the lease of a turn that is free."""
    c = conversations.c
    now, until = (bindparam(name, type_=c.updated_at.type) for name in ("now", "until"))
    values: dict[str, Any] = {"updated_at": now}
    values |= visits.columns(now)
    values |= {name: c.last_seq + 1 for name in ("last_seq", "consumer_seq", "consumer_read_seq")}
    if claim:
        nothing_due = c.answered_seq >= c.consumer_seq
        leased = c.turn_lease_until.is_not(None) & (c.turn_lease_until >= now)
        free = (c.owner == Owner.BOT) & nothing_due & ~leased
        values["turn_id"] = case((free, bindparam("claimed_by", type_=c.turn_id.type)), else_=c.turn_id)
        values["turn_upto"] = case((free, c.last_seq + 1), else_=c.turn_upto)
        values["turn_lease_until"] = case((free, until), else_=c.turn_lease_until)
    made = update(conversations).where(c.id == bindparam("of_id")).values(values).returning(*c)
    return made.execution_options(prepared=True)


# Built once: building a statement costs several times what running it does.
_ROOM, _ROOM_AND_TURN = _make_room(False), _make_room(True)


async def _receive(
    tx: Tx, stream: EventStream | None, conversation_id: str, incoming: Incoming, now: datetime, claim: bool
) -> Receipt:
    turn_id = new_id("t") if claim else ""
    place = {"of_id": conversation_id, "now": now} | visits.values(now)
    if claim:
        place |= {"claimed_by": turn_id, "until": now + LEASE}
    row = await tx.one(_ROOM_AND_TURN if claim else _ROOM, place)
    if row is None:
        raise not_found("会话")
    attachments = await _files(tx, conversation_id, incoming.files) if incoming.files else []
    title, choice = await _choice(tx, row, incoming.choice) if incoming.choice else ("", None)
    text = incoming.text.strip() or title
    entry = line(
        MESSAGE,
        "consumer",
        text=text,
        sender_id=row["consumer_id"],
        sender_name=row["consumer_name"],
        files=attachments,
        choice=choice,
        client_msg_id=incoming.client_msg_id,
        dedupe_key=f"consumer:{incoming.client_msg_id}",
    )
    seq = row["last_seq"]
    written = await append(tx, stream, row, [entry], now)
    claimed = (row, written) if claim and row["turn_id"] == turn_id else None
    owner, epoch = row["owner"], row["epoch"]
    # who talks with a person already need not be passed on, whatever he says
    trigger = None if owner == Owner.AGENT else _trigger(incoming.text, choice, waits=owner == Owner.QUEUED)
    moved: Row | None = None
    third_visit = await visits.is_one_too_many(tx, row, now)
    if choice and choice["intent"] == passing.CONSENT:
        entities = choice["entities"]
        moved = await passing.answer_hand_back(tx, stream, row, entities["yes"], entities["epoch"], now)
    elif trigger:  # waiting already, a more urgent reason moves him forward
        moved = await ownership.change(
            tx, stream, row, Trigger.ASKS_PERSON, now, reason=trigger.reason, priority=trigger.priority
        )
    elif third_visit and owner in (Owner.BOT, Owner.CLOSED):
        moved = await ownership.change(tx, stream, row, Trigger.ASKS_PERSON, now, reason="third_contact")
    elif owner == Owner.CLOSED:
        moved = await ownership.change(tx, stream, row, Trigger.CONSUMER_RETURNS, now)
    if moved is not None and moved["epoch"] != epoch:
        # Coming back to the bot leaves its turn to be claimed under the new epoch.
        owner, epoch, claimed = moved["owner"], moved["epoch"], None
    return Receipt(seq=seq, duplicate=False, owner=owner, epoch=epoch, choice=choice, claimed=claimed)


def _trigger(text: str, choice: dict[str, Any] | None, *, waits: bool) -> triggers.Trigger | None:
    """What passes the consumer on at once. Who waits already need not be asked before a threat counts."""
    if choice:
        if choice["intent"] != "request_human":
            return None
        return triggers.agreed(choice["entities"].get("reason"))
    seen = triggers.detect(text) if text else None
    return None if seen and seen.asks_first and not waits else seen


def _check(incoming: Incoming) -> None:
    if not incoming.client_msg_id or len(incoming.client_msg_id) > 80:
        raise DomainError("bad_client_msg_id", "消息编号缺失或过长", 422)
    if not (incoming.text.strip() or incoming.files or incoming.choice):
        raise DomainError("empty_message", "消息是空的，写点什么或发张照片吧", 422)
    if len(incoming.text) > MAX_TEXT:
        raise DomainError("text_too_long", f"一条消息最多 {MAX_TEXT} 个字，请分几条发", 422, limit=MAX_TEXT)
    if len(incoming.files) > MAX_FILES:
        raise DomainError("too_many_files", f"一次最多发 {MAX_FILES} 个文件", 422, limit=MAX_FILES)


async def _files(tx: Tx, conversation_id: str, ids: tuple[str, ...]) -> list[dict[str, Any]]:
    found = await tx.all(select(files).where(files.c.conversation_id == conversation_id, files.c.id.in_(ids)))
    by_id = {row["id"]: wire_file(row) for row in found}
    if len(by_id) != len(set(ids)):
        raise DomainError("unknown_file", "有文件没有上传成功，请重新上传", 422)
    sent = [by_id[file_id] for file_id in dict.fromkeys(ids)]
    for kind, (most, message) in MOST_OF_KIND.items():
        if sum(file["kind"] == kind for file in sent) > most:
            raise DomainError("too_many_files", message, 422, kind=kind, limit=most)
    return sent


async def _choice(tx: Tx, conversation: Row, button_id: str) -> tuple[str, dict[str, Any]]:
    """The title and the payload of a button that was offered in this conversation."""
    query = (
        select(messages.c.buttons, messages.c.card)
        .where(messages.c.conversation_id == conversation["id"], messages.c.sender.in_(("bot", "agent")))
        .order_by(messages.c.seq.desc())
        .limit(50)
    )
    for row in await tx.all(query):
        for button in row["buttons"]:
            if button["id"] == button_id:
                return button["title"], parse_payload(button["payload"])
    raise DomainError("unknown_choice", "这个按钮已经失效了，请直接打字告诉我", 422)


def parse_payload(payload: str) -> dict[str, Any]:
    """`/intent{"entity": "value"}` as `{"intent", "entities"}`."""
    match = _PAYLOAD.match(payload)
    if not match:
        raise ValueError(f"not a payload: {payload!r}")
    return {"intent": match["intent"], "entities": json.loads(match["entities"] or "{}")}


async def _first_receipt(db: Database, conversation_id: str, client_msg_id: str) -> Receipt:
    query = select(messages.c.seq, messages.c.epoch).where(
        messages.c.conversation_id == conversation_id, messages.c.dedupe_key == f"consumer:{client_msg_id}"
    )
    async with db.read() as tx:
        first = await tx.one(query)
        row = await tx.one(select(conversations.c.owner).where(conversations.c.id == conversation_id))
    if first is None or row is None:
        raise DomainError("conflict", "消息没有保存成功，请重试", 409)
    return Receipt(seq=first["seq"], duplicate=True, owner=row["owner"], epoch=first["epoch"])
