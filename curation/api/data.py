"""The training data over HTTP: changes and their undoing, import, export."""

import asyncio

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales.api.answers import query
from curation import changing, exchanging
from curation.api.asking import trainer
from curation.api.schemas import UndoBody
from curation.core.exchange import FORMATS
from curation.people import REVIEWS
from kernel import http
from kernel.clock import utcnow
from kernel.errors import forbidden

blueprint = Blueprint("curation_data", url_prefix="/api/v1/curation/data")

FORMAT = query("format", "csv、jsonl、xlsx 或 yaml（Rasa）")


@blueprint.get("/")
@openapi.definition(summary="训练数据现在有什么：提交、句数、各意图的句数", tag="curation")
async def overview(request: Request) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    folder = services.curation.folder
    head, corpus = await asyncio.to_thread(lambda: (folder.head(), folder.corpus()))
    counts: dict[str, int] = {}
    for about in corpus.files_of:
        counts[about.intent] = counts.get(about.intent, 0) + corpus.count(about)
    return http.reply({"head": head, "total": sum(counts.values()), "intents": counts})


@blueprint.get("/changes")
@openapi.definition(
    summary="训练数据的改动，新的在前", tag="curation", parameter=[query("before", "早于这次改动")]
)
async def changes(request: Request) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    return http.reply({"changes": await changing.recent(services.db, request.args.get("before"))})


@blueprint.get("/changes/<commit:str>/diff")
@openapi.definition(summary="一次提交改了哪些行", tag="curation")
async def diff(request: Request, commit: str) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    return http.reply({"diff": await asyncio.to_thread(services.curation.folder.diff, commit)})


@blueprint.post("/changes/<change_id:str>/undo")
@openapi.definition(
    summary="撤回一次改动；自己的可以撤，别人的由主管撤", tag="curation", body=http.describe(UndoBody)
)
async def undo(request: Request, change_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    body = http.body(request, UndoBody)
    if who.role not in REVIEWS and await changing.author_of(services.db, change_id) != who.agent_id:
        raise forbidden("只能撤回自己的改动，其他人的请主管处理")
    row = await changing.undo(services.db, services.curation, who, change_id, body.reason, utcnow())
    return http.reply({"change": changing.change_json(row)})


@blueprint.post("/import")
@openapi.definition(
    summary="导入文件：请求体就是文件；into=inbox 待标注，into=data 直接进训练数据（主管、管理员）",
    tag="curation",
    parameter=[
        FORMAT,
        query("into", "inbox 或 data"),
        query("reason", "来由"),
        query("dry", "1：只看会怎样"),
    ],
)
async def import_(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request, "curation_heavy")
    args = request.args
    report = await exchanging.bring_in(
        services.db,
        services.curation,
        who,
        request.body,
        args.get("format") or "csv",
        args.get("into") or "inbox",
        (args.get("reason") or "").replace("\0", "")[:500],
        utcnow(),
        dry=args.get("dry") == "1",
    )
    return http.reply({"report": report.__dict__})


@blueprint.get("/export")
@openapi.definition(
    summary="导出：data 训练数据，inbox 待标注，labelled 已标注",
    tag="curation",
    parameter=[FORMAT, query("scope", "data、inbox 或 labelled")],
)
async def export(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request, "curation_heavy")
    form, scope = request.args.get("format") or "csv", request.args.get("scope") or "data"
    content = await exchanging.take_out(services.db, services.curation, who, scope, form, utcnow())
    kind, ending = FORMATS[form]
    name = f"anxin-{scope}-{utcnow():%Y%m%d%H%M}.{ending}"
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'}
    return HTTPResponse(content, headers=headers, content_type=kind)
