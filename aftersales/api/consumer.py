"""The consumer's tickets: see them, answer a proposal, withdraw, rate, ask the platform in."""

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales import reading, tickets
from aftersales.api.answers import Detail, Page, Ticket, answers, query
from aftersales.api.schemas import RateBody, ReasonBody
from aftersales.core.ticket import CONSUMER, Actor
from kernel import http
from kernel.clock import utcnow
from kernel.errors import not_found
from kernel.principal import Principal

blueprint = Blueprint("consumer_tickets", url_prefix="/api/v1/tickets")


@blueprint.get("/")
@openapi.definition(
    summary="我的工单，新的在前",
    tag="tickets",
    parameter=[query("cursor", "上一页的 next_cursor"), query("limit", "1 到 100，默认 50", int)],
    response=answers(Page, 401, 422),
)
async def mine(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, http.consumer(request)
    found, cursor = await reading.list_tickets(
        services.db,
        consumer_id=who.consumer_id,
        cursor=request.args.get("cursor"),
        limit=http.number(request, "limit", 50, 1, 100),
    )
    return http.reply(services.files.sign({"tickets": found, "next_cursor": cursor}))


@blueprint.get("/<ticket_id:str>")
@openapi.definition(summary="工单详情和进度", tag="tickets", response=answers(Detail, 401, 404))
async def detail(request: Request, ticket_id: str) -> HTTPResponse:
    services = request.app.ctx.services
    ticket = await _own(services, http.consumer(request), ticket_id, history=True)
    return http.reply(services.files.sign({"ticket": ticket}))


@blueprint.post("/<ticket_id:str>/accept")
@openapi.definition(
    summary="同意处理方案",
    tag="tickets",
    body=http.describe(ReasonBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def accept(request: Request, ticket_id: str) -> HTTPResponse:
    return await _move(request, ticket_id, "accept_proposal")


@blueprint.post("/<ticket_id:str>/reject")
@openapi.definition(
    summary="不同意处理方案，继续协商",
    tag="tickets",
    body=http.describe(ReasonBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def reject(request: Request, ticket_id: str) -> HTTPResponse:
    return await _move(request, ticket_id, "reject_proposal")


@blueprint.post("/<ticket_id:str>/withdraw")
@openapi.definition(
    summary="撤销申请（执行前随时可以）",
    tag="tickets",
    body=http.describe(ReasonBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def withdraw(request: Request, ticket_id: str) -> HTTPResponse:
    return await _move(request, ticket_id, "withdraw")


@blueprint.post("/<ticket_id:str>/intervene")
@openapi.definition(
    summary="请平台客服介入：会话转给平台坐席优先处理",
    tag="tickets",
    body=http.describe(ReasonBody),
    response=answers(Ticket, 401, 404),
)
async def intervene(request: Request, ticket_id: str) -> HTTPResponse:
    services = request.app.ctx.services
    ticket = await _own(services, http.consumer(request), ticket_id)
    await services.ask_platform_in(ticket["conversation_id"])
    return http.reply(services.files.sign({"ticket": ticket}))


@blueprint.post("/<ticket_id:str>/rate")
@openapi.definition(
    summary="评价处理结果（1 到 5 分）",
    tag="tickets",
    body=http.describe(RateBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def rate(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, http.consumer(request)
    body = http.body(request, RateBody)
    ticket = await tickets.rate(services.db, ticket_id, who.consumer_id, body.score, body.note)
    return http.reply(services.files.sign({"ticket": ticket}))


async def _own(services: Any, who: Principal, ticket_id: str, *, history: bool = False) -> dict[str, Any]:
    row, ticket = await reading.find(services.db, ticket_id, history=history)
    if not who.consumer_id or row["consumer_id"] != who.consumer_id:
        raise not_found("工单")
    return ticket


async def _move(request: Request, ticket_id: str, trigger: str) -> HTTPResponse:
    services, who = request.app.ctx.services, http.consumer(request)
    body = http.body(request, ReasonBody)
    await _own(services, who, ticket_id)
    actor = Actor(CONSUMER, who.consumer_id, who.name or "消费者")
    ticket = await tickets.transition(
        services.db,
        ticket_id,
        trigger,
        actor,
        reason=body.reason,
        expected_version=body.version,
        now=utcnow(),
    )
    return http.reply(services.files.sign({"ticket": ticket}))
