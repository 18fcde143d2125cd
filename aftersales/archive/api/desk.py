"""The archive at the desk: search, one dossier, export, legal hold, access log, deletion on a consumer's behalf."""

from datetime import datetime
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales.api.answers import query
from aftersales.archive import erasing, exporting, keeping, reading, watching
from aftersales.archive.api.schemas import DeskDeletionBody, WhyBody
from aftersales.archive.reading import Search
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError, forbidden
from kernel.principal import Principal
from kernel.times import wire_time

blueprint = Blueprint("desk_archive", url_prefix="/api/v1/desk/archive")

FILTERS = [
    query("order_no", "订单号"),
    query("consumer_id", "消费者"),
    query("merchant", "商家"),
    query("type", "问题类型，例如 quality"),
    query("since", "完结时间从（ISO 8601，含）"),
    query("until", "完结时间到（ISO 8601，不含）"),
    query("restricted", "1：只看限制存储的（平台，须写原因）"),
    query("reason", "查看的原因"),
]


def wanted(request: Request) -> Search:
    """The search of the query's arguments. Raises DomainError `invalid` (422)."""
    args = request.args
    return Search(
        order_no=args.get("order_no"),
        consumer_id=args.get("consumer_id"),
        party=args.get("merchant"),
        issue_type=args.get("type"),
        since=_time(args.get("since"), "since"),
        until=_time(args.get("until"), "until"),
        restricted=args.get("restricted") == "1",
    )


def _time(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("no zone")
    except ValueError as error:
        raise DomainError("invalid", f"{name} 应为带时区的 ISO 8601 时间", 422) from error
    return at


def _reason(request: Request) -> str:
    return (request.args.get("reason") or "").replace("\0", "")


def _reader(request: Request) -> Principal:
    who = http.staff(request)
    if not who.handles_conversations:
        raise forbidden("您的角色不能查看档案")
    return who


def _platform(request: Request) -> Principal:
    who = http.staff(request)
    if not who.handles_all_parties:
        raise forbidden("法定保全、访问记录和删除个人信息由平台办理")
    return who


@blueprint.get("/")
@openapi.definition(
    summary="查档案，新完结的在前；每次查看都会记录",
    tag="archive",
    parameter=[*FILTERS, query("cursor", "上一页的 next_cursor"), query("limit", "1 到 100", int)],
)
async def search(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, _reader(request)
    found, cursor = await reading.search(
        services.db,
        who,
        wanted(request),
        utcnow(),
        reason=_reason(request),
        cursor=request.args.get("cursor"),
        limit=http.number(request, "limit", 50, 1, 100),
    )
    return http.reply({"dossiers": found, "next_cursor": cursor})


@blueprint.get("/export")
@openapi.definition(
    summary="导出符合条件的档案：format=json 每行一份，format=html 一个可读的网页（图片在内）",
    tag="archive",
    parameter=[*FILTERS, query("format", "json 或 html")],
)
async def export(request: Request) -> HTTPResponse | None:
    services, who = request.app.ctx.services, _reader(request)
    form = request.args.get("format") or "json"
    pieces = exporting.export(
        services.db, services.archive.files, who, wanted(request), form, _reason(request), utcnow()
    )
    first = await anext(pieces, "")  # what is refused is refused before the answer begins
    name = f"archive-{utcnow():%Y%m%d%H%M%S}.{'jsonl' if form == 'json' else 'html'}"
    answer = await request.respond(
        content_type=exporting.FORMATS[form],
        headers={"cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'},
    )
    assert answer is not None
    await answer.send(first)
    async for piece in pieces:
        await answer.send(piece)
    await answer.eof()
    return None


@blueprint.get("/access")
@openapi.definition(
    summary="谁在什么时候为什么看过档案（平台）",
    tag="archive",
    parameter=[query("ticket_id", "只看这份"), query("before", "早于这个 id", int)],
)
async def access(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, _platform(request)
    before = http.number(request, "before", 0, 0, 2**53)
    found = await watching.access_log(services.db, who, request.args.get("ticket_id"), before or None)
    return http.reply({"access": found})


@blueprint.get("/<ticket_id:str>")
@openapi.definition(
    summary="一份档案的全部内容", tag="archive", parameter=[query("reason", "查看的原因，限制存储的必填")]
)
async def detail(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _reader(request)
    found = await reading.dossier(services.db, who, ticket_id, _reason(request), utcnow())
    return http.reply({"dossier": found})


@blueprint.get("/<ticket_id:str>/page")
@openapi.definition(summary="一份档案的可读网页，图片在内", tag="archive")
async def page(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _reader(request)
    found = await reading.dossier(services.db, who, ticket_id, _reason(request), utcnow())
    text = await exporting.page(found, services.archive.files, utcnow())
    return HTTPResponse(
        text,
        headers={
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{found["ticket_id"]}.html"',
        },
        content_type=exporting.FORMATS["html"],
    )


@blueprint.post("/<ticket_id:str>/hold")
@openapi.definition(summary="设置法定保全（平台）", tag="archive", body=http.describe(WhyBody))
async def hold(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _platform(request)
    body = http.body(request, WhyBody)
    await keeping.hold(services.db, who, ticket_id, body.reason, utcnow())
    return http.reply({"held": True})


@blueprint.post("/<ticket_id:str>/lift-hold")
@openapi.definition(summary="解除法定保全（平台）", tag="archive", body=http.describe(WhyBody))
async def lift_hold(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _platform(request)
    body = http.body(request, WhyBody)
    await keeping.lift_hold(services.db, who, ticket_id, body.reason, utcnow())
    return http.reply({"held": False})


@blueprint.post("/deletions")
@openapi.definition(
    summary="代消费者提出删除个人信息（平台）", tag="archive", body=http.describe(DeskDeletionBody)
)
async def deletions(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, _platform(request)
    body = http.body(request, DeskDeletionBody)
    reason = f"{who.agent_id}：{body.reason}"
    return http.reply(
        deletion_json(await erasing.ask_deletion(services.db, body.consumer_id, reason, utcnow()))
    )


def deletion_json(row: dict[str, Any]) -> dict[str, Any]:
    """A deletion request on the wire."""
    done = row["done_at"]
    return {
        "deletion": {
            "id": row["id"],
            "asked_at": wire_time(row["asked_at"]),
            "done_at": wire_time(done) if done else None,
        }
    }
