"""The desk's socket: the queue, conversations as they change, and the events of those an agent follows."""

import asyncio
import contextlib
import json
from typing import Any

from sanic import Blueprint, Request, Websocket
from sanic.exceptions import WebsocketClosed

from handoff import board, desk, presence, queue, routing
from handoff.api.desk import agent
from handoff.feed import Feed
from handoff.notes import concerns
from handoff.staff import myself
from handoff.stream import CHANGES, DESK, QUEUE, Listener, agent_channel, conversation_channel
from kernel.clock import utcnow
from kernel.errors import DomainError, not_found
from kernel.times import wire_time

blueprint = Blueprint("desk_socket", url_prefix="/api/v1/desk")
SETTLE_SECONDS = 0.05  # changes within this time are shown as one
BOARD_SECONDS = 3.0
MOST_AT_ONCE = 500  # conversations in one frame
PING_SECONDS, PONG_SECONDS = 5.0, 10.0  # a closed laptop sends no goodbye


class DeskSocket:
    """One agent's open page."""

    def __init__(self, services: Any, ws: Websocket, request: Request) -> None:
        self.services, self.ws, self.who = services, ws, agent(request)
        self.session = request.ctx.session
        self.watching: set[str] = set()
        self.feeds: dict[str, Feed] = {}
        self.changed: set[str] = set()
        self.queue_changed = False
        self.wake = asyncio.Event()

    async def run(self) -> None:
        services, who = self.services, self.who
        with services.stream.listen(DESK, QUEUE, agent_channel(who.agent_id)) as listener:
            state = await presence.arrive(services.db, services.stream, who.agent_id, utcnow())
            services.heartbeat.answered(who.agent_id)
            me = await myself(services.db, self.session, utcnow())
            await self.send({"type": "hello", "agent": me | {"presence": state}})
            await self.send({"type": "queue", "waiting": await services.lists.waiting(who)})
            await self._show_offers()
            tasks = [
                asyncio.create_task(self._hear(listener)),
                asyncio.create_task(self._show_changes()),
                asyncio.create_task(self._read(listener)),
                asyncio.create_task(self._stay_alive()),
                asyncio.create_task(self._show_board()),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                for result in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(result, Exception) and not isinstance(result, WebsocketClosed):
                        raise result

    async def _stay_alive(self) -> None:
        """Asks the page whether it is there; one that does not answer is no agent at work."""
        while True:
            pong = await self.ws.ping()
            try:
                await asyncio.wait_for(pong, PONG_SECONDS)
            except TimeoutError:
                self.ws.fail_connection(1011)
                return
            self.services.heartbeat.answered(self.who.agent_id)
            await asyncio.sleep(PING_SECONDS)

    async def _show_board(self) -> None:
        """Every few seconds while a supervisor looks at it."""
        while True:
            if "board" in self.watching and self.who.supervises:
                shown = await board.show(self.services.db, self.who, utcnow())
                await self.send({"type": "board", "board": shown})
            await asyncio.sleep(BOARD_SECONDS)

    async def _show_offers(self) -> None:
        """What is offered to this agent already, for a page opened again."""
        async with self.services.db.read() as tx:
            offered = await routing.offers_to(tx, self.who.agent_id)
        for row in offered:
            await self._show_offer(row["id"], wire_time(row["offer_expires_at"]))

    async def _show_offer(self, conversation_id: str, expires_at: str) -> None:
        summary = await self.services.lists.summary(conversation_id)
        if summary and summary["owner"] == "queued":
            await self.send({"type": "offer", "conversation": summary, "expires_at": expires_at})

    async def send(self, frame: dict[str, Any]) -> None:
        await self.ws.send(json.dumps(self.services.files.sign(frame), ensure_ascii=False))

    async def _hear(self, listener: Listener) -> None:
        while True:
            news = await listener.next()
            assert news is not None
            if news["type"] == "conversation":
                if self.who.may_see(news["party"]):
                    self.changed.add(news["id"])
            elif news["type"] == "offer":
                await self._show_offer(news["conversation_id"], news["expires_at"])
                continue
            elif news["type"] in ("offer_gone", "presence"):
                await self.send(news)
                continue
            elif news["type"] == "queue":
                self.queue_changed = True
            elif news["type"] in ("note", "promise", "callback"):
                if concerns(news, self.who):
                    await self.send({key: value for key, value in news.items() if key not in ("party", "to")})
            elif news["type"] == "resync":
                self.queue_changed = True
                for conversation_id, feed in list(self.feeds.items()):
                    await self._show(conversation_id, await feed.catch_up())
                await self._show_offers()
            else:
                await self._show_news(news)
            self.wake.set()

    async def _show_news(self, news: dict[str, Any]) -> None:
        conversation_id = news["conversation_id"]
        feed = self.feeds.get(conversation_id)
        if feed and not (news["type"] == "typing" and news["sender"] == "agent"):
            await self._show(conversation_id, await feed.take(news))
            if "seq" in news and news["type"] != "read":
                self.changed.add(conversation_id)

    async def _show(self, conversation_id: str, events: list[dict[str, Any]]) -> None:
        for event in events:
            await self.send({"type": "event", "conversation_id": conversation_id, "event": event})

    async def _show_changes(self) -> None:
        while True:
            await self.wake.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self.wake.clear()
            changed, self.changed = self.changed, set()
            queue_changed, self.queue_changed = self.queue_changed, False
            for summary in await asyncio.gather(*(self.services.lists.summary(one) for one in changed)):
                if summary:
                    await self.send({"type": "conversation", "conversation": summary})
            if queue_changed:
                await self.send({"type": "queue", "waiting": await self.services.lists.waiting(self.who)})

    async def _read(self, listener: Listener) -> None:
        async for raw in self.ws:
            self.services.heartbeat.answered(self.who.agent_id)
            try:
                frame = json.loads(raw)
                await self._obey(listener, frame)
            except (ValueError, KeyError, TypeError, AttributeError):
                await self.send(
                    {"type": "error", "error": {"code": "bad_frame", "message": "看不懂这条指令"}}
                )
            except DomainError as error:
                await self.send({"type": "error"} | error.to_json())

    async def _subscribe(self, listener: Listener, after: dict[str, int]) -> list[str]:
        """Follows these conversations from the `seq` he has; a page that is back has many. Returns those he may see."""
        async with self.services.db.read() as tx:
            found = await queue.these(tx, list(after))
        seen = [row["id"] for row in found if self.who.may_see(row["party"])]
        for one in seen:
            self.feeds[one] = Feed(self.services.db, one, after[one])
            listener.follow(conversation_channel(one))
        # what came before it was followed is not heard, so only a look from here on misses nothing
        async with self.services.db.read() as tx:
            newest = await queue.newest(tx, seen)
        for one, last in newest.items():
            if last > after[one]:
                await self._show(one, await self.feeds[one].catch_up())
        return seen

    async def _obey(self, listener: Listener, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind == "ping":
            return await self.send({"type": "pong"})
        if kind == "watch":
            self.watching.add(str(frame["what"]))
            return listener.follow(CHANGES) if frame["what"] == "all" else None
        if kind == "unwatch":
            self.watching.discard(str(frame["what"]))
            return listener.leave(CHANGES) if frame["what"] == "all" else None
        if kind == "subscribe" and "conversations" in frame:
            after = {str(one): int(seq) for one, seq in frame["conversations"].items()}
            if len(after) > MOST_AT_ONCE:
                raise DomainError("too_many_conversations", f"一次最多跟随 {MOST_AT_ONCE} 个会话", 422)
            await self._subscribe(listener, after)
            return None
        conversation_id = str(frame["conversation_id"])
        if kind == "unsubscribe":
            self.feeds.pop(conversation_id, None)
            return listener.leave(conversation_channel(conversation_id))
        if kind == "subscribe":
            if not await self._subscribe(listener, {conversation_id: int(frame.get("after", 0))}):
                raise not_found("会话")
            return None
        row = await desk.find(self.services.db, conversation_id, self.who)
        if kind == "typing" and row["agent_id"] == self.who.agent_id:
            news = {"type": "typing", "sender": "agent", "sender_name": self.who.name}
            await self.services.stream.publish([(conversation_channel(conversation_id), news)])
        elif kind == "read" and row["agent_id"] == self.who.agent_id:
            await desk.read(
                self.services.db, self.services.stream, conversation_id, "agent", int(frame["seq"]), utcnow()
            )


@blueprint.websocket("/socket", subprotocols=["anxin.v1"])
async def socket(request: Request, ws: Websocket) -> None:
    with contextlib.suppress(WebsocketClosed):
        await DeskSocket(request.app.ctx.services, ws, request).run()
