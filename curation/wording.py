"""What the bot says: shipped in `bot/replies/`, edited by trainers, released and rolled back without training.

A release is a version in the database and a file beside the shipped ones that the brain reads again within a second;
the file is written from the database, so that it can always be made anew.
"""

import asyncio
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from ruamel.yaml import YAML
from sqlalchemy import func, insert, select, update

from curation.core.reply import checked, names_in, variants_of
from curation.people import may_train
from curation.run_store import wordings
from handoff.tone import marked
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.principal import Principal

log = structlog.get_logger()

FILE = "released.yml"
# For the preview: what stands in a value's place.
EXAMPLES = {
    "ticket": "AX2611270001",
    "issue": "商品质量问题",
    "request": "请发两张照片：一张整体，一张能看清破损处。",
    "known": "订单信息已经有了，不用再填。",
    "deadline": "11月29日 20:00",
    "missing": "破损处的近照",
    "news": "整体照片",
    "next_step": "商家会在48小时内回复您",
    "name": "小满",
}


@dataclass(frozen=True)
class Replies:
    """`shipped`: the software's files; `released`: the folder the brain reads on top of them."""

    shipped: Path
    released: Path

    def book(self) -> dict[str, tuple[str, list[dict[str, Any]]]]:
        """Every shipped reply: its topic (the file) and its variants. Blocking when a file has changed."""
        files = sorted(self.shipped.glob("*.yml"))
        return _book(tuple((path, path.stat().st_mtime_ns) for path in files))

    def write(self, released: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Replaces the released file whole. Blocking."""
        self.released.mkdir(parents=True, exist_ok=True)
        text = io.StringIO()
        YAML(typ="safe").dump({name: [dict(one) for one in said] for name, said in released.items()}, text)
        beside = self.released / f"{FILE}.{os.getpid()}.new"
        beside.write_text(text.getvalue() if released else "{}\n", encoding="utf8")
        os.replace(beside, self.released / FILE)


@lru_cache(maxsize=2)
def _book(files: tuple[tuple[Path, int], ...]) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    found = {}
    for path, _ in files:
        said = YAML(typ="safe").load(path.read_text(encoding="utf8")) or {}
        found.update({name: (path.stem, variants_of(value)) for name, value in said.items()})
    return found


async def listing(db: Database, replies: Replies) -> list[dict[str, Any]]:
    """Every reply as it is said now, with the marks of domain-rules §7 and whether it was edited."""
    book = await asyncio.to_thread(replies.book)
    async with db.read() as tx:
        current = {row["name"]: row for row in await tx.all(select(wordings).where(wordings.c.is_current))}
    return [_shown(name, topic, shipped, current.get(name)) for name, (topic, shipped) in book.items()]


async def versions(db: Database, replies: Replies, name: str) -> list[dict[str, Any]]:
    """Every version of a reply, the newest first; the shipped one is number 0."""
    _, shipped = await _shipped(replies, name)
    async with db.read() as tx:
        rows = await tx.all(
            select(wordings).where(wordings.c.name == name).order_by(wordings.c.number.desc())
        )
    now = any(row["is_current"] and row["variants"] is not None for row in rows)
    found = [
        {
            "number": row["number"],
            "variants": row["variants"] or shipped,
            "by": row["by_name"],
            "reason": row["reason"],
            "at": row["at"].isoformat(),
            "back_to": row["back_to"],
            "is_current": row["is_current"],
        }
        for row in rows
    ]
    first = {"number": 0, "variants": shipped, "by": "软件自带", "reason": "", "at": None, "back_to": None}
    return [*found, first | {"is_current": not now and not any(row["is_current"] for row in rows)}]


async def check(replies: Replies, name: str, variants: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The marks of each variant, before it is released. Raises DomainError `bad_wording` (422)."""
    _, shipped = await _shipped(replies, name)
    return [_marks(variant) for variant in checked(shipped, variants)]


async def release(
    db: Database,
    replies: Replies,
    who: Principal,
    name: str,
    variants: Sequence[Mapping[str, Any]],
    reason: str,
    now: datetime,
) -> dict[str, Any]:
    """Says a reply in new words from the next turn on.

    Raises DomainError `bad_wording` (422) for what would break a turn, `against_rules` (422) for words that
    domain-rules §7 forbids, `same_wording` (409) when nothing changed.
    """
    may_train(who)
    topic, shipped = await _shipped(replies, name)
    cleaned = checked(shipped, variants)
    refused = [hit for variant in cleaned for hit in marked(variant["text"]) if hit.is_violation]
    if refused:
        said = [f"「{hit.found}」{hit.why}，可以说：{hit.better}" for hit in refused]
        raise DomainError("against_rules", f"用语不合规范：{said[0]}", 422, reasons=said)
    async with db.write() as tx:
        before = await _current(tx, name)
        if cleaned == ((before["variants"] if before else None) or shipped):
            raise DomainError("same_wording", "和现在说的一样，没有改动", 409)
        row = await _next(tx, who, name, cleaned, reason, now, None)
        released = await _released(tx)
        tx.after_commit(lambda: asyncio.to_thread(replies.write, released))
    log.info("wording.released", reply=name, number=row["number"])
    return _shown(name, topic, shipped, row)


async def go_back(
    db: Database, replies: Replies, who: Principal, name: str, number: int, reason: str, now: datetime
) -> dict[str, Any]:
    """Says an earlier version again, or with 0 the shipped one; kept as a version of its own."""
    may_train(who)
    topic, shipped = await _shipped(replies, name)
    async with db.write() as tx:
        variants = None
        if number:
            old = await tx.one(select(wordings).where(wordings.c.name == name, wordings.c.number == number))
            if old is None:
                raise not_found("版本")
            variants = old["variants"]
        before = await _current(tx, name)
        if variants == (before["variants"] if before else None):
            raise DomainError("same_wording", "现在说的就是这一版", 409)
        row = await _next(tx, who, name, variants, reason, now, number)
        released = await _released(tx)
        tx.after_commit(lambda: asyncio.to_thread(replies.write, released))
    log.info("wording.back", reply=name, number=row["number"], back_to=number)
    return _shown(name, topic, shipped, row)


async def publish(db: Database, replies: Replies) -> None:
    """Writes the released file from the database: at start, when a disk was lost, on a second machine."""
    async with db.read() as tx:
        released = await _released(tx)
    await asyncio.to_thread(replies.write, released)


async def _shipped(replies: Replies, name: str) -> tuple[str, list[dict[str, Any]]]:
    found = (await asyncio.to_thread(replies.book)).get(name)
    if found is None:
        raise not_found("回复")
    return found


async def _current(tx: Tx, name: str) -> Row | None:
    query = select(wordings).where(wordings.c.name == name, wordings.c.is_current)
    return await tx.one(query.with_for_update())


async def _next(
    tx: Tx,
    who: Principal,
    name: str,
    variants: list[dict[str, Any]] | None,
    reason: str,
    now: datetime,
    back_to: int | None,
) -> Row:
    newest = await tx.scalar(select(func.max(wordings.c.number)).where(wordings.c.name == name))
    await tx.execute(update(wordings).where(wordings.c.name == name).values(is_current=False))
    values = {"name": name, "number": (newest or 0) + 1, "variants": variants, "reason": reason, "at": now}
    values |= {"by_id": who.agent_id, "by_name": who.name, "is_current": True, "back_to": back_to}
    row = await tx.one(insert(wordings).values(**values).returning(*wordings.c))
    assert row is not None
    return row


async def _released(tx: Tx) -> dict[str, list[dict[str, Any]]]:
    rows = await tx.all(select(wordings).where(wordings.c.is_current))
    return {row["name"]: row["variants"] for row in rows if row["variants"]}


def _shown(name: str, topic: str, shipped: list[dict[str, Any]], row: Row | None) -> dict[str, Any]:
    variants = (row["variants"] if row else None) or shipped
    return {
        "name": name,
        "topic": topic,
        "variants": variants,
        "marks": [_marks(variant) for variant in variants],
        "names": sorted(set().union(*(names_in(str(variant["text"])) for variant in shipped))),
        "edited": bool(row and row["variants"]),
        "number": row["number"] if row else 0,
        "by": row["by_name"] if row else None,
        "at": row["at"].isoformat() if row else None,
    }


def _marks(variant: Mapping[str, Any]) -> dict[str, Any]:
    hits = marked(str(variant["text"]))
    said = [
        {"start": hit.start, "end": hit.end, "found": hit.found, "better": hit.better, "why": hit.why}
        | {"violation": hit.is_violation}
        for hit in hits
    ]
    return {"text": variant["text"], "hits": said}
