"""Merchants at the desk: scores, the tickets behind them, measures, course. A merchant sees itself only."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales.api.answers import query
from aftersales.merchants import learning, measuring, scoring
from aftersales.merchants.api.schemas import AttemptBody, DecideBody, ProposeBody
from aftersales.merchants.books import load_course
from aftersales.merchants.core.measure import TRIGGERS
from kernel import http
from kernel.clock import utcnow
from kernel.errors import forbidden, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import SHANGHAI

blueprint = Blueprint("desk_merchants", url_prefix="/api/v1/desk/merchants")
TAG = "merchants"


def _staff(request: Request) -> Principal:
    who = http.staff(request)
    if not who.handles_conversations:
        raise forbidden("您的角色不能查看商家评价")
    return who


def _seen(request: Request, merchant_id: str) -> Principal:
    """Whoever may see this merchant; for others it does not exist."""
    who = _staff(request)
    if not who.may_see(merchant_id):
        raise not_found("商家")
    return who


@blueprint.get("/")
@openapi.definition(summary="每个商家最近的评分，低的在前；商家只看到自己", tag=TAG)
async def listing(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    party = None if who.handles_all_parties else who.party
    return http.reply({"merchants": await scoring.latest(services.db, party)})


@blueprint.get("/course")
@openapi.definition(summary="售后规则学习卡片和测验题（不含答案），以及我是否已通过", tag=TAG)
async def course(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    mine = await learning.attempts_of(services.db, agent_id=who.agent_id)
    version = load_course().version
    passed = any(one["passed"] and one["course_version"] == version for one in mine)
    return http.reply({"course": load_course().shown(), "passed": passed, "attempts": mine})


@blueprint.post("/course/attempts")
@openapi.definition(summary="提交测验", tag=TAG, body=http.describe(AttemptBody))
async def attempt(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    body = http.body(request, AttemptBody)
    return http.reply({"attempt": await learning.attempt(services.db, who, body.answers, utcnow())})


@blueprint.get("/<merchant_id:str>")
@openapi.definition(
    summary="商家的评分、每项指标和走势",
    tag=TAG,
    parameter=[query("days", "走势的天数，1 到 400，默认 90", int)],
)
async def detail(request: Request, merchant_id: str) -> HTTPResponse:
    services = request.app.ctx.services
    _seen(request, merchant_id)
    days = await scoring.history(services.db, merchant_id, http.number(request, "days", 90, 1, 400))
    return http.reply({"merchant": days[-1], "history": days})


@blueprint.get("/<merchant_id:str>/metrics/<metric:str>")
@openapi.definition(
    summary="一项指标由哪些工单得出，拉低它的在前", tag=TAG, parameter=[query("day", "YYYY-MM-DD，默认今天")]
)
async def metric_tickets(request: Request, merchant_id: str, metric: str) -> HTTPResponse:
    services = request.app.ctx.services
    _seen(request, merchant_id)
    day = scoring.parse_day(request.args.get("day"), utcnow().astimezone(SHANGHAI).date())
    found = await scoring.tickets_of(services.db, services.counts, merchant_id, metric, day)
    return http.reply(found)


@blueprint.get("/<merchant_id:str>/attempts")
@openapi.definition(summary="商家坐席的测验记录", tag=TAG)
async def attempts(request: Request, merchant_id: str) -> HTTPResponse:
    services = request.app.ctx.services
    _seen(request, merchant_id)
    return http.reply({"attempts": await learning.attempts_of(services.db, party=merchant_id)})


@blueprint.get("/<merchant_id:str>/measures")
@openapi.definition(summary="商家的表彰和处理：事实、理由、依据、申诉", tag=TAG)
async def measures(request: Request, merchant_id: str) -> HTTPResponse:
    services = request.app.ctx.services
    who = _seen(request, merchant_id)
    return http.reply({"measures": await measuring.of_merchant(services.db, who, merchant_id)})


@blueprint.post("/<merchant_id:str>/measures")
@openapi.definition(
    summary="提出一项处理（平台）；签发后才通知商家", tag=TAG, body=http.describe(ProposeBody)
)
async def propose(request: Request, merchant_id: str) -> HTTPResponse:
    services = request.app.ctx.services
    who = _seen(request, merchant_id)
    if not who.handles_all_parties:
        raise forbidden("处理由平台提出")
    body = http.body(request, ProposeBody)
    known = await scoring.latest(services.db, merchant_id)
    made = await measuring.propose(
        services.db,
        merchant_id=merchant_id,
        merchant_name=known[0]["merchant_name"] if known else "",
        kind=body.kind,
        facts=body.facts,
        reason=body.reason,
        period=new_id("by"),
        evidence={"tickets": body.tickets},
        by=who,
        now=utcnow(),
    )
    return http.reply({"measure": made}, 201)


@blueprint.post("/measures/<measure_id:str>/<trigger:str>")
@openapi.definition(
    summary="签发 sign、不采纳 dismiss、申诉 appeal、维持 uphold、撤销 overturn",
    tag=TAG,
    body=http.describe(DecideBody),
)
async def decide(request: Request, measure_id: str, trigger: str) -> HTTPResponse:
    services, who = request.app.ctx.services, _staff(request)
    if trigger not in TRIGGERS or trigger == "finish":
        raise not_found("操作")
    body = http.body(request, DecideBody)
    found = await measuring.decide(services.db, measure_id, trigger, who, body.reason, utcnow())
    return http.reply({"measure": found})
