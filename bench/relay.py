"""`anxin bench relay`: consumer to agent and back through the product, beside a bare WebSocket and Redis round trip.

The bare side receives a frame on one WebSocket, publishes it through Redis and sends it out on another: no token, no
database, no order, no fence. Ours keeps every message durable (SQLite, synchronous=FULL) before it is shown.
"""

import asyncio
import contextlib
import json
import statistics
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import redis.asyncio as redis
import websockets
from rich.console import Console
from rich.table import Table

from bench.sides import free_port, running
from bench.turn import p99
from service import demo
from service.migrate import upgrade_async
from service.processes import redis_child, service_child
from service.settings import Settings
from service.wiring import build

MESSAGES, WARM_UP = 300, 20


@asynccontextmanager
async def bare(redis_url: str) -> AsyncIterator[str]:
    """A WebSocket server that relays through Redis and does nothing else."""
    client = redis.Redis.from_url(redis_url, decode_responses=True)
    listeners: set[Any] = set()

    async def hear() -> None:
        async with client.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe("bench")
            async for message in channel.listen():
                for listener in list(listeners):
                    await listener.send(message["data"])

    async def serve(socket: Any) -> None:
        if socket.request.path == "/listen":
            listeners.add(socket)
            await socket.wait_closed()
            listeners.discard(socket)
            return
        async for frame in socket:
            await client.publish("bench", frame)

    port = free_port()
    task = asyncio.create_task(hear())
    async with websockets.serve(serve, "127.0.0.1", port):
        await asyncio.sleep(0.2)
        yield f"ws://127.0.0.1:{port}"
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await client.aclose()


async def time_bare(url: str) -> list[float]:
    times = []
    async with websockets.connect(f"{url}/listen") as ear, websockets.connect(f"{url}/speak") as mouth:
        await asyncio.sleep(0.1)
        for _ in range(MESSAGES + WARM_UP):
            began = time.perf_counter()
            await mouth.send(json.dumps({"text": "照片发您了，麻烦看一下", "id": uuid.uuid4().hex}))
            await ear.recv()
            times.append((time.perf_counter() - began) * 1000)
    return times[WARM_UP:]


async def time_ours(settings: Settings, seeded: dict[str, Any]) -> tuple[list[float], list[float]]:
    """(consumer to agent, agent to consumer)."""
    base = settings.public_url
    person = next(one for one in seeded["staff"] if one["role"] == "platform_agent")
    async with httpx.AsyncClient(base_url=base) as http:
        opened = (
            await http.post("/api/v1/conversations", json={"token": seeded["consumers"][0]["token"]})
        ).json()
        conversation, token = opened["conversation_id"], opened["conversation_token"]
        await http.post(
            f"/api/v1/conversations/{conversation}/human", headers={"Authorization": f"Bearer {token}"}
        )
        body = {"username": person["username"], "password": person["password"]}
        agent = (await http.post("/api/v1/desk/login", json=body)).json()["token"]
        http.cookies.clear()
        desk = {"Authorization": f"Bearer {agent}"}
        taken = await http.post(f"/api/v1/desk/conversations/{conversation}/accept", headers=desk)
        epoch, after = taken.json()["conversation"]["epoch"], taken.json()["conversation"]["last_seq"]
        ws = base.replace("http", "ws")
        ours_: Any = ["anxin.v1", token]
        theirs: Any = ["anxin.v1", agent]
        async with (
            websockets.connect(
                f"{ws}/api/v1/conversations/{conversation}/socket?after={after}", subprotocols=ours_
            ) as consumer,
            websockets.connect(f"{ws}/api/v1/desk/socket", subprotocols=theirs) as console,
        ):
            await console.send(
                json.dumps({"type": "subscribe", "conversation_id": conversation, "after": after})
            )
            await asyncio.sleep(0.3)
            to_agent, to_consumer = [], []
            for _ in range(MESSAGES + WARM_UP):
                key = uuid.uuid4().hex
                began = time.perf_counter()
                await consumer.send(
                    json.dumps({"type": "message", "client_msg_id": key, "text": "照片发您了"})
                )
                await _until(console, key)
                to_agent.append((time.perf_counter() - began) * 1000)
                key = uuid.uuid4().hex
                began = time.perf_counter()
                reply = {"client_msg_id": key, "text": "好的，我看一下", "epoch": epoch}
                sending = asyncio.create_task(
                    http.post(f"/api/v1/desk/conversations/{conversation}/messages", json=reply, headers=desk)
                )
                await _until(consumer, key)
                to_consumer.append((time.perf_counter() - began) * 1000)
                await sending
    return to_agent[WARM_UP:], to_consumer[WARM_UP:]


async def _until(socket: Any, key: str) -> None:
    async with asyncio.timeout(10):
        while True:
            frame = json.loads(await socket.recv())
            event = frame.get("event", frame)
            if event.get("type") == "message" and event["message"]["client_msg_id"] == key:
                return


async def measure(settings: Settings, folder: Any) -> dict[str, list[float]]:
    port = free_port()
    update = {
        "var": folder,
        "port": port,
        "public_url": f"http://127.0.0.1:{port}",
        "database_url": f"sqlite+aiosqlite:///{folder / 'anxin.db'}",
        "redis_url": f"unix://{folder / 'redis.sock'}",
        "demo": True,
        "rate_factor": 10_000,
    }
    chosen = settings.model_copy(update=update)
    await upgrade_async(chosen.database)
    async with running([redis_child(chosen), service_child(chosen)], folder / "logs"):
        services = build(chosen)
        seeded = await demo.seed(services, chosen.public_url)
        await services.close()
        async with bare(chosen.redis) as url:
            plain = await time_bare(url)
        to_agent, to_consumer = await time_ours(chosen, seeded)
    return {"bare": plain, "consumer to agent": to_agent, "agent to consumer": to_consumer}


def main(settings: Settings, console: Console) -> None:
    """Runs both once and prints the table."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="anxin-relay-") as folder:
        found = asyncio.run(measure(settings, Path(folder)))
    table = Table("", "median ms", "p99 ms", "times the bare one", title="delivery of one message")
    base = statistics.median(found["bare"])
    for name, times in found.items():
        median = statistics.median(times)
        table.add_row(name, f"{median:.2f}", f"{p99(times):.2f}", f"{median / base:.1f}")
    console.print(table)
