"""Checks of the data over HTTP, and what a trainer does about a finding."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales.api.answers import query
from curation import changing, checking, relabelling
from curation.api.asking import trainer
from curation.api.schemas import RelabelBody, WaveBody
from curation.core.checks import KINDS
from curation.core.nlu_file import About
from kernel import http
from kernel.clock import utcnow

blueprint = Blueprint("curation_checks", url_prefix="/api/v1/curation")


@blueprint.post("/checks")
@openapi.definition(summary="检查训练数据；已经在查的就等那一次", tag="curation")
async def ask(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request, "curation_heavy")
    found = await checking.ask(services.db, who, utcnow())
    await checking.carry_on(services.db, services.curation, utcnow())
    return http.reply({"check": found}, 202)


@blueprint.get("/checks")
@openapi.definition(summary="最近的检查和各类问题的数目", tag="curation")
async def recent(request: Request) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    return http.reply({"checks": await checking.latest(services.db), "kinds": KINDS})


@blueprint.get("/checks/<check_id:str>/findings")
@openapi.definition(
    summary="一次检查发现的句子，最要紧的在前",
    tag="curation",
    parameter=[
        query("kind", "只看这一类"),
        query("offset", "从第几条起", int),
        query("limit", "1 到 200", int),
    ],
)
async def findings(request: Request, check_id: str) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    offset, limit = (
        http.number(request, "offset", 0, 0, 1_000_000),
        http.number(request, "limit", 100, 1, 200),
    )
    found = await checking.of_check(services.db, check_id, request.args.get("kind"), offset, limit)
    return http.reply({"findings": found})


@blueprint.post("/findings/<finding_id:int>/wave")
@openapi.definition(
    summary="看过了，这句没问题：以后的检查不再计入", tag="curation", body=http.describe(WaveBody)
)
async def wave(request: Request, finding_id: int) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    body = http.body(request, WaveBody)
    await checking.wave(services.db, who, finding_id, body.reason, utcnow())
    return http.reply({"waved": True})


@blueprint.get("/data/lines")
@openapi.definition(
    summary="在训练数据里查句子",
    tag="curation",
    parameter=[query("q", "包含这些字"), query("intent", "意图")],
)
async def lines(request: Request) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    words = (request.args.get("q") or "").strip()[:100]
    return http.reply(
        {"lines": await relabelling.lines(services.curation, words, request.args.get("intent"))}
    )


@blueprint.post("/data/relabel")
@openapi.definition(
    summary="给训练数据里的一句换标签，或者移除它", tag="curation", body=http.describe(RelabelBody)
)
async def relabel(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    body = http.body(request, RelabelBody)
    of = About.of(body.intent, body.kind, body.detail)
    to = (
        (About(body.to_intent, "topic", body.to_detail) if body.to_detail else About(body.to_intent))
        if body.to_intent
        else None
    )
    row = await relabelling.relabel(
        services.db, services.curation, who, body.text, of, to, body.reason, utcnow()
    )
    return http.reply({"change": changing.change_json(row)})
