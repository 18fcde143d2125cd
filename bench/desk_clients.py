"""The two sides of `anxin bench desk`: consumers' pages and agents' consoles, as lean as a load generator has to be."""

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import websockets

SAYS = "照片发您了，麻烦帮我看一下，鞋底开胶了"


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
                    await socket.send(json.dumps({"type": "subscribe", "conversations": self.after}))
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
