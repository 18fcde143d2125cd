"""How much memory an export of many dossiers takes, and how fast it is; used by tests and by `anxin bench tickets`."""

import time
import tracemalloc
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, insert, select

from aftersales.archive.exporting import as_lines
from aftersales.archive.reading import Search
from aftersales.archive.store import entries, files, sections
from kernel.db import Database
from kernel.principal import PLATFORM, Principal

READER = Principal("agent", agent_id="bench", name="bench", role="admin", party=PLATFORM)
ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Export:
    dossiers: int
    characters: int
    seconds: float
    peak_bytes: int  # of Python's own memory


async def fill(db: Database, count: int) -> None:
    """Copies of the first dossier until there are `count`; they can be read, but make no chain."""
    async with db.read() as tx:
        entry = dict(await tx.one(select(entries).where(entries.c.seq == 1)) or {})
        index = dict(await tx.one(select(files).where(files.c.seq == 1)) or {})
        parts = [dict(row) for row in await tx.all(select(sections).where(sections.c.seq == 1))]
        last = await tx.scalar(select(func.max(entries.c.seq)))
    for start in range(last + 1, count + 1, ROWS_AT_ONCE):
        numbers = range(start, min(start + ROWS_AT_ONCE, count + 1))
        names = {n: {"seq": n, "ticket_id": f"BENCH{n}"} for n in numbers}
        async with db.write() as tx:
            await tx.execute(
                insert(entries), [entry | names[n] | {"prev_hash": f"{n:064d}"} for n in numbers]
            )
            ended = {n: {"completed_at": index["completed_at"] - timedelta(seconds=n // 3)} for n in numbers}
            await tx.execute(insert(files), [index | names[n] | ended[n] for n in numbers])
            for part in parts:
                await tx.execute(insert(sections), [part | {"seq": n} for n in numbers])


async def export_peak(db: Database) -> Export:
    """One whole export as JSON Lines, read and thrown away."""
    count = characters = 0
    started = time.perf_counter()
    tracemalloc.start()
    try:
        async for line in as_lines(db, READER, Search()):
            count += 1
            characters += len(line)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Export(count, characters, time.perf_counter() - started, peak)
