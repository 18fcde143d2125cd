"""What trainers see: the inbox, one item with the talk around it, what is disputed, how far people agree."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import func, or_, select

from curation.core.agreement import agreement, confusions
from curation.core.item import State
from curation.core.masking import mask
from curation.core.reasons import reasons
from curation.store import items, labels, turns
from handoff.records import MESSAGE
from handoff.store import conversations, messages
from kernel.db import Database, Row, Tx
from kernel.errors import not_found
from kernel.principal import Principal
from kernel.times import SHANGHAI, wire_time

BEFORE, AFTER = 8, 8  # lines of the talk around a sentence
WORDINGS = 20


async def inbox(
    db: Database,
    who: Principal,
    *,
    state: str | None = None,
    intent: str | None = None,
    words: str | None = None,
    offset: int = 0,
    limit: int = 30,
) -> tuple[list[dict[str, Any]], int]:
    """What teaches most first, and how many there are.

    Without `state`: what this trainer can label, that is undecided items that he has neither labelled nor skipped.
    """
    query = select(items)
    if state:
        query = query.where(items.c.state == state)
    else:
        said = select(labels.c.id).where(
            labels.c.item_id == items.c.id, labels.c.trainer_id == who.agent_id, labels.c.undone_at.is_(None)
        )
        query = query.where(items.c.state.in_([State.OPEN.value, State.SECOND.value]), ~said.exists())
    if intent:
        query = query.where(items.c.predicted == intent)
    if words:
        query = query.where(items.c.text.contains(words, autoescape=True))
    decided = state in (State.ACCEPTED.value, State.EXCLUDED.value, State.SPLIT.value)
    order = items.c.decided_at.desc() if decided else items.c.priority.desc()
    async with db.read() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery()))
        rows = await tx.all(query.order_by(order, items.c.id).offset(offset).limit(limit))
        newest = await _newest(tx, [row["id"] for row in rows])
    return [item_json(row, newest.get(row["id"])) for row in rows], total


async def _newest(tx: Tx, item_ids: list[str]) -> dict[str, Row]:
    """The newest turn of each group."""
    latest = select(func.max(turns.c.id)).where(turns.c.item_id.in_(item_ids)).group_by(turns.c.item_id)
    return {row["item_id"]: row for row in await tx.all(select(turns).where(turns.c.id.in_(latest)))}


async def detail(db: Database, who: Principal, item_id: str) -> dict[str, Any]:
    """One item: its wordings, the talk around the newest, and the labels that this person may see.

    While a second label is awaited nobody sees the first but its author. Raises `not_found` (404).
    """
    async with db.read() as tx:
        row = await tx.one(select(items).where(items.c.id == item_id))
        if row is None:
            raise not_found("句子")
        members = await tx.all(
            select(turns).where(turns.c.item_id == item_id).order_by(turns.c.id.desc()).limit(400)
        )
        said = await tx.all(
            select(labels)
            .where(labels.c.item_id == item_id, labels.c.undone_at.is_(None))
            .order_by(labels.c.id)
        )
        talk = await _talk(tx, members[0]) if members else []
    blind = row["state"] in (State.OPEN.value, State.SECOND.value)
    return item_json(row, members[0] if members else None) | {
        "wordings": _wordings(members),
        "talk": talk,
        "labels": [label_json(one) for one in said if not blind or one["trainer_id"] == who.agent_id],
    }


async def face(db: Database, item_id: str) -> Row:
    """The item's own row. Raises `not_found` (404)."""
    async with db.read(brief=True) as tx:
        row = await tx.one(select(items).where(items.c.id == item_id))
    if row is None:
        raise not_found("句子")
    return row


def _wordings(members: Any) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in members:
        one = found.setdefault(
            row["text"],
            {
                "turn_id": row["id"],
                "text": row["text"],
                "count": 0,
                "intent": row["intent"],
                "at": wire_time(row["at"]),
            },
        )
        one["count"] += 1
    return list(found.values())[:WORDINGS]


async def _talk(tx: Tx, turn: Row) -> list[dict[str, Any]]:
    """The lines around a turn, masked; people have roles there and no names."""
    about = await tx.one(select(conversations).where(conversations.c.id == turn["conversation_id"]))
    rows = await tx.all(
        select(messages)
        .where(
            messages.c.conversation_id == turn["conversation_id"],
            messages.c.seq.between(turn["first_seq"] - BEFORE, turn["last_seq"] + AFTER),
        )
        .order_by(messages.c.seq)
    )
    known = [about["consumer_name"], *(about["order_nos"] or [])] if about else []
    known += [row["sender_name"] for row in rows if row["sender"] == "agent" and row["sender_name"]]
    lines = []
    for row in rows:
        text = mask(row["text"], known=filter(None, known)).text
        files = len(row["files"] or [])
        lines.append(
            {
                "seq": row["seq"],
                "sender": row["sender"] if row["kind"] == MESSAGE else "system",
                "text": text
                or (f"[{files} 个文件]" if files else f"[{(row['card'] or {}).get('type', '卡片')}]"),
                "buttons": [button["title"] for button in row["buttons"] if not button.get("hidden")],
                "at": wire_time(row["at"]),
                "here": turn["first_seq"] <= row["seq"] <= turn["last_seq"] and row["sender"] == "consumer",
            }
        )
    return lines


