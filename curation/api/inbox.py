"""The trainers' inbox over HTTP: what waits, one sentence, and every act on it."""

import asyncio

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales.api.answers import query
from curation import gathering, guideline, labelling, reading, splitting
from curation.api.asking import reviewer, trainer
from curation.api.schemas import LabelBody, PartBody, SplitBody
from curation.changing import carry_out
from curation.core.facts import KEYS
from curation.core.item import State
from curation.people import REVIEWS
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError

blueprint = Blueprint("curation", url_prefix="/api/v1/curation")


@blueprint.get("/me")
@openapi.definition(summary="我在训练台能做什么，今天做了多少", tag="curation")
async def me(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    found = await reading.figures(services.db, who, utcnow())
    return http.reply({"name": who.name, "role": who.role, "reviews": who.role in REVIEWS, "figures": found})


@blueprint.get("/labels")
@openapi.definition(summary="可以选的意图、细类和事实", tag="curation")
async def labels(request: Request) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    corpus = await asyncio.to_thread(services.curation.folder.corpus)
    facts = [{"key": key, "name": name} for key, name in KEYS.items()]
    return http.reply({"labels": guideline.meanings(corpus), "facts": facts})


@blueprint.get("/guideline")
@openapi.definition(summary="标注规范和主管裁定过的例子", tag="curation")
async def rules(request: Request) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    return http.reply({"guideline": await guideline.guideline(services.db)})


@blueprint.get("/inbox")
@openapi.definition(
    summary="收件箱，最值得标的在前",
    tag="curation",
    parameter=[
        query("state", "open、second、disputed、accepted、excluded 或 split；不写：我还能标的"),
        query("intent", "机器人判成的意图"),
        query("q", "包含这些字"),
        query("offset", "从第几句起", int),
        query("limit", "1 到 100", int),
    ],
)
async def inbox(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    state = request.args.get("state")
    if state and state not in {one.value for one in State}:
        raise DomainError("invalid", "没有这种状态", 422)
    offset = http.number(request, "offset", 0, 0, 1_000_000)
    if not offset:
        await gathering.gather(services.db, services.curation, utcnow(), utcnow())
    found, total = await reading.inbox(
        services.db,
        who,
        state=state,
        intent=request.args.get("intent"),
        words=(request.args.get("q") or "").replace("\0", "")[:100] or None,
        offset=offset,
        limit=http.number(request, "limit", 30, 1, 100),
    )
    return http.reply({"items": found, "total": total})


@blueprint.get("/inbox/<item_id:str>")
@openapi.definition(summary="一句话：同类说法、前后会话（已脱敏）、已有标注", tag="curation")
async def detail(request: Request, item_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    return http.reply({"item": await reading.detail(services.db, who, item_id)})


@blueprint.post("/inbox/<item_id:str>/label")
@openapi.definition(
    summary="标注：label 意图、细类和事实，exclude 不用于训练，skip 跳过",
    tag="curation",
    body=http.describe(LabelBody),
)
async def label(request: Request, item_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    body = http.body(request, LabelBody)
    said = body.verdict_of(await _text(request, item_id))
    done = await labelling.label(services.db, services.curation, who, item_id, said, utcnow())
    return http.reply(await _outcome(request, done))


@blueprint.post("/inbox/<item_id:str>/settle")
@openapi.definition(
    summary="裁定分歧（主管、管理员）：理由必填，进入标注规范", tag="curation", body=http.describe(LabelBody)
)
async def settle(request: Request, item_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, await reviewer(request)
    said = http.body(request, LabelBody).verdict_of(await _text(request, item_id))
    done = await labelling.settle(services.db, services.curation, who, item_id, said, utcnow())
    return http.reply(await _outcome(request, done))


@blueprint.post("/inbox/<item_id:str>/second")
@openapi.definition(summary="请另一位训练师也标这句", tag="curation")
async def second(request: Request, item_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    await labelling.ask_second(services.db, who, item_id, utcnow())
    return http.reply({"wanted": 2})


@blueprint.post("/inbox/<item_id:str>/split")
@openapi.definition(summary="把说了两件事的话拆开", tag="curation", body=http.describe(SplitBody))
async def split(request: Request, item_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    body = http.body(request, SplitBody)
    return http.reply({"items": await splitting.split(services.db, who, item_id, body.places, utcnow())})


@blueprint.post("/inbox/<item_id:str>/part")
@openapi.definition(
    summary="这种说法不是一个意思，从这一组里拿出来", tag="curation", body=http.describe(PartBody)
)
async def part(request: Request, item_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    body = http.body(request, PartBody)
    return http.reply({"item": await splitting.part_off(services.db, who, item_id, body.turn_id, utcnow())})


@blueprint.post("/inbox/<item_id:str>/undo")
@openapi.definition(summary="撤回对这句话的处理，训练数据一并还原", tag="curation")
async def undo(request: Request, item_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, await trainer(request)
    change = await labelling.undo(services.db, services.curation, who, item_id, utcnow())
    return http.reply({"state": "open", "change_id": change})


@blueprint.get("/disputed")
@openapi.definition(
    summary="两位训练师标得不一样的句子", tag="curation", parameter=[query("offset", "从第几句起", int)]
)
async def disputed(request: Request) -> HTTPResponse:
    services, _ = request.app.ctx.services, await reviewer(request)
    found, total = await reading.disputed(services.db, http.number(request, "offset", 0, 0, 1_000_000))
    return http.reply({"items": found, "total": total})


@blueprint.get("/agreement")
@openapi.definition(summary="训练师之间的一致程度（Cohen's kappa）", tag="curation")
async def agreement(request: Request) -> HTTPResponse:
    services, _ = request.app.ctx.services, await trainer(request)
    return http.reply({"agreement": await reading.agreeing(services.db)})


async def _text(request: Request, item_id: str) -> str:
    services = request.app.ctx.services
    return str((await reading.face(services.db, item_id))["text"])


async def _outcome(request: Request, done: labelling.Outcome) -> dict[str, object]:
    """The change is carried out at once; what fails is tried again by its job."""
    services = request.app.ctx.services
    change = None
    if done.change_id:
        row = await carry_out(services.db, services.curation, done.change_id, utcnow())
        change = {"id": row["id"], "commit": row["commit"], "done": row["done"]}
    return {"state": done.state, "change": change, "held_back": done.held_back}
