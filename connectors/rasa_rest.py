"""Rasa's REST channel, so that anything written for Rasa works: `{sender, message}` -> a list of replies."""

import hashlib
import hmac
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi
from sqlalchemy import select

from connectors import incoming
from connectors.schemas import RestBody
from handoff import inbox
from handoff.inbox import Incoming
from handoff.store import messages
from kernel import http
from kernel.clock import utcnow
from kernel.db import Row
from kernel.errors import unauthorized
from kernel.ids import new_id

blueprint = Blueprint("rasa_rest")
PATIENCE_SECONDS = 20.0


@blueprint.post("/webhooks/rest/webhook")
@openapi.definition(
    summary="兼容 Rasa REST 通道",
    tag="rasa",
    body=http.describe(RestBody),
)
async def webhook(request: Request) -> HTTPResponse:
    """`sender` names an anonymous thread of this channel; it can see no orders and no other conversation.

    When `ANXIN_REST_TOKEN` is set, the caller must present it as a bearer token.
    """
    services = request.app.ctx.services
    expected = services.settings.rest_token
    if expected and not hmac.compare_digest(request.token or "", expected):
        raise unauthorized("缺少或错误的通道凭证")
    await services.limiter.check("rest", request.client_ip)
    body = http.body(request, RestBody)
    row = await _thread(services, body.sender)
    receipt = await incoming.take(services, row["id"], Incoming(new_id("r"), body.message))
    await incoming.wait_until_answered(services, row["id"], receipt.seq, PATIENCE_SECONDS)
    query = select(messages).where(
        messages.c.conversation_id == row["id"], messages.c.seq > receipt.seq, messages.c.sender != "consumer"
    )
    async with services.db.read() as tx:
        lines = await tx.all(query.order_by(messages.c.seq))
    return http.reply([_reply(body.sender, entry) for entry in lines if entry["text"] or entry["card"]])


async def _thread(services: Any, sender: str) -> Row:
    # The sender is the caller's own name for the thread: hashed, so that it can never equal a signed consumer's id.
    consumer_id = "rest:" + hashlib.sha256(sender.encode()).hexdigest()[:40]
    row = await inbox.latest_conversation(services.db, consumer_id)
    if row is None:
        row = await inbox.open_conversation(
            services.db,
            services.stream,
            consumer_id=consumer_id,
            consumer_name="",
            order_nos=[],
            channel="rest",
            now=utcnow(),
        )
    return row


def _reply(sender: str, entry: Row) -> dict[str, Any]:
    answer: dict[str, Any] = {"recipient_id": sender}
    if entry["text"]:
        answer["text"] = entry["text"]
    if entry["card"]:
        answer["custom"] = entry["card"]
    shown = [button for button in entry["buttons"] if not button.get("hidden")]
    if shown:
        answer["buttons"] = [{"title": button["title"], "payload": button["title"]} for button in shown]
    return answer
