"""What the dashboard shows: what consumers ask, how well it is understood, what is new, and where complaints come from."""

import asyncio
import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets
from curation.core.gates import LABELS
from curation.core.newwords import new_words
from curation.core.watching import rate
from curation.folder import DataFolder
from curation.run_store import promotions
from curation.store import items, turns
from curation.watching import effects
from kernel.db import Database, Row
from kernel.times import SHANGHAI

MOST_TURNS = 50_000  # of a dashboard; beyond that the newest
MOST_SENTENCES = 5_000  # looked through for new words
NOVEL = 0.5  # an inbox group at least so new, that the bot did not act on, may be a topic of its own
CAUSES = ("merchant", "goods", "category", "issue", "cause")


async def understanding(db: Database, start: datetime, end: datetime) -> dict[str, Any]:
    """By day and by issue type: turns, confidence, fallbacks, handoffs, one-pass."""
    t = turns.c
    columns = (t.conversation_id, t.issue_type, t.confidence, t.decision, t.handed_off, t.asked_back)
    query = select(*columns, t.corrected_to, t.at).where(t.at >= start, t.at < end)
    async with db.read() as tx:
        rows = await tx.all(query.order_by(t.at.desc()).limit(MOST_TURNS))
        went_live = await tx.all(
            select(promotions).where(promotions.c.live_at.is_not(None)).order_by(promotions.c.live_at)
        )
        changed = await effects(tx, went_live[-10:])
    days = [start.astimezone(SHANGHAI).date() + timedelta(days=n) for n in range((end - start).days + 1)]
    return {
        "total": _rates(rows),
        "days": [_day(day, rows) for day in days if day <= end.astimezone(SHANGHAI).date()],
        "labels": [
            {"label": label, "name": LABELS.get(label, label)}
            | _rates([row for row in rows if row["issue_type"] == label])
            for label in LABELS
        ],
        "confidence": _bins(rows),
        "promotions": changed,
    }


async def unknown(db: Database, folder: DataFolder, start: datetime, end: datetime) -> dict[str, Any]:
    """New words, and groups of like sentences that no intent covers."""
    t, i = turns.c, items.c
    said = select(t.conversation_id, t.text).where(t.at >= start, t.at < end).order_by(t.at.desc())
    open_ = (i.state == "open") & (i.last_at >= start)
    groups = select(i.id, i.text, i.size, i.predicted, i.confidence, i.parts).where(open_)
    async with db.read() as tx:
        sentences = await tx.all(said.limit(MOST_SENTENCES))
        found = await tx.all(groups.order_by(i.size.desc()).limit(500))

    def words() -> list[tuple[str, int, str]]:
        taught = (line.text for line in folder.corpus().lines)
        return new_words([(row["conversation_id"], row["text"]) for row in sentences], taught)

    return {
        "words": [
            {"word": word, "conversations": n, "example": example}
            for word, n, example in await asyncio.to_thread(words)
        ],
        "clusters": [
            {key: row[key] for key in ("id", "text", "size", "predicted", "confidence")}
            | {"novelty": row["parts"].get("novelty", 0)}
            for row in found
            if row["parts"].get("novelty", 0) >= NOVEL and row["confidence"] < NOVEL
        ][:20],
    }


async def complaints(db: Database, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """预防为主: one line a merchant, goods, issue and cause, with its complaints; the most frequent first."""
    c = tickets.c
    query = select(c.party, c.merchant_name, c.order_line, c.issue_type, c.sub_type, c.status, c.rating)
    async with db.read() as tx:
        rows = await tx.all(query.where(c.opened_at >= start, c.opened_at < end).limit(MOST_TURNS))
    book = load_rulebook()
    found: dict[tuple[str, ...], int] = {}
    for row in rows:
        line = row["order_line"] or {}
        key = (
            str(row["merchant_name"] or "未关联商家"),
            str(line.get("title") or "未关联商品"),
            str(line.get("category") or "—"),
            str(LABELS.get(row["issue_type"], row["issue_type"])),
            book.label_of(row["issue_type"], row["sub_type"]),
        )
        found[key] = found.get(key, 0) + 1
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [dict(zip(CAUSES, key, strict=True)) | {"tickets": n} for key, n in ordered]


async def opened(db: Database, start: datetime, end: datetime) -> int:
    c = tickets.c
    async with db.read() as tx:
        query = select(func.count()).select_from(tickets).where(c.opened_at >= start, c.opened_at < end)
        return int(await tx.scalar(query) or 0)


def top(lines: Iterable[dict[str, Any]], by: str, most: int = 10) -> list[dict[str, Any]]:
    """The lines of `complaints` added up by one of their columns."""
    added: dict[str, int] = {}
    for line in lines:
        added[line[by]] = added.get(line[by], 0) + line["tickets"]
    ordered = sorted(added.items(), key=lambda one: (-one[1], one[0]))
    return [{"name": name, "tickets": n} for name, n in ordered[:most]]


def as_csv(lines: Sequence[dict[str, Any]], titles: dict[str, str]) -> str:
    """For Excel: with a byte-order mark, and no cell that it would take for a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(titles.values())
    for line in lines:
        writer.writerow([_cell(line.get(key)) for key in titles])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else round(value, 4) if isinstance(value, float) else value


def _day(day: date, rows: Sequence[Row]) -> dict[str, Any]:
    those = [row for row in rows if row["at"].astimezone(SHANGHAI).date() == day]
    asked: dict[str, int] = {}
    for row in those:
        label = row["issue_type"] or "not_complaint"
        asked[label] = asked.get(label, 0) + 1
    return {"day": day.isoformat(), "by_label": asked} | _rates(those)


def _rates(rows: Sequence[Row]) -> dict[str, Any]:
    talks: dict[str, list[Row]] = {}
    for row in rows:
        talks.setdefault(row["conversation_id"], []).append(row)
    handed = sum(any(row["handed_off"] for row in those) for those in talks.values())
    once = sum(
        not any(row["handed_off"] or row["asked_back"] or row["corrected_to"] is not None for row in those)
        for those in talks.values()
    )
    return {
        "turns": len(rows),
        "conversations": len(talks),
        "confidence": sum(row["confidence"] for row in rows) / len(rows) if rows else None,
        "fallback_rate": rate(sum(row["decision"] != "act" for row in rows), len(rows)),
        "handoff_rate": rate(handed, len(talks)),
        "one_pass_rate": rate(once, len(talks)),
    }


def _bins(rows: Sequence[Row]) -> list[dict[str, Any]]:
    counted = [0] * 10
    for row in rows:
        counted[min(9, int(row["confidence"] * 10))] += 1
    return [{"from": place / 10, "turns": n} for place, n in enumerate(counted)]
