"""The consumer's tickets: see them, answer a proposal, withdraw, rate, ask the platform in."""

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales import reading, statements, tickets
from aftersales.api.answers import Detail, Page, Statement, Ticket, answers, query
from aftersales.api.schemas import RateBody, ReasonBody, SendBackBody, StatementBody, StepBody, SupplyBody
from aftersales.core.table import TABLE
from aftersales.core.ticket import CONSUMER, OVER, Actor, Status
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError, not_found
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
    summary="申请平台介入：工单转平台判定，会话转给平台坐席优先处理",
    tag="tickets",
    body=http.describe(ReasonBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def intervene(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, http.consumer(request)
    body = http.body(request, ReasonBody)
    ticket = await _own(services, who, ticket_id)
    status = Status(ticket["status"])
    if status in OVER or (status, "intervene") in TABLE:
        why = body.reason.strip() or "消费者申请平台介入"
        ticket = await _moved(services, who, ticket_id, "intervene", why, {}, body.version)
    await services.ask_platform_in(ticket["conversation_id"])
    return http.reply(services.files.sign({"ticket": ticket}))


@blueprint.post("/<ticket_id:str>/reopen")
@openapi.definition(
    summary="重新提交撤销的申请",
    tag="tickets",
    body=http.describe(ReasonBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def reopen(request: Request, ticket_id: str) -> HTTPResponse:
    return await _move(request, ticket_id, "reopen")


@blueprint.post("/<ticket_id:str>/appeal")
@openapi.definition(
    summary="不认可结果，申诉；由另一位专员人工复核",
    tag="tickets",
    body=http.describe(ReasonBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def appeal(request: Request, ticket_id: str) -> HTTPResponse:
    return await _move(request, ticket_id, "appeal")


@blueprint.post("/<ticket_id:str>/supply-evidence")
@openapi.definition(
    summary="补充凭证；都不写表示不便提供",
    tag="tickets",
    body=http.describe(SupplyBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def supply_evidence(request: Request, ticket_id: str) -> HTTPResponse:
    return await _step(request, ticket_id, "supply_evidence", http.body(request, SupplyBody))


@blueprint.post("/<ticket_id:str>/send-back")
@openapi.definition(
    summary="填写寄回的运单号",
    tag="tickets",
    body=http.describe(SendBackBody),
    response=answers(Ticket, 401, 404, 409, 422),
)
async def send_back(request: Request, ticket_id: str) -> HTTPResponse:
    http.consumer(request)
    return await _step(request, ticket_id, "send_back", http.body(request, SendBackBody))


@blueprint.post("/<ticket_id:str>/transitions")
@openapi.definition(
    summary="消费者的任何一步；trigger 和字段见工单的 steps",
    tag="tickets",
    body=http.describe(StepBody),
    response=answers(Ticket, 401, 403, 404, 409, 422),
)
async def transitions(request: Request, ticket_id: str) -> HTTPResponse:
    http.consumer(request)
    body = http.body(request, StepBody)
    return await _step(request, ticket_id, body.trigger, body)


@blueprint.post("/<ticket_id:str>/statements")
@openapi.definition(
    summary="补充说明和照片，处理期间随时可以",
    tag="tickets",
    body=http.describe(StatementBody),
    response=answers(Statement, 401, 404, 409, 422),
)
async def state(request: Request, ticket_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, http.consumer(request)
    body = http.body(request, StatementBody)
    ticket = await _own(services, who, ticket_id)
    files = await _files(services, who, ticket, body.files)
    kept = await statements.add(services.db, ticket_id, _actor(who), body.text, files, utcnow())
    return http.reply(services.files.sign({"statement": kept}), 201)


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
    ticket = await tickets.rate(services.db, ticket_id, who.consumer_id, body.score, body.note, body.service)
    return http.reply(services.files.sign({"ticket": ticket}))


async def _own(services: Any, who: Principal, ticket_id: str, *, history: bool = False) -> dict[str, Any]:
    row, ticket = await reading.find(services.db, ticket_id, history=history, side=CONSUMER)
    if not who.consumer_id or row["consumer_id"] != who.consumer_id:
        raise not_found("工单")
    return ticket


async def _files(
    services: Any, who: Principal, ticket: dict[str, Any], ids: list[str]
) -> list[dict[str, Any]]:
    """These files of the ticket's conversation, or of the one in which its consumer speaks now. Raises not_found (404)."""
    try:
        found = await services.files.of_conversation(services.db, ticket["conversation_id"], ids)
    except DomainError:
        found = await services.files.of_conversation(services.db, who.conversation_id, ids)
    return list(found)


def _actor(who: Principal) -> Actor:
    return Actor(CONSUMER, who.consumer_id, who.name or "消费者")


async def _moved(
    services: Any,
    who: Principal,
    ticket_id: str,
    trigger: str,
    reason: str,
    data: dict[str, Any],
    version: int | None,
) -> dict[str, Any]:
    return await tickets.transition(
        services.db,
        ticket_id,
        trigger,
        _actor(who),
        reason=reason,
        data=data,
        expected_version=version,
        now=utcnow(),
    )


async def _move(request: Request, ticket_id: str, trigger: str) -> HTTPResponse:
    return await _step(request, ticket_id, trigger, http.body(request, ReasonBody))


async def _step(request: Request, ticket_id: str, trigger: str, body: ReasonBody) -> HTTPResponse:
    services, who = request.app.ctx.services, http.consumer(request)
    ticket = await _own(services, who, ticket_id)
    data = body.model_dump(exclude={"trigger", "reason", "version"}, exclude_none=True)
    if data.get("files"):
        data["files"] = await _files(services, who, ticket, data["files"])
    moved = await _moved(services, who, ticket_id, trigger, body.reason, data, body.version)
    return http.reply(services.files.sign({"ticket": moved}))
