"""The consumer's socket: what the web widget and apps keep open."""

import asyncio
import contextlib
import json
from typing import Any

from sanic import Blueprint, Request, Websocket
from sanic.exceptions import WebsocketClosed

from connectors import incoming
from connectors.app import bound
from connectors.schemas import MessageBody, WaitBody
from handoff import desk
from handoff.feed import Feed
from handoff.inbox import Incoming
from handoff.stream import QUEUE, Listener, conversation_channel
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError

blueprint = Blueprint("consumer_socket", url_prefix="/api/v1")
POSITION_SECONDS = 10.0  # a waiting consumer sees his interval anew, also while nothing moves


class ConsumerSocket:
    """One open page of a consumer: shows every event once, takes messages, answers each with an ack or an error."""

    def __init__(self, services: Any, ws: Websocket, conversation_id: str, after: int) -> None:
        self.services, self.ws, self.conversation_id = services, ws, conversation_id
        self.feed = Feed(services.db, conversation_id, after)
        self.channel = conversation_channel(conversation_id)

    async def run(self) -> None:
        with self.services.stream.listen(self.channel) as listener:
            row = await incoming.conversation(self.services, self.conversation_id)
            await self.send(await incoming.hello(self.services, row))
            await self._show(await self.feed.catch_up())
            await self._follow_queue(listener, row["owner"])
            tasks = [asyncio.create_task(self._hear(listener)), asyncio.create_task(self._read())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                for result in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(result, Exception) and not isinstance(result, WebsocketClosed):
                        raise result

    async def send(self, frame: dict[str, Any]) -> None:
        await self.ws.send(json.dumps(self.services.files.sign(frame), ensure_ascii=False))

    async def _show(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            await self.send(event)

    async def _hear(self, listener: Listener) -> None:
        while True:
            news = await listener.next(POSITION_SECONDS if QUEUE in listener.channels else None)
            if news is None or news["type"] == "queue":
                await self._show_position()
                continue
            if news["type"] in ("typing", "read") and news["sender"] == "consumer":
                continue
            events = await self.feed.take(news)
            await self._show(events)
            for event in events:
                if event["type"] == "owner_changed":
                    await self._follow_queue(listener, event["owner"])

    async def _follow_queue(self, listener: Listener, owner: str) -> None:
        if owner == "queued":
            listener.follow(QUEUE)
            await self._show_position()
        else:
            listener.leave(QUEUE)

    async def _show_position(self) -> None:
        row = await incoming.conversation(self.services, self.conversation_id)
        if row["owner"] == "queued":
            await self.send(await incoming.queue_position(self.services, row))

    async def _read(self) -> None:
        async for raw in self.ws:
            client_msg_id = None
            try:
                frame = json.loads(raw)
                client_msg_id = frame.get("client_msg_id")
                await self._obey(frame)
            except (ValueError, KeyError, TypeError, AttributeError):
                problem = DomainError("bad_frame", "消息格式不对")
                await self.send({"type": "error", "client_msg_id": client_msg_id} | problem.to_json())
            except DomainError as error:
                await self.send({"type": "error", "client_msg_id": client_msg_id} | error.to_json())

    async def _obey(self, frame: dict[str, Any]) -> None:
        services, kind = self.services, frame["type"]
        if kind == "message":
            body = http.validate(frame, MessageBody)
            sent = Incoming(body.client_msg_id, body.text, tuple(body.files), body.choice)
            receipt = await incoming.take(services, self.conversation_id, sent)
            ack = {"type": "ack", "client_msg_id": body.client_msg_id, "seq": receipt.seq}
            await self.send(ack | {"duplicate": receipt.duplicate})
        elif kind == "human":
            await incoming.ask_for_person(services, self.conversation_id)
        elif kind == "leave_queue":
            await incoming.leave_queue(services, self.conversation_id)
        elif kind == "wait":
            choice = http.validate(frame, WaitBody)
            await incoming.choose_wait(services, self.conversation_id, choice.mode, choice.phone, choice.wish)
            await self._show_position()
        elif kind == "typing":
            services.turns.is_typing(self.conversation_id)
            await services.stream.publish(
                [(self.channel, {"type": "typing", "sender": "consumer", "sender_name": ""})]
            )
        elif kind == "read":
            await desk.read(
                services.db, services.stream, self.conversation_id, "consumer", int(frame["seq"]), utcnow()
            )
        elif kind == "ping":
            await self.send({"type": "pong"})
        else:
            raise DomainError("bad_frame", "消息格式不对")


@blueprint.websocket("/conversations/<conversation_id:str>/socket", subprotocols=["anxin.v1"])
async def socket(request: Request, ws: Websocket, conversation_id: str) -> None:
    bound(request, conversation_id)
    after = http.number(request, "after", 0, 0, 2**31)
    with contextlib.suppress(WebsocketClosed):
        await ConsumerSocket(request.app.ctx.services, ws, conversation_id, after).run()
