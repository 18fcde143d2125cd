"""The event stream: what was committed reaches every open socket, over the Redis protocol.

The stream only carries news; the truth is in the database. A listener that was cut off gets RESYNC and reads
what it missed by `seq`, so a lost or restarted Redis loses nothing and repeats nothing.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

log = structlog.get_logger()

RESYNC: dict[str, Any] = {"type": "resync"}
DESK = "anxin:desk"  # what agents have to hear: notes, promises
CHANGES = "anxin:changes"  # any conversation changed: for those who look at all of them
QUEUE = "anxin:queue"  # somebody joined or left the queue of a party
ROUTING = "anxin:routing"  # room at the desk: an agent came, has a conversation less, or may take more
_CONVERSATION = "anxin:c:"
_AGENT = "anxin:a:"
_QUEUE_SIZE = 1000


def conversation_channel(conversation_id: str) -> str:
    return _CONVERSATION + conversation_id


def agent_channel(agent_id: str) -> str:
    """What concerns one agent alone: his conversations, his offers, his presence."""
    return _AGENT + agent_id


class EventStream:
    """One publisher and one subscription connection a process, whatever the number of sockets."""

    def __init__(self, url: str) -> None:
        self.redis: redis.Redis = redis.Redis.from_url(url, decode_responses=True, health_check_interval=15)
        self._listeners: dict[str, set[asyncio.Queue[dict[str, Any]]]] = {}
        self._pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
        self._online = False  # the subscription's connection is open
        self._reader: asyncio.Task[None] | None = None
        # Outbox ids published by this process: removed with one delete a second, not one a message.
        self.sent: list[int] = []
        self._outgoing: list[tuple[list[tuple[str, dict[str, Any]]], list[int]]] = []
        self._sender: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to listen; a Redis that is not there yet is waited for."""
        self._reader = asyncio.create_task(self._read_forever(), name="event-stream")

    async def close(self) -> None:
        if self._sender:
            await asyncio.wait([self._sender], timeout=2)
            self._sender.cancel()
        if self._reader:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        with contextlib.suppress(RedisError, OSError):
            await self._pubsub.aclose()
            await self.redis.aclose()

    def publish_soon(self, items: list[tuple[str, dict[str, Any]]], ids: list[int]) -> None:
        """Sends items in the order given, several calls in one round trip; the outbox `ids` of those sent go to `sent`.

        Listeners of this process hear at once what has a `seq`; by it they pass over its coming back from Redis.
        """
        for channel, payload in items:
            if "seq" in payload:
                self._hand_out(channel, dict(payload))
        self._outgoing.append((items, ids))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_outgoing(), name="event-stream-sender")

    async def _send_outgoing(self) -> None:
        while self._outgoing:
            batch, self._outgoing = self._outgoing, []
            if await self.publish([item for items, _ in batch for item in items]):
                self.sent.extend(number for _, ids in batch for number in ids)

    async def publish(self, items: list[tuple[str, dict[str, Any]]]) -> bool:
        """Sends (channel, payload) pairs in order, in one round trip; False when Redis is away."""
        try:
            pipe = self.redis.pipeline(transaction=False)
            for channel, payload in items:
                pipe.publish(channel, json.dumps(payload, ensure_ascii=False))
            await pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("stream.publish_failed", error=type(error).__name__)
            return False
        return True

    @asynccontextmanager
    async def listen(self, *channels: str) -> AsyncIterator["Listener"]:
        """A listener for these channels; more can be followed and left while it is open."""
        listener = Listener(self)
        try:
            for channel in channels:
                await listener.follow(channel)
            yield listener
        finally:
            for channel in list(listener.channels):
                await listener.leave(channel)

    async def _follow(self, channel: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        queues = self._listeners.setdefault(channel, set())
        queues.add(queue)
        if len(queues) == 1 and self._online:
            with contextlib.suppress(RedisError, OSError):  # the reader subscribes again when Redis is back
                await self._pubsub.subscribe(channel)

    async def _leave(self, channel: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        queues = self._listeners.get(channel, set())
        queues.discard(queue)
        if not queues:
            self._listeners.pop(channel, None)
        if not queues and self._online:
            with contextlib.suppress(RedisError, OSError):
                await self._pubsub.unsubscribe(channel)

    async def _read_forever(self) -> None:
        while True:
            try:
                # Opens the connection, alone: of two calls at once each would open one, and one would be lost.
                await self._pubsub.subscribe(DESK + ":heartbeat")
                self._online = True
                if self._listeners:
                    await self._pubsub.subscribe(*self._listeners)
                self._resync_all()
                while True:
                    message = await self._pubsub.get_message(timeout=5.0)
                    if message and message["type"] == "message":
                        self._hand_out(message["channel"], json.loads(message["data"]))
            except (RedisError, OSError) as error:
                self._online = False
                log.warning("stream.lost", error=type(error).__name__)
                self._resync_all()
                await asyncio.sleep(0.5)

    def _hand_out(self, channel: str, payload: dict[str, Any]) -> None:
        if channel.startswith(_CONVERSATION):
            payload["conversation_id"] = channel.removeprefix(_CONVERSATION)
        for queue in self._listeners.get(channel, ()):
            _put(queue, payload)

    def _resync_all(self) -> None:
        for queues in self._listeners.values():
            for queue in queues:
                _put(queue, RESYNC)


class Listener:
    """What one socket or long poll hears."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_QUEUE_SIZE)
        self.channels: set[str] = set()

    async def follow(self, channel: str) -> None:
        if channel not in self.channels:
            self.channels.add(channel)
            await self._stream._follow(channel, self._queue)

    async def leave(self, channel: str) -> None:
        if channel in self.channels:
            self.channels.discard(channel)
            await self._stream._leave(channel, self._queue)

    async def next(self, within: float | None = None) -> dict[str, Any] | None:
        """The next payload, or None after `within` seconds."""
        try:
            return await asyncio.wait_for(self._queue.get(), within)
        except TimeoutError:
            return None


def _put(queue: asyncio.Queue[dict[str, Any]], payload: dict[str, Any]) -> None:
    if queue.full():  # a slow reader: drop the news, keep the order, and let it read the database
        while not queue.empty():
            queue.get_nowait()
        payload = RESYNC
    queue.put_nowait(payload)
