"""`anxin bench desk`: a full desk on one machine, beside a bare WebSocket and Redis round trip in the same run.

Consumers hold a socket each, agents theirs with all their conversations followed. Messages leave at a fixed rate, half
from consumers and half from agents, whether or not earlier ones have arrived. In the middle the service is killed with
SIGKILL and started again; clients come back as the pages do: with the last `seq` they saw, sending again under its
first id whatever was not acknowledged. At the end every message is looked for in the database and on the other side.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import random
import resource
import secrets
import signal
import statistics
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import websockets
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, select

from bench.relay import bare
from bench.sides import free_port
from bench.turn import p99
from connectors.tokens import sign_conversation
from handoff.store import agents as agent_rows
from handoff.store import conversations, messages, sessions
from kernel.clock import utcnow
from kernel.db import Database
from kernel.ids import new_id
from service.migrate import upgrade_async
from service.processes import Child, redis_child, service_child
from service.settings import Settings

CONNECT_AT_ONCE = 50
COMES_BACK_WITHIN = 5.0  # seconds over which clients spread their coming back
MERCHANTS = 20
SAYS = "照片发您了，麻烦帮我看一下，鞋底开胶了"


@dataclass(frozen=True)
class Size:
    agents: int = 200
    consumers: int = 5000
    rate: float = 200.0  # messages a second
    seconds: float = 60.0  # of each half, before and after the kill


@dataclass
class Sent:
    """One message on its way; `to` is the side that has to see it."""

    key: str
    conversation: str
    to: str
    at: float
    phase: str
    acked: float | None = None
    seen: float | None = None


@dataclass
class Post:
    """All messages of the run by their key, and how often each side was shown each."""

    sent: dict[str, Sent] = field(default_factory=dict)
    shown: Counter[tuple[str, str]] = field(default_factory=Counter)
    phase: str = "before"

    def send(self, conversation: str, to: str) -> Sent:
        one = Sent(uuid.uuid4().hex, conversation, to, time.perf_counter(), self.phase)
        self.sent[one.key] = one
        return one

    def show(self, side: str, event: dict[str, Any]) -> None:
        if event.get("type") != "message":
            return
        message = event["message"]
        one = self.sent.get(message["client_msg_id"] or "")
        if one is None:
            return
        self.shown[one.key, side] += 1
        if side == one.to and one.seen is None:
            one.seen = time.perf_counter()


class Consumer:
    """A consumer's page: one socket that comes back, and an outbox."""

    def __init__(self, post: Post, url: str, conversation: str, token: str) -> None:
        self.post, self.conversation, self.token = post, conversation, token
        self.url = f"{url}/api/v1/conversations/{conversation}/socket"
        self.after = 0
        self.outbox: dict[str, str] = {}
        self.socket: Any = None
        self.up = asyncio.Event()

    async def run(self, spread: float) -> None:
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                protocols: Any = ["anxin.v1", self.token]
                async with websockets.connect(
                    f"{self.url}?after={self.after}",
                    subprotocols=protocols,
                    ping_interval=None,
                    open_timeout=60,
                    max_queue=8,
                    compression=None,
                ) as self.socket:
                    self.up.set()  # before, so that what is said meanwhile is not left in the outbox
                    for frame in list(self.outbox.values()):
                        await self.socket.send(frame)
                    async for raw in self.socket:
                        self._hear(json.loads(raw))
            self.up.clear()
            await asyncio.sleep(0.2 + random.random() * spread)

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ack":
            self.outbox.pop(frame["client_msg_id"], None)
            self.post.sent[frame["client_msg_id"]].acked = time.perf_counter()
            return
        seq = frame.get("seq")
        if seq is not None and frame["type"] in ("message", "owner_changed", "ticket_changed", "record"):
            self.after = max(self.after, seq)
            self.post.show("consumer", frame)

    async def say(self) -> None:
        one = self.post.send(self.conversation, "agent")
        frame = json.dumps({"type": "message", "client_msg_id": one.key, "text": SAYS}, ensure_ascii=False)
        self.outbox[one.key] = frame
        if self.up.is_set():
            with contextlib.suppress(websockets.WebSocketException, OSError):
                await self.socket.send(frame)


class Agent:
    """An agent's console: one socket that follows all his conversations, replies over HTTP, tried until they are kept."""

    def __init__(
        self, post: Post, base: str, token: str, mine: list[str], http: aiohttp.ClientSession
    ) -> None:
        self.post, self.base, self.token, self.mine, self.http = post, base, token, mine, http
        self.after = dict.fromkeys(mine, 0)
        self.up = asyncio.Event()

    async def run(self, spread: float) -> None:
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                protocols: Any = ["anxin.v1", self.token]
                async with websockets.connect(
                    f"{self.base.replace('http', 'ws')}/api/v1/desk/socket",
                    subprotocols=protocols,
                    open_timeout=60,
                    compression=None,
                    max_size=None,
                ) as socket:
                    for one in self.mine:
                        follow = {"type": "subscribe", "conversation_id": one, "after": self.after[one]}
                        await socket.send(json.dumps(follow))
                    self.up.set()
                    async for raw in socket:
                        self._hear(json.loads(raw))
            self.up.clear()
            await asyncio.sleep(0.2 + random.random() * spread)

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] != "event" or "seq" not in frame["event"] or frame["event"]["type"] == "read":
            return
        one = frame["conversation_id"]
        self.after[one] = max(self.after[one], frame["event"]["seq"])
        self.post.show("agent", frame["event"])

    async def say(self) -> None:
        one = self.post.send(random.choice(self.mine), "consumer")
        body = {"client_msg_id": one.key, "text": "好的，我看一下，马上回复您", "epoch": 3}
        path = f"{self.base}/api/v1/desk/conversations/{one.conversation}/messages"
        headers = {"Authorization": f"Bearer {self.token}"}
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with self.http.post(path, json=body, headers=headers) as answer:
                    if answer.status == 200:
                        one.acked = time.perf_counter()
                        return
                    if answer.status < 500:
                        raise RuntimeError(f"a reply was refused: {await answer.text()}")
            await asyncio.sleep(0.5)


