"""Help while writing: notes and whispers, canned replies, suggestions, the wording check, promises."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from handoff import canned, desk, notes, promises, suggesting, tone
from handoff.api.desk import agent
from handoff.core.wording_check import KINDS
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError
from kernel.principal import Principal
from kernel.times import wire_time

blueprint = Blueprint("desk_writing", url_prefix="/api/v1/desk")
TAG = "desk writing"


class NoteBody(BaseModel):
    client_msg_id: str = Field(min_length=1, max_length=80)
    text: str = Field(max_length=notes.MOST_TEXT)
    kind: Literal["note", "whisper"] = "note"
    to: str | None = Field(default=None, max_length=40)


class CheckBody(BaseModel):
    text: str = Field(max_length=4000)


class CannedBody(BaseModel):
    title: str = Field(max_length=40)
    text: str = Field(max_length=1000)


class NewCannedBody(CannedBody):
    scope: Literal["own", "merchant", "platform"] = "own"
    party: str | None = Field(default=None, max_length=40)


class SettleBody(BaseModel):
    outcome: Literal["kept", "withdrawn"]
    note: str = Field(default="", max_length=200)


async def _writer(request: Request) -> tuple[Any, Principal]:
    services, who = request.app.ctx.services, agent(request)
    await services.limiter.check("writing", who.agent_id)
    return services, who


@blueprint.post("/wording-check")
@openapi.definition(summary="发送前的用语检查和识别出的承诺", tag=TAG, body=http.describe(CheckBody))
async def wording_check(request: Request) -> HTTPResponse:
    """Places count UTF-16 units, as the browser's strings do."""
    await _writer(request)
    text = http.body(request, CheckBody).text
    hits = [
        {
            "start": _utf16(text, hit.start),
            "end": _utf16(text, hit.end),
            "found": hit.found,
            "better": hit.better,
            "why": hit.why,
            "kind": hit.kind,
            "kind_label": KINDS[hit.kind],
            "rule": hit.rule,
        }
        for hit in tone.marked(text)
    ]
    heard = [
        {"kind": one.kind, "phrase": one.phrase, "text": one.sentence, "due_at": wire_time(one.due_at)}
        for one in promises.in_words(text, utcnow())
    ]
    return http.reply({"hits": hits, "promises": heard})


def _utf16(text: str, place: int) -> int:
    return len(text[:place].encode("utf-16-le")) // 2


@blueprint.get("/conversations/<conversation_id:str>/notes")
@openapi.definition(summary="同事之间的备注和主管提示，消费者看不到", tag=TAG)
async def note_list(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    await desk.find(services.db, conversation_id, who)
    async with services.db.read() as tx:
        return http.reply({"notes": await notes.of_conversation(tx, conversation_id, who)})


@blueprint.post("/conversations/<conversation_id:str>/notes")
@openapi.definition(
    summary="写备注（note）或悄悄提示接待的坐席（whisper，主管）", tag=TAG, body=http.describe(NoteBody)
)
async def note_add(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = await _writer(request)
    body = http.body(request, NoteBody)
    written = await notes.write(
        services.db,
        services.stream,
        conversation_id,
        who,
        client_msg_id=body.client_msg_id,
        text=body.text,
        kind=body.kind,
        to=body.to,
        now=utcnow(),
    )
    return http.reply({"note": written}, 201)


@blueprint.get("/conversations/<conversation_id:str>/suggestions")
@openapi.definition(summary="建议的回复和下一步，采不采用由坐席决定", tag=TAG)
async def suggestion_list(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = await _writer(request)
    row = await desk.find(services.db, conversation_id, who)
    lines = await services.facts.order_lines(row)
    if not who.handles_all_parties:
        lines = [entry for entry in lines if entry.merchant_id == who.party]
    found = await suggesting.suggest(services.db, services.brain, row, who, lines, utcnow())
    return http.reply({"suggestions": found})


@blueprint.get("/conversations/<conversation_id:str>/promises")
@openapi.definition(summary="这个会话里对消费者的承诺", tag=TAG)
async def promises_of(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    await desk.find(services.db, conversation_id, who)
    async with services.db.read() as tx:
        return http.reply({"promises": await promises.of_conversation(tx, conversation_id)})


@blueprint.get("/promises")
@openapi.definition(summary="还没兑现的承诺，先到期的在前；all=1 看所有人的", tag=TAG)
async def promises_due(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    async with services.db.read() as tx:
        found = await promises.due(tx, who, everybodys=request.args.get("all") == "1")
    return http.reply({"promises": found})


@blueprint.post("/promises/<promise_id:str>/settle")
@openapi.definition(summary="承诺已兑现，或写明这不算承诺", tag=TAG, body=http.describe(SettleBody))
async def promise_settle(request: Request, promise_id: str) -> HTTPResponse:
    services, who = await _writer(request)
    body = http.body(request, SettleBody)
    settled = await promises.settle(
        services.db, services.stream, promise_id, who, body.outcome, body.note, utcnow()
    )
    return http.reply({"promise": settled})


@blueprint.get("/canned")
@openapi.definition(summary="常用语：按文字、拼音、拼音首字母查找；给出 conversation_id 时填好变量", tag=TAG)
async def canned_list(request: Request) -> HTTPResponse:
    services, who = await _writer(request)
    query, about = request.args.get("q", ""), request.args.get("conversation_id")
    if len(query) > 60:
        raise DomainError("invalid", "查找的内容太长了", 422)
    values: dict[str, str | None] = {}
    row = await desk.find(services.db, about, who) if about else None
    lines = await services.facts.order_lines(row) if row else []
    async with services.db.read() as tx:
        if row:
            values = await canned.values_for(tx, row, who, lines)
        found = await canned.search(tx, who, query, values, row["party"] if row else None)
    return http.reply({"canned": found})


@blueprint.post("/canned")
@openapi.definition(summary="新增常用语", tag=TAG, body=http.describe(NewCannedBody))
async def canned_add(request: Request) -> HTTPResponse:
    services, who = await _writer(request)
    body = http.body(request, NewCannedBody)
    made = await canned.add(services.db, who, now=utcnow(), **body.model_dump())
    return http.reply({"canned": made}, 201)


@blueprint.put("/canned/<reply_id:str>")
@openapi.definition(summary="修改常用语", tag=TAG, body=http.describe(CannedBody))
async def canned_change(request: Request, reply_id: str) -> HTTPResponse:
    services, who = await _writer(request)
    body = http.body(request, CannedBody)
    changed = await canned.change(services.db, who, reply_id, now=utcnow(), **body.model_dump())
    return http.reply({"canned": changed})


@blueprint.delete("/canned/<reply_id:str>")
@openapi.definition(summary="删除常用语", tag=TAG)
async def canned_remove(request: Request, reply_id: str) -> HTTPResponse:
    services, who = await _writer(request)
    await canned.remove(services.db, who, reply_id, utcnow())
    return http.reply({"ok": True})


@blueprint.post("/canned/<reply_id:str>/used")
@openapi.definition(summary="用了一次：常用的排在前面", tag=TAG)
async def canned_used(request: Request, reply_id: str) -> HTTPResponse:
    services, who = await _writer(request)
    await canned.used(services.db, who, reply_id)
    return http.reply({"ok": True})
