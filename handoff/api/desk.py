"""The desk API: who is logged in, what waits, and everything an agent does with a conversation."""

from datetime import datetime
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales import reading, tickets
from handoff import desk, facts, presence, queue, records, staff
from handoff.api.schemas import LoginBody, PresenceBody, ReplyBody
from kernel import http
from kernel.clock import utcnow
from kernel.db import Row
from kernel.errors import DomainError, forbidden, not_found
from kernel.principal import PLATFORM, Principal

blueprint = Blueprint("desk", url_prefix="/api/v1/desk")
SESSION_COOKIE, CSRF_COOKIE = "anxin_session", "anxin_csrf"


def agent(request: Request) -> Principal:
    """A member of staff who handles conversations (a trainer does not)."""
    who = http.staff(request)
    if not who.handles_conversations:
        raise forbidden("您的角色不处理会话")
    return who


@blueprint.post("/login")
@openapi.definition(summary="坐席登录", tag="desk", body=http.describe(LoginBody))
async def login(request: Request) -> HTTPResponse:
    services = request.app.ctx.services
    body = http.body(request, LoginBody)
    await services.limiter.check("login", f"{request.client_ip}:{body.username}")
    opened = await staff.log_in(services.db, body.username, body.password, utcnow())
    answer = http.reply({"token": opened.token, "csrf": opened.csrf, "agent": staff.agent_json(opened.agent)})
    secure = services.settings.public_url.startswith("https")
    age = int(staff.SESSION.total_seconds())
    answer.add_cookie(
        SESSION_COOKIE, opened.token, httponly=True, secure=secure, samesite="Strict", path="/", max_age=age
    )
    answer.add_cookie(
        CSRF_COOKIE, opened.csrf, httponly=False, secure=secure, samesite="Strict", path="/", max_age=age
    )
    return answer


