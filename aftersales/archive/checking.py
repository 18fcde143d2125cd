"""Walks the whole chain and names the first entry that does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from aftersales.archive.core.chain import GENESIS, Entry, wrong_section, wrong_with
from aftersales.archive.store import entries, files, releases, sections
from kernel.db import Database, Row, Tx

BATCH = 200


@dataclass(frozen=True)
class Verdict:
    """`entries` that hold, the last one's hash, and the first that does not hold."""

    entries: int
    head: str
    broken_seq: int | None = None
    broken_ticket: str | None = None
    problem: str | None = None

    @property
    def holds(self) -> bool:
        return self.problem is None


async def verify(db: Database, known_head: tuple[int, str] | None = None) -> Verdict:
    """Checks every entry, every stored section, and that what is gone was released by a later entry.

    `known_head` is the seq and hash of an entry that somebody wrote down outside the database: without it a chain
    whose end was cut off, or that was made anew as a whole, cannot be told from a good one. Memory stays flat.
    """
    before = (0, GENESIS)
    while True:
        async with db.read() as tx:
            rows = await tx.all(
                select(entries).where(entries.c.seq > before[0]).order_by(entries.c.seq).limit(BATCH)
            )
            problem_of = await _contents(tx, rows)
        if not rows:
            return await _end(db, before, known_head)
        for row in rows:
            entry = Entry(**row)
            problem = wrong_with(entry, before) or problem_of.get(entry.seq)
            if known_head and entry.seq == known_head[0] and entry.hash != known_head[1] and not problem:
                problem = "is not the entry that was written down"
            if problem:
                seq = entry.seq if entry.seq == before[0] + 1 else before[0] + 1
                return Verdict(before[0], before[1], seq, entry.ticket_id, problem)
            before = (entry.seq, entry.hash)


async def _contents(tx: Tx, rows: Sequence[Row]) -> dict[int, str]:
    """What is wrong with the sections of these entries, by seq."""
    seqs = [row["seq"] for row in rows]
    if not seqs:
        return {}
    span = (seqs[0], seqs[-1])
    bodies = await tx.all(select(sections).where(sections.c.seq.between(*span)))
    released = {
        (row["seq"], row["name"]): row["erased_by"]
        for row in await tx.all(select(releases).where(releases.c.seq.between(*span)))
    }
    speaks = await _erasures(tx, set(released.values()))
    by_seq: dict[int, dict[str, Row]] = {}
    for body in bodies:
        by_seq.setdefault(body["seq"], {})[body["name"]] = body
    problems: dict[int, str] = {}
    for row in rows:
        entry, kept = Entry(**row), by_seq.get(row["seq"], {})
        for name, body in kept.items():
            if problem := wrong_section(name, entry, body["salt"], body["body"]):
                problems.setdefault(entry.seq, problem)
        for name in set(entry.sections) - set(kept):
            by = released.get((entry.seq, name))
            if by is None or name not in speaks.get(by, {}).get(str(entry.seq), ()):
                problems.setdefault(entry.seq, f"section {name} is gone, and no entry says why")
    return problems


async def _erasures(tx: Tx, seqs: set[int]) -> dict[int, dict[str, Any]]:
    """What each `erased` entry says it released: {entry: {seq: [names]}}."""
    rows = await tx.all(select(entries.c.seq, entries.c.data).where(entries.c.seq.in_(seqs)))
    return {row["seq"]: row["data"].get("sections", {}) for row in rows}


async def _end(db: Database, last: tuple[int, str], known_head: tuple[int, str] | None) -> Verdict:
    """After the last entry: nothing may be known of that lies beyond it."""
    if known_head and known_head[0] > last[0]:
        return Verdict(
            *last, last[0] + 1, None, "the end of the chain is gone: an entry was written down after it"
        )
    async with db.read() as tx:
        beyond = await tx.one(
            select(files.c.seq, files.c.ticket_id).where(files.c.seq > last[0]).order_by(files.c.seq).limit(1)
        )
        stray = await tx.scalar(select(sections.c.seq).where(sections.c.seq > last[0]).limit(1))
    if beyond is not None:
        return Verdict(
            *last, last[0] + 1, beyond["ticket_id"], "the end of the chain is gone: the index knows more"
        )
    if stray is not None:
        return Verdict(*last, last[0] + 1, None, "the end of the chain is gone: its content is still there")
    return Verdict(*last)
