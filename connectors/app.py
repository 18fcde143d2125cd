"""The consumer API over REST: for apps, and for the widget when a WebSocket cannot be had."""

import asyncio
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, file
from sanic_ext import openapi

from connectors import incoming, tokens
from connectors.schemas import MessageBody, OpenBody, WaitBody
from handoff import copying, inbox
from handoff.feed import Feed
from handoff.inbox import Incoming
from handoff.stream import conversation_channel
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError, forbidden

blueprint = Blueprint("consumer", url_prefix="/api/v1")
LONGEST_WAIT = 50  # seconds of a long poll, below the idle limit of common proxies


def bound(request: Request, conversation_id: str) -> None:
    """Refuses a token of another conversation."""
    if http.consumer(request).conversation_id != conversation_id:
        raise forbidden("这个凭证不属于该会话")


@blueprint.post("/conversations")
@openapi.definition(summary="打开会话", tag="consumer", body=http.describe(OpenBody))
async def open_conversation(request: Request) -> HTTPResponse:
    services = request.app.ctx.services
    await services.limiter.check("open", request.client_ip)
    body = http.body(request, OpenBody)
    identity = tokens.read_identity(services.settings.shop_secret, body.token) if body.token else None
    row = None
    if identity and body.resume:
        row = await inbox.latest_conversation(services.db, identity.consumer_id)
    if row is None:
        row = await inbox.open_conversation(
            services.db,
            services.stream,
            consumer_id=identity.consumer_id if identity else None,
            consumer_name=identity.name if identity else "",
            order_nos=identity.orders if identity else None,
            channel="app",
            now=utcnow(),
        )
    token = tokens.sign_conversation(
        services.settings.secret, row["id"], row["consumer_id"], row["consumer_name"], utcnow()
    )
    consumer = {"id": row["consumer_id"], "name": row["consumer_name"], "anonymous": row["anonymous"]}
    return http.reply({"conversation_id": row["id"], "conversation_token": token, "consumer": consumer}, 201)


@blueprint.post("/conversations/<conversation_id:str>/messages")
@openapi.definition(
    summary="发消息；同一 client_msg_id 只记一次", tag="consumer", body=http.describe(MessageBody)
)
async def message(request: Request, conversation_id: str) -> HTTPResponse:
    bound(request, conversation_id)
    body = http.body(request, MessageBody)
    sent = Incoming(body.client_msg_id, body.text, tuple(body.files), body.choice)
    receipt = await incoming.take(request.app.ctx.services, conversation_id, sent)
    return http.reply({"seq": receipt.seq, "duplicate": receipt.duplicate})


@blueprint.post("/conversations/<conversation_id:str>/human")
@openapi.definition(summary="转人工", tag="consumer")
async def human(request: Request, conversation_id: str) -> HTTPResponse:
    bound(request, conversation_id)
    row = await incoming.ask_for_person(request.app.ctx.services, conversation_id)
    return http.reply({"owner": row["owner"], "epoch": row["epoch"]})


@blueprint.post("/conversations/<conversation_id:str>/leave-queue")
@openapi.definition(summary="先不排队，继续由智能助手处理", tag="consumer")
async def leave(request: Request, conversation_id: str) -> HTTPResponse:
    bound(request, conversation_id)
    row = await incoming.leave_queue(request.app.ctx.services, conversation_id)
    return http.reply({"owner": row["owner"], "epoch": row["epoch"]})


@blueprint.post("/conversations/<conversation_id:str>/wait")
@openapi.definition(
    summary="排队时怎么等：继续等、留言、约电话；位置不变", tag="consumer", body=http.describe(WaitBody)
)
async def choose_wait(request: Request, conversation_id: str) -> HTTPResponse:
    bound(request, conversation_id)
    services, body = request.app.ctx.services, http.body(request, WaitBody)
    row = await incoming.choose_wait(services, conversation_id, body.mode, body.phone, body.wish)
    return http.reply(await incoming.queue_position(services, row))


