"""`anxin bench desk`: a full desk on one machine, beside a bare WebSocket and Redis round trip in the same run.

Consumers hold a socket each, agents theirs with all their conversations followed. Messages leave at a fixed rate, half
from consumers and half from agents, whether or not earlier ones have arrived. In the middle the service is killed with
SIGKILL and started again; clients come back as the pages do: with the last `seq` they saw, sending again under its
first id whatever was not acknowledged. At the end every message is looked for in the database and on the other side.
"""

import asyncio
import gc
import json
import os
import random
import resource
import signal
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import websockets
from rich.console import Console
from sqlalchemy import select

from bench.desk_clients import SAYS, Agent, Consumer, Post
from bench.desk_furnishing import furnish
from bench.desk_report import show
from bench.relay import bare
from bench.sides import free_port
from handoff.store import messages
from kernel.db import Database
from service.migrate import upgrade_async
from service.processes import Child, redis_child, service_child
from service.settings import Settings

CONNECT_AT_ONCE = 50
COMES_BACK_WITHIN = 5.0  # seconds over which clients spread their coming back


@dataclass(frozen=True)
class Size:
    agents: int = 200
    consumers: int = 5000
    rate: float = 200.0  # messages a second
    seconds: float = 60.0  # of each half, before and after the kill


def memory(pid: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


class Pulse:
    """The bare side, all through the run: one frame through a bare socket and Redis every 50 ms."""

    def __init__(self, url: str) -> None:
        self.url, self.times = url, dict[str, list[float]]()
        self.phase = "idle"

    async def run(self) -> None:
        async with (
            websockets.connect(f"{self.url}/listen") as ear,
            websockets.connect(f"{self.url}/speak") as mouth,
        ):
            await asyncio.sleep(0.2)
            while True:
                began, phase = time.perf_counter(), self.phase
                await mouth.send(json.dumps({"text": SAYS, "id": uuid.uuid4().hex}))
                await ear.recv()
                self.times.setdefault(phase, []).append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(0.05)


async def load(
    size: Size, consumers: list[Consumer], desk: list[Agent], seconds: float, tasks: set[Any]
) -> None:
    """Messages at the fixed rate for so long, half by each side."""
    begin = time.perf_counter()
    for number in range(int(size.rate * seconds)):
        late = begin + number / size.rate - time.perf_counter()
        if late > 0:
            await asyncio.sleep(late)
        speaker: Any = random.choice(consumers if number % 2 else desk)
        task = asyncio.create_task(speaker.say())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.sleep(0)  # the last one is on its way too before anybody asks whether all have arrived


async def connect(everybody: list[Any], spread: float, tell: Any) -> list[asyncio.Task[None]]:
    """Opens all sockets, some at a time, and waits until every one is up."""
    tasks = []
    for place in range(0, len(everybody), CONNECT_AT_ONCE):
        part = everybody[place : place + CONNECT_AT_ONCE]
        tasks += [asyncio.create_task(one.run(spread)) for one in part]
        await asyncio.gather(*(one.up.wait() for one in part))
        tell(f"  {place + len(part):,} of {len(everybody):,} sockets open")
    return tasks


async def settled(post: Post, seconds: float) -> float:
    """Until every message was acknowledged and seen, at most so long; returns how long it took."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        if all(one.acked and one.seen for one in post.sent.values()):
            break
        await asyncio.sleep(0.2)
    return time.perf_counter() - begin


@asynccontextmanager
async def database(folder: Path, kind: str) -> AsyncIterator[str]:
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / 'anxin.db'}"
        return
    from bench.tickets import databases

    async with databases(folder) as found:
        yield found["PostgreSQL"]


async def measure(
    settings: Settings, size: Size, kind: str, folder: Path, console: Console
) -> dict[str, Any]:
    gc.disable()  # with so many sockets its own pauses would count as the service's
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    tell = console.print
    port = free_port()
    async with database(folder, kind) as url:
        update = {
            "var": folder,
            "port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "database_url": url,
            "redis_url": f"unix://{folder / 'redis.sock'}",
            "rate_factor": 100_000,
            "demo": False,
            "require_course": False,
        }
        chosen = settings.model_copy(update=update)
        await upgrade_async(chosen.database)
        db = Database(chosen.database)
        people, staff = await furnish(db, size.agents, size.consumers, chosen.secret)
        redis, service = redis_child(chosen), service_child(chosen)
        for child in (redis, service):
            await child.start(folder / "logs")
            await child.wait_until_ready(folder / "logs")
        try:
            async with bare(chosen.redis) as bare_url:
                return await _run(chosen, size, db, people, staff, service, bare_url, folder, tell)
        finally:
            await service.stop()
            await redis.stop()
            await db.close()


async def _run(
    settings: Settings,
    size: Size,
    db: Database,
    people: list[tuple[str, str]],
    staff: list[tuple[str, list[str]]],
    service: Child,
    bare_url: str,
    folder: Path,
    tell: Any,
) -> dict[str, Any]:
    post, pulse = Post(), Pulse(bare_url)
    base = settings.public_url
    ws = base.replace("http", "ws")
    beating = asyncio.create_task(pulse.run())
    empty = memory(_pid(service))
    consumers = [Consumer(post, ws, one, token) for one, token in people]
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=64)) as http:
        desk = [Agent(post, base, token, ids, http) for token, ids in staff]
        tell(f"[bold]{len(consumers):,} consumers' sockets[/bold]")
        running = await connect(consumers, COMES_BACK_WITHIN, tell)
        await asyncio.sleep(3)
        full = memory(_pid(service))
        tell(f"  {full - empty:.0f} MB more for {len(consumers):,} idle sockets")
        tell(f"[bold]{len(desk)} agents' sockets[/bold]")
        running += await connect(desk, COMES_BACK_WITHIN, tell)
        await asyncio.sleep(3)
        work: set[Any] = set()
        tell(f"[bold]{size.rate:.0f} messages a second for {size.seconds:.0f} s[/bold]")
        pulse.phase = "before"
        began = time.perf_counter()
        worked, drove = processor(_pid(service)), processor(os.getpid())
        await load(size, consumers, desk, size.seconds, work)
        first_sent = len(post.sent)
        sending = time.perf_counter() - began
        lag = await settled(post, 30)
        work_each = (processor(_pid(service)) - worked) / first_sent
        drive_each = (processor(os.getpid()) - drove) / first_sent
        tell(f"  {first_sent:,} sent in {sending:.1f} s; the last was seen {lag:.1f} s later")
        tell("[bold]SIGKILL under load[/bold]")
        post.phase = pulse.phase = "killed"
        killing = asyncio.create_task(load(size, consumers, desk, min(10.0, size.seconds), work))
        await asyncio.sleep(1)
        os.kill(_pid(service), signal.SIGKILL)
        killed = time.perf_counter()
        assert service.process is not None
        await service.process.wait()
        await service.start(folder / "logs")
        await service.wait_until_ready(folder / "logs")
        ready = time.perf_counter() - killed
        await killing
        everybody: list[Any] = [*consumers, *desk]
        await asyncio.gather(*(one.up.wait() for one in everybody))
        back = time.perf_counter() - killed
        await settled(post, 120)
        tell(f"  answers again after {ready:.1f} s, everybody is back after {back:.1f} s")
        tell(f"[bold]{size.rate:.0f} messages a second again[/bold]")
        post.phase = pulse.phase = "after"
        await load(size, consumers, desk, size.seconds, work)
        lag_after = await settled(post, 60)
        await asyncio.wait(work, timeout=30) if work else None
        for task in [*running, beating]:
            task.cancel()
        await asyncio.gather(*running, beating, return_exceptions=True)
    kept = await durable(db)
    return {
        "post": post,
        "bare": pulse.times,
        "kilobytes": (full - empty) * 1024 / len(consumers),
        "rate": first_sent / sending,
        "ready": ready,
        "back": back,
        "lags": (lag, lag_after),
        "processor": (work_each, drive_each),
        "kept": kept,
    }


def processor(pid: int) -> float:
    """Processor time of a process so far, in ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000


def _pid(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


async def durable(db: Database) -> Counter[str]:
    """How often each message stands in the record."""
    query = select(messages.c.client_msg_id).where(messages.c.client_msg_id.is_not(None))
    async with db.read() as tx:
        return Counter(row["client_msg_id"] for row in await tx.all(query))


def main(settings: Settings, console: Console, size: Size, kind: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="anxin-desk-") as folder:
        found = asyncio.run(measure(settings, size, kind, Path(folder), console))
    title = f"{size.agents} agents, {size.consumers:,} sockets, {size.rate:.0f}/s, {kind}"
    return show(console, found, title)
