"""Import into the inbox or the data, and export of either; what is imported is masked like what consumers write."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from curation import changing
from curation.core import exchange
from curation.core.exchange import Row
from curation.core.item import WAITING, State
from curation.core.likeness import flat, novelty
from curation.core.markup import marked, one_line, unmarked
from curation.core.masking import mask
from curation.core.nlu_file import About
from curation.folder import Edit
from curation.gathering import new_item
from curation.labelling import known_meaning
from curation.people import may_review
from curation.store import items
from curation.workbench import Workbench
from handoff.records import note
from kernel.db import Database
from kernel.errors import DomainError
from kernel.principal import Principal

SHOWN = 50  # problems of an import that are named one by one
SCOPES = ("data", "inbox", "labelled")


@dataclass
class Report:
    """What an import did or, when it was only tried, would do."""

    new: int = 0
    there: int = 0  # in the data or the inbox already
    masked: int = 0  # something personal was taken out
    held_back: int = 0  # too near a sentence of the evaluation set
    refused: int = 0  # stands under another meaning, or the meaning is unknown
    change_id: str | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)

    def problem(self, row: Row, code: str, says: str) -> None:
        if len(self.problems) < SHOWN:
            self.problems.append({"row": row.number, "text": row.text[:80], "code": code, "message": says})


async def bring_in(
    db: Database,
    bench: Workbench,
    who: Principal,
    content: bytes,
    form: str,
    into: str,
    reason: str,
    now: datetime,
    *,
    dry: bool,
) -> Report:
    """Reads a file into the inbox or, by a reviewer, straight into the data as one change. `dry`: only tells.

    Raises as `exchange.read`, and DomainError `forbidden` (403), `reason_missing` (422).
    """
    if into not in ("inbox", "data"):
        raise DomainError("invalid", "只能导入到 inbox 或 data", 422)
    if into == "data":
        may_review(who)
        if not dry and not reason.strip():
            raise DomainError("reason_missing", "请写明导入的来由", 422)
    rows = await asyncio.to_thread(exchange.read, content, form)
    if into == "data":
        return await _into_data(db, bench, who, rows, reason, now, dry=dry)
    return await _into_inbox(db, bench, who, rows, now, dry=dry)


async def _into_data(
    db: Database,
    bench: Workbench,
    who: Principal,
    rows: Sequence[Row],
    reason: str,
    now: datetime,
    *,
    dry: bool,
) -> Report:
    report, edits = await asyncio.to_thread(_edits, bench, rows)
    if edits and not dry:
        async with db.write() as tx:
            report.change_id = await changing.plan(tx, "import", who, reason.strip(), edits, now)
        await changing.carry_out(db, bench, report.change_id, now)
    return report


def _edits(bench: Workbench, rows: Sequence[Row]) -> tuple[Report, list[Edit]]:
    corpus, measured = bench.folder.corpus(), bench.measured()
    report, edits = Report(), list[Edit]()
    taken: dict[str, About] = {}
    for row in rows:
        plain, facts = unmarked(row.text)
        clean = mask(plain, facts)
        text = one_line(clean.text)
        key = flat(text)
        report.masked += clean.text != plain
        try:
            if row.about is None:
                raise DomainError("unknown_label", "没有意图")
            about = known_meaning(corpus, row.about)
        except DomainError as problem:
            report.refused += 1
            report.problem(row, problem.code, problem.message)
            continue
        before = taken.get(key) or next((line.about for line in corpus.standing(text)), None)
        if before is not None:
            if before.intent == about.intent:
                report.there += 1
            else:
                report.refused += 1
                report.problem(row, "stands_otherwise", f"已有这句话，标的是 {before.intent}")
        elif measured.near(text):
            report.held_back += 1
            report.problem(row, "near_evaluation", "和评测集里的句子太像")
        elif key:
            taken[key] = about
            report.new += 1
            edits.append(Edit("add", text, marked(text, clean.facts) if text == clean.text else text, about))
    return report, edits


async def _into_inbox(
    db: Database, bench: Workbench, who: Principal, rows: Sequence[Row], now: datetime, *, dry: bool
) -> Report:
    async with db.read() as tx:
        waiting = await tx.all(
            select(items.c.flat).where(items.c.state.in_([state.value for state in WAITING]))
        )
    report, made = await asyncio.to_thread(_items, bench, rows, {row["flat"] for row in waiting}, now)
    if made and not dry:
        async with db.write() as tx:
            for start in range(0, len(made), 500):
                await tx.execute(insert(items), made[start : start + 500])
            await note(tx, "curation.imported", None, who.agent_id, now, items=len(made))
    return report


def _items(
    bench: Workbench, rows: Sequence[Row], waiting: set[str], now: datetime
) -> tuple[Report, list[dict[str, Any]]]:
    corpus = bench.folder.corpus()
    report, made = Report(), list[dict[str, Any]]()
    for row in rows:
        plain, facts = unmarked(row.text)
        clean = mask(plain, facts)
        key = flat(clean.text)
        report.masked += clean.text != plain
        if not key or key in waiting or corpus.standing(clean.text):
            report.there += 1
            continue
        waiting.add(key)
        report.new += 1
        item = new_item(
            clean.text, [fact.__dict__ for fact in clean.facts], "import", now, novelty(key, corpus.flats)
        )
        item |= {
            "wanted": bench.wanted(key),
            "predicted": row.about.intent if row.about else None,
            "sub_type": row.about.detail if row.about else None,
        }
        made.append(item)
    return report, made


async def take_out(
    db: Database, bench: Workbench, who: Principal, scope: str, form: str, now: datetime
) -> bytes:
    """A file of the data, of what waits in the inbox, or of what was labelled. It is written down who took it.

    Raises DomainError `invalid` (422), `unknown_format` (422).
    """
    if scope not in SCOPES:
        raise DomainError("invalid", f"可以导出的范围：{'、'.join(SCOPES)}", 422)
    if form not in exchange.FORMATS:
        raise DomainError("unknown_format", f"支持的格式：{'、'.join(exchange.FORMATS)}", 422)
    rows = (
        await asyncio.to_thread(_data_rows, bench)
        if scope == "data"
        else [row async for row in _item_rows(db, scope)]
    )
    async with db.write() as tx:
        await note(tx, "curation.exported", None, who.agent_id, now, scope=scope, format=form, rows=len(rows))
    return await asyncio.to_thread(exchange.write, rows, form)


def _data_rows(bench: Workbench) -> list[dict[str, Any]]:
    lines = sorted(bench.folder.corpus().lines, key=lambda line: line.file)
    return [
        {
            "text": line.text,
            "raw": line.raw,
            "intent": line.about.intent,
            "file": line.file,
            **line.about.metadata,
        }
        for line in lines
    ]


async def _item_rows(db: Database, scope: str) -> AsyncIterator[dict[str, Any]]:
    states = [State.ACCEPTED.value] if scope == "labelled" else [state.value for state in WAITING]
    query = select(items).where(items.c.state.in_(states)).order_by(items.c.priority.desc(), items.c.id)
    async with db.read() as tx:
        for row in await tx.all(query.limit(100_000)):
            label = row["label"] or {}
            about = About.of(label.get("intent") or "", label.get("kind"), label.get("detail"))
            yield {
                "text": row["text"],
                "intent": about.intent or None,
                "predicted": row["predicted"],
                "confidence": round(row["confidence"], 4),
                "count": row["size"],
                **about.metadata,
            }