async def furnish(
    db: Database, size: Size, secret: str
) -> tuple[list[tuple[str, str]], list[tuple[str, list[str]]]]:
    """Writes agents with sessions and their open conversations; returns consumers (id, token), agents (token, ids)."""
    now = utcnow()
    people, opened, rows = [], [], []
    for number in range(size.agents):
        party = f"m_{number % MERCHANTS}"
        agent_id, token = new_id("a"), secrets.token_urlsafe(32)
        people.append((agent_id, token, party))
        opened.append(
            {
                "id": agent_id,
                "username": f"bench{number}",
                "name": f"坐席{number}",
                "password_hash": "!",
                "role": "merchant_agent",
                "party": party,
                "party_name": f"店铺{party}",
                "active": True,
                "capacity": 100,
            }
        )
    tokens = [
        {
            "token_hash": hashlib.sha256(token.encode()).hexdigest(),
            "agent_id": agent_id,
            "csrf": secrets.token_urlsafe(24),
            "expires_at": now + timedelta(hours=12),
        }
        for agent_id, token, _ in people
    ]
    mine: dict[str, list[str]] = {token: [] for _, token, _ in people}
    consumers = []
    for number in range(size.consumers):
        agent_id, token, party = people[number % size.agents]
        one = new_id("c")
        mine[token].append(one)
        consumers.append((one, sign_conversation(secret, one, f"u_{number}", "小满", now)))
        rows.append(
            {
                "id": one,
                "consumer_id": f"u_{number}",
                "consumer_name": "小满",
                "channel": "app",
                "owner": "agent",
                "epoch": 3,
                "agent_id": agent_id,
                "party": party,
                "opened_at": now,
                "updated_at": now,
            }
        )
    async with db.write() as tx:
        await tx.execute(insert(agent_rows), opened)
        await tx.execute(insert(sessions), tokens)
        await tx.execute(insert(conversations), rows)
    return consumers, [(token, ids) for token, ids in mine.items() if ids]


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
        people, staff = await furnish(db, size, chosen.secret)
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
        await load(size, consumers, desk, size.seconds, work)
        first_sent = len(post.sent)
        sending = time.perf_counter() - began
        lag = await settled(post, 30)
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
        "kept": kept,
    }


def _pid(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


async def durable(db: Database) -> Counter[str]:
    """How often each message stands in the record."""
    query = select(messages.c.client_msg_id).where(messages.c.client_msg_id.is_not(None))
    async with db.read() as tx:
        return Counter(row["client_msg_id"] for row in await tx.all(query))


def show(console: Console, found: dict[str, Any], size: Size, kind: str) -> bool:
    """Prints the tables; True when nothing was lost or doubled."""
    post: Post = found["post"]
    title = f"{size.agents} agents, {size.consumers:,} sockets, {size.rate:.0f}/s, {kind}: delivery, ms"
    table = Table("", "messages", "p50", "p99", "p50 / bare p50", "p99 / bare p99", title=title)
    idle = found["bare"]["idle"]
    table.add_row("bare socket + Redis, idle", f"{len(idle):,}", *_figures(idle), "", "")
    for phase in ("before", "after"):
        plain = found["bare"][phase]
        table.add_row(f"bare, {phase} the kill, same load", f"{len(plain):,}", *_figures(plain), "", "")
        for to, name in (("agent", "consumer to agent"), ("consumer", "agent to consumer")):
            times = [
                (one.seen - one.at) * 1000
                for one in post.sent.values()
                if one.to == to and one.phase == phase and one.seen
            ]
            ratios = (
                f"{statistics.median(times) / statistics.median(plain):.1f}x",
                f"{p99(times) / p99(plain):.1f}x",
            )
            table.add_row(f"{name}, {phase}", f"{len(times):,}", *_figures(times), *ratios)
    console.print(table)
    kept: Counter[str] = found["kept"]
    lost = [one for one in post.sent if kept[one] == 0]
    doubled = [one for one in post.sent if kept[one] > 1]
    unseen = [one for one in post.sent.values() if not one.seen]
    twice = [key for key, count in post.shown.items() if count > 1]
    facts = Table("what", "figure", title="the whole run")
    facts.add_row("sent", f"{len(post.sent):,}")
    facts.add_row("sustained", f"{found['rate']:.0f} a second")
    facts.add_row(
        "caught up after the load, before / after", " / ".join(f"{one:.1f} s" for one in found["lags"])
    )
    facts.add_row("memory of the service an idle socket", f"{found['kilobytes']:.0f} KB")
    facts.add_row("killed: answers again / everybody back", f"{found['ready']:.1f} s / {found['back']:.1f} s")
    facts.add_row("lost (not in the record)", f"{len(lost):,}")
    facts.add_row("doubled (in the record)", f"{len(doubled):,}")
    facts.add_row("not seen by the other side", f"{len(unseen):,}")
    facts.add_row("shown twice to somebody", f"{len(twice):,}")
    console.print(facts)
    return not (lost or doubled or unseen or twice)


def _figures(times: list[float]) -> tuple[str, str]:
    return f"{statistics.median(times):.2f}", f"{p99(times):.2f}"


def main(settings: Settings, console: Console, size: Size, kind: str) -> bool:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="anxin-desk-") as folder:
        found = asyncio.run(measure(settings, size, kind, Path(folder), console))
    return show(console, found, size, kind)
