"""What supervisors see: board, reports, audit trail; and talks by phone or video entered into the record."""

from datetime import datetime, timedelta
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from handoff import board, opening, reports, talks, trail
from handoff.api.desk import agent
from handoff.api.schemas import HoursBody, TalkBody
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError, forbidden
from kernel.times import SHANGHAI

blueprint = Blueprint("desk_supervisor", url_prefix="/api/v1/desk")


@blueprint.get("/board")
@openapi.definition(summary="实时看板（主管）", tag="desk")
async def show_board(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    return http.reply(await board.show(services.db, who, utcnow()))


@blueprint.get("/hours")
@openapi.definition(summary="本方的工作时间和关闭日（主管）", tag="desk")
async def show_hours(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    return http.reply({"hours": await opening.show(services.db, who, utcnow())})


@blueprint.put("/hours")
@openapi.definition(
    summary="设置本方的工作时间和关闭日（主管）；非工作时间的提示随之改变",
    tag="desk",
    body=http.describe(HoursBody),
)
async def set_hours(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    if not who.supervises:
        raise forbidden("工作时间由主管设置")
    body = http.body(request, HoursBody)
    made = await opening.save(services.db, who, body.workdays, body.days_off, body.closed_days, utcnow())
    return http.reply({"hours": made})


@blueprint.get("/reports")
@openapi.definition(
    summary="任意时间段的报表（主管）：from、to 为日期或 ISO 时间，by 为 day、agent、merchant、reason",
    tag="desk",
)
async def show_report(request: Request) -> HTTPResponse:
    return http.reply(await _report(request))


@blueprint.get("/reports.csv")
@openapi.definition(summary="同一份报表的 CSV（主管）", tag="desk")
async def csv_report(request: Request) -> HTTPResponse:
    made = await _report(request)
    name = f"anxin-report-{made['from'][:10]}-{made['to'][:10]}-{made['by']}.csv"
    return HTTPResponse(
        reports.as_csv(made),
        content_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"},
    )


async def _report(request: Request) -> dict[str, Any]:
    services, who = request.app.ctx.services, agent(request)
    now = utcnow()
    end = _moment(request.args.get("to"), ends=True) or now
    start = _moment(request.args.get("from")) or end - timedelta(days=7)
    return await reports.make(services.db, who, start, end, request.args.get("by", "day"))


@blueprint.get("/audit")
@openapi.definition(
    summary="审计记录（主管），新的在前：kind、actor、conversation_id、from、to、before、limit", tag="desk"
)
async def show_trail(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    found = await trail.page(
        services.db,
        who,
        kind=request.args.get("kind"),
        actor=request.args.get("actor"),
        conversation_id=request.args.get("conversation_id"),
        start=_moment(request.args.get("from")),
        end=_moment(request.args.get("to"), ends=True),
        before=http.number(request, "before", 0, 0, 2**62) or None,
        limit=http.number(request, "limit", 100, 1, 200),
    )
    return http.reply(found)


@blueprint.post("/conversations/<conversation_id:str>/records")
@openapi.definition(
    summary="登记电话或视频沟通：进入沟通记录，双方可见，不可修改", tag="desk", body=http.describe(TalkBody)
)
async def enter_talk(request: Request, conversation_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, agent(request)
    body = http.body(request, TalkBody)
    made = await talks.enter(
        services.db,
        services.stream,
        conversation_id,
        who,
        kind=body.kind,
        summary=body.summary,
        at=body.at,
        minutes=body.minutes,
        file_id=body.file_id,
        now=utcnow(),
    )
    return http.reply(made, 201)


def _moment(raw: str | None, *, ends: bool = False) -> datetime | None:
    """A date of Shanghai (with `ends`, its end) or an ISO time; raises `invalid` (422)."""
    if not raw:
        return None
    try:
        at = datetime.fromisoformat(raw)
    except ValueError as error:
        raise DomainError("invalid", "时间应为日期或 ISO 时间", 422) from error
    if len(raw) == 10:
        return at.replace(tzinfo=SHANGHAI) + timedelta(days=1 if ends else 0)
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