async def disputed(db: Database, offset: int = 0, limit: int = 30) -> tuple[list[dict[str, Any]], int]:
    """What trainers saw differently, with what each said, for a reviewer; the oldest first."""
    query = select(items).where(items.c.state == State.DISPUTED.value)
    async with db.read() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery()))
        rows = await tx.all(query.order_by(items.c.last_at, items.c.id).offset(offset).limit(limit))
        said = await tx.all(
            select(labels)
            .where(
                labels.c.item_id.in_([row["id"] for row in rows]),
                labels.c.undone_at.is_(None),
                labels.c.verdict != "skip",
            )
            .order_by(labels.c.id)
        )
        newest = await _newest(tx, [row["id"] for row in rows])
    by_item: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in said:
        by_item[one["item_id"]].append(label_json(one))
    return [item_json(row, newest.get(row["id"])) | {"labels": by_item[row["id"]]} for row in rows], total


async def agreeing(db: Database) -> dict[str, Any]:
    """Kappa of the sentences that two trainers labelled, over intents and over the finer label, and by pair."""
    query = (
        select(
            labels.c.item_id,
            labels.c.trainer_name,
            labels.c.trainer_id,
            labels.c.verdict,
            labels.c.intent,
            labels.c.detail,
        )
        .where(labels.c.undone_at.is_(None), labels.c.verdict != "skip", ~labels.c.settles)
        .order_by(labels.c.item_id, labels.c.id)
    )
    by_item: dict[str, list[Row]] = defaultdict(list)
    async with db.read() as tx:
        for row in await tx.all(query):
            by_item[row["item_id"]].append(row)
    intents: list[tuple[str, str]] = []
    finer: list[tuple[str, str]] = []
    people: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for said in by_item.values():
        for one, other in combinations(sorted(said, key=lambda row: row["trainer_id"]), 2):
            pair = (one["intent"] or "exclude", other["intent"] or "exclude")
            intents.append(pair)
            finer.append((f"{pair[0]}/{one['detail'] or ''}", f"{pair[1]}/{other['detail'] or ''}"))
            people[(one["trainer_name"], other["trainer_name"])].append(pair)
    return {
        "intent": agreement(intents).__dict__,
        "detail": agreement(finer).__dict__,
        "pairs": [
            {"trainers": list(names), **agreement(pairs).__dict__} for names, pairs in sorted(people.items())
        ],
        "confusions": [{"labels": [a, b], "count": n} for a, b, n in confusions(intents)[:10]],
    }


async def figures(db: Database, who: Principal, now: datetime) -> dict[str, Any]:
    """How much waits and how much was done today."""
    local = now.astimezone(SHANGHAI)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    async with db.read() as tx:
        states = await tx.all(select(items.c.state, func.count().label("n")).group_by(items.c.state))
        mine = select(func.count()).where(
            labels.c.trainer_id == who.agent_id,
            labels.c.at >= today,
            labels.c.verdict != "skip",
            labels.c.undone_at.is_(None),
        )
        week = select(func.count()).where(turns.c.at >= now - timedelta(days=7))
        missed = week.where(
            or_(turns.c.asked_back, turns.c.handed_off.is_not(None), turns.c.corrected_to.is_not(None))
        )
        return {
            "states": {row["state"]: row["n"] for row in states},
            "mine_today": await tx.scalar(mine),
            "turns_week": await tx.scalar(week),
            "missed_week": await tx.scalar(missed),
        }


def item_json(row: Row, turn: Row | None) -> dict[str, Any]:
    """An item on the wire; `why` says in Chinese why it stands where it stands."""
    return {
        "id": row["id"],
        "text": row["text"],
        "facts": row["facts"],
        "state": row["state"],
        "source": row["source"],
        "size": row["size"],
        "wanted": row["wanted"],
        "predicted": row["predicted"],
        "sub_type": row["sub_type"],
        "confidence": row["confidence"],
        "priority": row["priority"],
        "parts": row["parts"],
        "label": row["label"],
        "change_id": row["change_id"],
        "parent_id": row["parent_id"],
        "ranking": turn["ranking"] if turn else [],
        "why": reasons(row, turn),
        "last_at": wire_time(row["last_at"]),
        "decided_at": wire_time(row["decided_at"]) if row["decided_at"] else None,
    }


def label_json(row: Row) -> dict[str, Any]:
    keys = ("trainer_name", "verdict", "intent", "kind", "detail", "facts", "reason", "settles")
    return {key: row[key] for key in keys} | {"at": wire_time(row["at"])}