@blueprint.post("/logout")
@openapi.definition(summary="退出登录", tag="desk")
async def logout(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, http.staff(request)
    await presence.say(services.db, services.stream, who.agent_id, "offline", utcnow())
    await staff.log_out(services.db, request.ctx.session_token)
    answer = http.reply({"ok": True})
    answer.delete_cookie(SESSION_COOKIE, path="/")
    answer.delete_cookie(CSRF_COOKIE, path="/")
    return answer


@blueprint.get("/me")
@openapi.definition(summary="我是谁", tag="desk")
async def me(request: Request) -> HTTPResponse:
    http.staff(request)
    row = request.ctx.session
    return http.reply(
        {"agent": await staff.myself(request.app.ctx.services.db, row, utcnow()), "csrf": row["csrf"]}
    )


@blueprint.post("/presence")
@openapi.definition(summary="我的状态：在线、忙碌、离开、离线", tag="desk", body=http.describe(PresenceBody))
async def say_presence(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, PresenceBody)
    state = await presence.say(
        services.db, services.stream, who.agent_id, body.state, utcnow(), auto_accept=body.auto_accept
    )
    return http.reply({"presence": state})


@blueprint.get("/agents")
@openapi.definition(summary="可以转接的同事", tag="desk")
async def colleagues(request: Request) -> HTTPResponse:
    found = await staff.colleagues(request.app.ctx.services.db, agent(request), utcnow())
    return http.reply({"agents": found})


@blueprint.get("/queue")
@openapi.definition(summary="排队中的会话，先到先接", tag="desk")
async def waiting(request: Request) -> HTTPResponse:
    return http.reply({"waiting": await request.app.ctx.services.lists.waiting(agent(request))})


@blueprint.get("/conversations")
@openapi.definition(summary="会话列表：mine、waiting、all；q 找名字、会话、工单号、订单号", tag="desk")
async def listing(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    which = request.args.get("filter", "mine")
    if which not in ("mine", "waiting", "all"):
        raise DomainError("invalid", "filter 只能是 mine、waiting 或 all", 422)
    before, search = (
        _time(request.args.get("before")),
        request.args.get("q", "").replace("\0", "").strip()[:60],
    )
    limit = http.number(request, "limit", 100, 1, 200)
    among = await _by_ticket(services, who, search) if search else []
    async with services.db.read() as tx:
        rows = await queue.listing(tx, who, which, before, limit, search, among)
        found = await queue.summaries(tx, rows, facts.of_cases)
    return http.reply({"conversations": found})


@blueprint.get("/conversations/<conversation_id:str>")
@openapi.definition(summary="会话详情：记录、订单、工单", tag="desk")
async def detail(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    row = await desk.find(services.db, conversation_id, who)
    async with services.db.write() as tx:
        await records.note(tx, "conversation.viewed", conversation_id, who.agent_id, utcnow())
    async with services.db.read() as tx:
        events = await records.events_before(tx, conversation_id, None)
        summary = (await queue.summaries(tx, [row], facts.of_cases))[0]
        shown = await tickets.of_conversations(tx, [conversation_id])
    lines = await services.facts.order_lines(row)
    if not who.handles_all_parties:
        lines = [entry for entry in lines if entry.merchant_id == who.party]
    answer = {
        "conversation": summary,
        "events": events,
        "orders": [entry.to_json() for entry in lines],
        "tickets": [ticket for ticket in shown if _is_for(who, ticket)],
    }
    return http.reply(services.files.sign(answer))


@blueprint.get("/conversations/<conversation_id:str>/events")
@openapi.definition(summary="沟通记录：before 向前翻，after 向后补", tag="desk")
async def events(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    await desk.find(services.db, conversation_id, who)
    limit = http.number(request, "limit", 100, 1, 200)
    async with services.db.read() as tx:
        if "after" in request.args:
            page = await records.events_after(
                tx, conversation_id, http.number(request, "after", 0, 0, 2**31), limit
            )
        else:
            before = http.number(request, "before", 2**31, 0, 2**31)
            page = await records.events_before(tx, conversation_id, before, limit)
    return http.reply(services.files.sign({"events": page}))


@blueprint.post("/conversations/<conversation_id:str>/messages")
@openapi.definition(
    summary="坐席回复；会话已易主时返回 409 stale_epoch", tag="desk", body=http.describe(ReplyBody)
)
async def reply(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, ReplyBody)
    seq, duplicate = await desk.reply(
        services.db,
        services.stream,
        conversation_id,
        who,
        client_msg_id=body.client_msg_id,
        text=body.text,
        file_ids=tuple(body.files),
        epoch=body.epoch,
        now=utcnow(),
    )
    return http.reply({"seq": seq, "duplicate": duplicate})


@blueprint.post("/conversations/<conversation_id:str>/files")
@openapi.definition(summary="坐席上传文件", tag="desk")
async def upload(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    await desk.find(services.db, conversation_id, who)
    sent = request.files.get("file") if request.files else None
    if sent is None:
        raise DomainError("no_file", "没有收到文件", 422)
    kept = await services.files.keep(
        services.db, conversation_id, who.agent_id, sent.name, sent.body, utcnow()
    )
    return http.reply(services.files.sign(kept), 201)


async def _by_ticket(services: Any, who: Principal, search: str) -> list[str]:
    party = None if who.handles_all_parties else who.party
    found, _ = await reading.list_tickets(services.db, party=party, q=search, limit=50)
    return [ticket["conversation_id"] for ticket in found]


def _is_for(who: Principal, ticket: dict[str, Any]) -> bool:
    """A consumer's thread may hold tickets of several merchants; each sees its own."""
    return who.may_see(ticket["merchant"]["id"] if ticket["merchant"] else PLATFORM)


async def conversation_reply(services: Any, row: Row) -> HTTPResponse:
    summary = await services.lists.summary(row["id"])
    if summary is None:
        raise not_found("会话")
    return http.reply({"conversation": summary})


def _time(raw: str | None) -> datetime | None:
    if not raw:
        return None
    try:
        return datetime.fromisoformat(raw)
    except ValueError as error:
        raise DomainError("invalid", "before 应为 ISO 时间", 422) from error