@blueprint.get("/conversations/<conversation_id:str>/copy")
@openapi.definition(
    summary="沟通记录的副本：format=json 或 text；不含坐席内部备注",
    tag="consumer",
    parameter=[openapi.definitions.Parameter("format", str, "query")],
)
async def copy_of_record(request: Request, conversation_id: str) -> HTTPResponse:
    """Everything that was said, as the consumer saw it, with the hash of each file."""
    bound(request, conversation_id)
    services = request.app.ctx.services
    await services.limiter.check("copy", conversation_id)
    form = request.args.get("format", "json")
    if form not in ("json", "text"):
        raise DomainError("invalid", "format 只能是 json 或 text", 422)
    made = await copying.copy_of(services.db, conversation_id, utcnow())
    name = f"anxin-{conversation_id}"
    if form == "json":
        headers = {"content-disposition": f'attachment; filename="{name}.json"'}
        return http.reply(made, headers=headers)
    return HTTPResponse(
        copying.as_text(made),
        content_type="text/plain; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.txt"', "cache-control": "no-store"},
    )


@blueprint.get("/conversations/<conversation_id:str>/events")
@openapi.definition(
    summary="长轮询：after 之后的事件，没有就最多等 wait 秒",
    tag="consumer",
    parameter=[
        openapi.definitions.Parameter("after", int, "query"),
        openapi.definitions.Parameter("wait", int, "query"),
    ],
)
async def events(request: Request, conversation_id: str) -> HTTPResponse:
    bound(request, conversation_id)
    services = request.app.ctx.services
    after = http.number(request, "after", 0, 0, 2**31)
    wait = http.number(request, "wait", 0, 0, LONGEST_WAIT)
    feed = Feed(services.db, conversation_id, after)
    with services.stream.listen(conversation_channel(conversation_id)) as listener:
        found = await feed.catch_up()
        end = asyncio.get_running_loop().time() + wait
        while not found and (left := end - asyncio.get_running_loop().time()) > 0:
            # Also look without news now and then: the stream may be away while the database is not.
            news = await listener.next(min(left, 5.0))
            found = await feed.take(news) if news else await feed.catch_up()
            found = [
                event
                for event in found
                if not (event["type"] in ("typing", "read") and event["sender"] == "consumer")
            ]
    row = await incoming.conversation(services, conversation_id)
    if row["owner"] == "queued":
        found.append(await incoming.queue_position(services, row))
    answer = {"events": found, "last_seq": feed.shown, "owner": row["owner"], "epoch": row["epoch"]}
    return http.reply(services.files.sign(answer))


@blueprint.post("/conversations/<conversation_id:str>/files")
@openapi.definition(
    summary="上传照片、视频或 PDF（multipart，字段 file）",
    tag="consumer",
    body={
        "multipart/form-data": {
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary"}},
        }
    },
)
async def upload(request: Request, conversation_id: str) -> HTTPResponse:
    bound(request, conversation_id)
    services = request.app.ctx.services
    await services.limiter.check("upload", conversation_id)
    sent = request.files.get("file") if request.files else None
    if sent is None:
        raise DomainError("no_file", "没有收到文件，请用 multipart 的 file 字段上传", 422)
    who = http.consumer(request)
    kept = await services.files.keep(
        services.db, conversation_id, who.consumer_id, sent.name, sent.body, utcnow()
    )
    return http.reply(services.files.sign(kept), 201)


@blueprint.get("/files/<file_id:str>")
@openapi.definition(summary="取文件：带签名的链接 ?t=，或会话、坐席的凭证", tag="consumer")
async def download(request: Request, file_id: str) -> HTTPResponse:
    services = request.app.ctx.services
    token = request.args.get("t", "")
    row, path = await services.files.find(services.db, file_id)
    if not services.files.is_valid_link(file_id, token):
        who = getattr(request.ctx, "principal", None)
        allowed = who and (
            who.conversation_id == row["conversation_id"]
            if who.kind == "consumer"
            else await _staff_may(services, who, row)
        )
        if not allowed:
            raise forbidden("链接已过期，请刷新页面")
    headers = {
        "content-disposition": "inline"
        if row["kind"] != "document"
        else 'attachment; filename="document.pdf"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, max-age=3600",
    }
    return await file(path, mime_type=row["mime"], headers=headers)


async def _staff_may(services: Any, who: Any, row: Any) -> bool:
    conversation = await incoming.conversation(services, row["conversation_id"])
    return bool(who.may_see(conversation["party"]))
