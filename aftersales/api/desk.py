"""The desk's tickets: lists, details with what may be done next, and moving them."""

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales import execution, reading, retyping, statements, tickets, views
from aftersales.api.answers import DeskDetail, Page, Statement, answers, query
from aftersales.api.schemas import CountersignBody, RetypeBody, StatementBody, TransitionBody
from aftersales.core.ticket import MERCHANT, PLATFORM, Actor
from aftersales.hinting import with_hints
from aftersales.rulebook_store import load_rulebook
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError, forbidden, not_found
from kernel.principal import Principal

blueprint = Blueprint("desk_tickets", url_prefix="/api/v1/desk/tickets")


def _staff(request: Request) -> Principal:
    who = http.staff(request)
    if not who.handles_conversations:
        raise forbidden("您的角色不处理工单")
    return who


def actor_of(who: Principal) -> Actor:
    """A merchant's agents act for the merchant, everybody else for the platform."""
    return Actor(PLATFORM if who.party == "platform" else MERCHANT, who.agent_id, who.name, who.party)


@blueprint.get("/")
@openapi.definition(
    summary="工单列表，新的在前；商家坐席只看到自己商家的",
    tag="desk tickets",
    parameter=[
        query("status", "只看这个状态"),
        query("escalated", "1：只看超时升级的"),
        query("q", "工单号、订单号或消费者的名字"),
        query("cursor", "上一页的 next_cursor"),
        query("limit", "1 到 100，默认 50", int),
    ],
    response=answers(Page, 401, 403, 422),
)
async def listing(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    found, cursor = await reading.list_tickets(
        services.db,
        party=None if who.handles_all_parties else who.party,
        status=request.args.get("status") or None,
        escalated=request.args.get("escalated") == "1",
        q=request.args.get("q"),
        cursor=request.args.get("cursor"),
        limit=http.number(request, "limit", 50, 1, 100),
    )
    return http.reply(services.files.sign({"tickets": found, "next_cursor": cursor}))


@blueprint.get("/<ticket_id:str>")
@openapi.definition(
    summary="工单详情：证据、历史、我可以做的下一步",
    tag="desk tickets",
    response=answers(DeskDetail, 401, 403, 404),
)
async def detail(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    await _visible(services, who, ticket_id)
    return http.reply(services.files.sign({"ticket": await shown_to(services, who, ticket_id)}))


@blueprint.post("/<ticket_id:str>/transitions")
@openapi.definition(
    summary="推进工单；trigger 和字段见详情的 next",
    tag="desk tickets",
    body=http.describe(TransitionBody),
    response=answers(DeskDetail, 401, 403, 404, 409, 422),
)
async def transitions(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    body = http.body(request, TransitionBody)
    await _visible(services, who, ticket_id)
    data = body.model_dump(exclude={"trigger", "reason", "version"}, exclude_none=True)
    given: dict[str, Any] = {
        "reason": body.reason,
        "data": data,
        "expected_version": body.version,
        "now": utcnow(),
    }
    if body.trigger == "complete":
        await execution.complete(services.db, services.payments, ticket_id, actor_of(who), **given)
    else:
        await tickets.transition(services.db, ticket_id, body.trigger, actor_of(who), **given)
    return http.reply(services.files.sign({"ticket": await shown_to(services, who, ticket_id)}))


@blueprint.post("/<ticket_id:str>/countersign")
@openapi.definition(
    summary="复核超过限额的决定：同意则生效，不同意则退回",
    tag="desk tickets",
    body=http.describe(CountersignBody),
    response=answers(DeskDetail, 401, 403, 404, 409, 422),
)
async def countersign(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    body = http.body(request, CountersignBody)
    await _visible(services, who, ticket_id)
    actor = actor_of(who)
    await tickets.countersign(
        services.db, ticket_id, actor, agrees=body.agrees, reason=body.reason, now=utcnow()
    )
    return http.reply(services.files.sign({"ticket": await shown_to(services, who, ticket_id)}))


@blueprint.post("/<ticket_id:str>/retype")
@openapi.definition(
    summary="更改问题类型：凭证清单跟着变，已有的保留，理由记入经过",
    tag="desk tickets",
    body=http.describe(RetypeBody),
    response=answers(DeskDetail, 401, 403, 404, 409, 422),
)
async def retype(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    body = http.body(request, RetypeBody)
    await _visible(services, who, ticket_id)
    await retyping.retype(
        services.db,
        ticket_id,
        actor_of(who),
        body.issue_type,
        body.sub_type,
        reason=body.reason,
        expected_version=body.version,
        now=utcnow(),
    )
    return http.reply(services.files.sign({"ticket": await shown_to(services, who, ticket_id)}))


@blueprint.post("/<ticket_id:str>/files")
@openapi.definition(summary="上传举证的文件；file_id 用在 statements 里", tag="desk tickets")
async def upload(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    await _visible(services, who, ticket_id)
    row, _ = await reading.find(services.db, ticket_id)
    sent = request.files.get("file") if request.files else None
    if sent is None:
        raise DomainError("no_file", "没有收到文件", 422)
    kept = await services.files.keep(
        services.db, row["conversation_id"], who.agent_id, sent.name, sent.body, utcnow()
    )
    return http.reply(services.files.sign(kept), 201)


@blueprint.post("/<ticket_id:str>/statements")
@openapi.definition(
    summary="商家或平台的说明和凭证，判定时双方的都看得到",
    tag="desk tickets",
    body=http.describe(StatementBody),
    response=answers(Statement, 401, 403, 404, 409, 422),
)
async def state(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    body = http.body(request, StatementBody)
    await _visible(services, who, ticket_id)
    row, _ = await reading.find(services.db, ticket_id)
    files = await services.files.of_conversation(services.db, row["conversation_id"], body.files)
    kept = await statements.add(services.db, ticket_id, actor_of(who), body.text, files, utcnow())
    return http.reply(services.files.sign({"statement": kept}), 201)


async def shown_to(services: Any, who: Principal, ticket_id: str) -> dict[str, Any]:
    """The ticket with its history and what this member of staff may do next."""
    actor = actor_of(who)
    row, ticket = await reading.find(services.db, ticket_id, history=True, side=actor.kind)
    book = load_rulebook(row["rule_version"])
    ticket["next"] = views.next_triggers(ticket, actor, book)
    ticket["pending_decision"] = views.pending(row, actor, book)
    ticket["types"] = views.retypes(row, actor, book)
    ticket["snapshot"] = views.snapshot(row)
    return await with_hints(services.db, ticket, services.files.seen)


async def _visible(services: Any, who: Principal, ticket_id: str) -> None:
    row, _ = await reading.find(services.db, ticket_id)
    if not who.may_see(row["party"]):
        raise not_found("工单")
