"""The event stream: what was committed reaches every open socket, over the Redis protocol.

The stream only carries news; the truth is in the database. A listener that was cut off gets RESYNC and reads
what it missed by `seq`, so a lost or restarted Redis loses nothing and repeats nothing.
"""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

log = structlog.get_logger()

News = tuple[str, dict[str, Any]]  # a channel and what is said on it
RESYNC: dict[str, Any] = {"type": "resync"}
NEWS = "anxin:news"  # the one channel of Redis
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
    """One publisher and one subscription a process, whatever the number of sockets.

    All news go over one channel of Redis, which every process hears: sockets come and go without a word to Redis.
    Listeners of the same process hear at once; what comes back of its own a process passes over.
    """

    def __init__(self, url: str) -> None:
        self.redis: redis.Redis = redis.Redis.from_url(url, health_check_interval=15)
        self._listeners: dict[str, set[asyncio.Queue[dict[str, Any]]]] = {}
        self._pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
        self._origin = uuid.uuid4().hex.encode() + b" "
        self._reader: asyncio.Task[None] | None = None
        # Outbox ids of what other processes were sent: removed with one delete a second, not one a message …
        self.sent: list[int] = []
        # … and of what they are still to be sent, but was heard here.
        self._heard: set[int] = set()
        self._outgoing: list[tuple[Sequence[News], int]] = []
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

    def publish_soon(self, items: Sequence[News], left: int) -> None:
        """Hands out (channel, payload) pairs in the order given, and sends them to other processes in their turn.

        `left` is their row in the outbox, which goes to `sent` when that is done; told again of one that was heard
        here already, it is only sent.
        """
        if left not in self._heard:
            self._heard.add(left)
            for channel, payload in items:
                self._hand_out(channel, payload)
        self._outgoing.append((items, left))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_outgoing(), name="event-stream-sender")

    async def _send_outgoing(self) -> None:
        while self._outgoing:
            batch, self._outgoing = self._outgoing, []
            if await self._send([item for items, _ in batch for item in items]):
                done = [left for _, left in batch]
                self.sent.extend(done)
                self._heard.difference_update(done)

    async def _send(self, items: Sequence[News]) -> bool:
        try:
            await self.redis.publish(NEWS, self._origin + json.dumps(items, ensure_ascii=False).encode())
        except (RedisError, OSError) as error:
            log.warning("stream.publish_failed", error=type(error).__name__)
            return False
        return True

    async def publish(self, items: Sequence[News]) -> bool:
        """Hands out (channel, payload) pairs in order and sends them; False when Redis is away."""
        for channel, payload in items:
            self._hand_out(channel, payload)
        return await self._send(items)

    @contextmanager
    def listen(self, *channels: str) -> Iterator["Listener"]:
        """A listener for these channels; more can be followed and left while it is open."""
        listener = Listener(self)
        try:
            for channel in channels:
                listener.follow(channel)
            yield listener
        finally:
            for channel in list(listener.channels):
                listener.leave(channel)

    def _follow(self, channel: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        self._listeners.setdefault(channel, set()).add(queue)

    def _leave(self, channel: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        queues = self._listeners.get(channel, set())
        queues.discard(queue)
        if not queues:
            self._listeners.pop(channel, None)

    async def _read_forever(self) -> None:
        while True:
            try:
                await self._pubsub.subscribe(NEWS)
                self._resync_all()  # what was said before the subscription was not heard
                while True:
                    message = await self._pubsub.get_message(timeout=5.0)
                    if message and message["type"] == "message":
                        self._take_in(message["data"])
            except (RedisError, OSError) as error:
                log.warning("stream.lost", error=type(error).__name__)
                self._resync_all()
                await asyncio.sleep(0.5)

    def _take_in(self, sent: bytes) -> None:
        if not sent.startswith(self._origin):
            for channel, payload in json.loads(sent.split(b" ", 1)[1]):
                self._hand_out(channel, payload)

    def _hand_out(self, channel: str, payload: dict[str, Any]) -> None:
        queues = self._listeners.get(channel)
        if not queues:
            return
        if channel.startswith(_CONVERSATION):
            payload = payload | {"conversation_id": channel.removeprefix(_CONVERSATION)}
        for queue in queues:
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

    def follow(self, channel: str) -> None:
        if channel not in self.channels:
            self.channels.add(channel)
            self._stream._follow(channel, self._queue)

    def leave(self, channel: str) -> None:
        if channel in self.channels:
            self.channels.discard(channel)
            self._stream._leave(channel, self._queue)

    async def next(self, within: float | None = None) -> dict[str, Any] | None:
        """The next payload, or None after `within` seconds."""
        if within is None:
            return await self._queue.get()
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
