"""What the desk sees: who waits, in which order, and a conversation in one line."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.sql import Select

from handoff.core.conversation import Owner
from handoff.core.reasons import label_of
from handoff.store import agents, conversations, messages
from kernel.db import Row, Tx
from kernel.principal import PLATFORM, Principal
from kernel.times import wire_time

c = conversations.c
IN_TURN = (c.queue_priority.desc(), c.queued_at, c.id)

# What the ticket side knows of these conversations: {conversation_id: {"order": …, "tickets": […]}}
CaseFacts = Callable[[Tx, Sequence[str]], Awaitable[dict[str, dict[str, Any]]]]

# What every change of a conversation asks, built once: building a statement costs several times what running it does.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_NEWEST = (
    select(messages.c.conversation_id, func.max(messages.c.seq).label("seq"))
    .where(messages.c.conversation_id.in_(_IDS), messages.c.kind == "message")
    .group_by(messages.c.conversation_id)
    .subquery()
)
_LAST = select(messages).select_from(
    messages.join(
        _NEWEST, (messages.c.conversation_id == _NEWEST.c.conversation_id) & (messages.c.seq == _NEWEST.c.seq)
    )
)
_BY_CONSUMER = messages.join(conversations, c.id == messages.c.conversation_id)
_UNREAD = (
    select(messages.c.conversation_id, func.count().label("n"))
    .select_from(_BY_CONSUMER)
    .where(
        messages.c.conversation_id.in_(_IDS),
        messages.c.sender == "consumer",
        messages.c.seq > c.agent_read_seq,
    )
    .group_by(messages.c.conversation_id)
)
_WAITING_SINCE = (
    select(messages.c.conversation_id, func.min(messages.c.at).label("at"))
    .select_from(_BY_CONSUMER)
    .where(
        messages.c.conversation_id.in_(_IDS),
        messages.c.sender == "consumer",
        messages.c.seq > c.answered_seq,
        c.owner == Owner.AGENT,
    )
    .group_by(messages.c.conversation_id)
)
_NAMES = select(agents.c.id, agents.c.name, agents.c.party, agents.c.party_name).where(
    agents.c.id.in_(_IDS) | agents.c.party.in_(bindparam("parties", expanding=True))
)
_THESE = select(conversations).where(c.id.in_(_IDS))
_NEWEST_SEQS = select(c.id, c.last_seq).where(c.id.in_(_IDS))


def visible(query: Select[Any], who: Principal) -> Select[Any]:
    """Only what this member of staff may see."""
    if who.handles_all_parties:
        return query
    return query.where(c.party == (who.party if who.handles_conversations else ""))


async def waiting(tx: Tx, who: Principal, limit: int = 200) -> Sequence[Row]:
    """Waiting conversations, first to be served first."""
    query = select(conversations).where(c.owner == Owner.QUEUED).order_by(*IN_TURN).limit(limit)
    return await tx.all(visible(query, who))


async def listing(
    tx: Tx,
    who: Principal,
    which: str,
    before: datetime | None = None,
    limit: int = 100,
    search: str = "",
    among: Sequence[str] = (),
) -> Sequence[Row]:
    """Conversations of one tab (mine, waiting, all), newest change first.

    `search`: a part of the consumer's name or a conversation's id; `among`: those found by their tickets besides.
    """
    if which == "waiting":
        return await waiting(tx, who, limit)
    query = visible(select(conversations), who).order_by(c.updated_at.desc()).limit(limit)
    if which == "mine":
        query = query.where(c.agent_id == who.agent_id, c.owner == Owner.AGENT)
    if before:
        query = query.where(c.updated_at < before)
    if search:
        query = query.where(
            c.consumer_name.contains(search, autoescape=True) | (c.id == search) | c.id.in_(among)
        )
    return await tx.all(query)


async def these(tx: Tx, ids: Sequence[str]) -> Sequence[Row]:
    """The conversations with these ids, those that there are."""
    return await tx.all(_THESE, {"ids": list(ids)})


async def newest(tx: Tx, ids: Sequence[str]) -> dict[str, int]:
    """The last `seq` of each of these conversations."""
    return {row["id"]: row["last_seq"] for row in await tx.all(_NEWEST_SEQS, {"ids": list(ids)})}


async def summaries(tx: Tx, rows: Sequence[Row], case_facts: CaseFacts) -> list[dict[str, Any]]:
    """The lines of the desk's lists; a handful of queries whatever their number."""
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    last = {row["conversation_id"]: row for row in await tx.all(_LAST, {"ids": ids})}
    known = await names(tx, rows)
    cases = await case_facts(tx, ids)
    unread, since = await _unread(tx, ids), await _waiting_since(tx, ids)
    return [
        _summary(row, last.get(row["id"]), known, cases.get(row["id"], {}), unread)
        | {"waiting_since": since.get(row["id"])}
        for row in rows
    ]


def _summary(
    row: Row, last: Row | None, names: dict[str, str], case: dict[str, Any], unread: dict[str, int]
) -> dict[str, Any]:
    queue = None
    if row["owner"] == Owner.QUEUED:
        queue = {
            "reason": row["queue_reason"],
            "reason_label": label_of(row["queue_reason"]),
            "priority": row["queue_priority"],
            "since": wire_time(row["queued_at"]),
        }
    agent_id = row["agent_id"]
    return {
        "id": row["id"],
        "consumer": {"id": row["consumer_id"], "name": row["consumer_name"], "anonymous": row["anonymous"]},
        "owner": row["owner"],
        "epoch": row["epoch"],
        "agent": {"id": agent_id, "name": names.get(agent_id, "")} if agent_id else None,
        "party": row["party"],
        "party_name": names.get(row["party"], "平台" if row["party"] == PLATFORM else row["party"]),
        "queue": queue,
        "last_message": _preview(last),
        "last_seq": row["last_seq"],
        "read_seq": row["agent_read_seq"],
        "unread": unread.get(row["id"], 0),
        "consumer_read_seq": row["consumer_read_seq"],
        "order": case.get("order"),
        "tickets": case.get("tickets", []),
        "updated_at": wire_time(row["updated_at"]),
    }


async def _unread(tx: Tx, ids: Sequence[str]) -> dict[str, int]:
    """How many consumer messages no agent has read, by conversation."""
    return {row["conversation_id"]: row["n"] for row in await tx.all(_UNREAD, {"ids": ids})}


async def _waiting_since(tx: Tx, ids: Sequence[str]) -> dict[str, str]:
    """When the consumer said the first word that his agent has not answered, by conversation."""
    found = await tx.all(_WAITING_SINCE, {"ids": ids})
    return {row["conversation_id"]: wire_time(row["at"]) for row in found}


def _preview(last: Row | None) -> dict[str, Any] | None:
    if last is None:
        return None
    text = last["text"] or {"image": "[图片]", "video": "[视频]", "document": "[文件]"}.get(
        last["files"][0]["kind"] if last["files"] else "", ""
    )
    return {"text": text[:80], "sender": last["sender"], "at": wire_time(last["at"])}


async def names(tx: Tx, rows: Sequence[Row]) -> dict[str, str]:
    """Names of agents by id and of merchants by party."""
    ids = {row["agent_id"] for row in rows if row["agent_id"]}
    parties = {row["party"] for row in rows}
    found = await tx.all(_NAMES, {"ids": list(ids), "parties": list(parties)})
    return {row["id"]: row["name"] for row in found} | {row["party"]: row["party_name"] for row in found}
