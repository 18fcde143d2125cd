"""Models over HTTP: which there are, which serves, promotion with a canary, and the way back."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from curation import models, promoting, serving
from curation.api.asking import trainer
from curation.api.run_schemas import PromoteBody, ReasonBody, RollbackBody, ShareBody
from kernel import http
from kernel.clock import utcnow

blueprint = Blueprint("curation_models", url_prefix="/api/v1/curation/models")
TAG = "curation"


@blueprint.get("/")
@openapi.definition(summary="所有模型、在用的是哪个、上线和退回的记录（谁、何时、为什么、sha256）", tag=TAG)
async def listing(request: Request) -> HTTPResponse:
    await trainer(request)
    db = request.app.ctx.services.db
    return http.reply(
        {
            "models": await models.listing(db),
            "serving": await serving.shown(db),
            "promotions": await promoting.listing(db),
        }
    )


@blueprint.post("/promotions")
@openapi.definition(
    summary="上线一个模型；不达标时返回 409 gates_closed 和每条原因", tag=TAG, body=http.describe(PromoteBody)
)
async def promote(request: Request) -> HTTPResponse:
    who = await trainer(request)
    services, body = request.app.ctx.services, http.body(request, PromoteBody)
    row = await promoting.promote(
        services.db, services.releasing, who, body.model, body.share, body.reason, utcnow()
    )
    return http.reply({"promotion": promoting.shown(row)}, 201)


@blueprint.post("/rollback")
@openapi.definition(summary="一键回到任何上线过的模型", tag=TAG, body=http.describe(RollbackBody))
async def roll_back(request: Request) -> HTTPResponse:
    who = await trainer(request)
    services, body = request.app.ctx.services, http.body(request, RollbackBody)
    row = await promoting.roll_back(services.db, services.releasing, who, body.model, body.reason, utcnow())
    return http.reply({"promotion": promoting.shown(row)}, 201)


@blueprint.post("/promotions/<promotion_id:str>/share")
@openapi.definition(summary="放大灰度比例；100 为全量", tag=TAG, body=http.describe(ShareBody))
async def widen(request: Request, promotion_id: str) -> HTTPResponse:
    who = await trainer(request)
    services, body = request.app.ctx.services, http.body(request, ShareBody)
    row = await promoting.widen(services.db, who, promotion_id, body.share, utcnow())
    return http.reply({"promotion": promoting.shown(row)})


@blueprint.post("/promotions/<promotion_id:str>/return")
@openapi.definition(summary="退回：之前的模型继续服务", tag=TAG, body=http.describe(ReasonBody))
async def take_back(request: Request, promotion_id: str) -> HTTPResponse:
    who = await trainer(request)
    services, body = request.app.ctx.services, http.body(request, ReasonBody)
    row = await promoting.take_back(services.db, who, promotion_id, body.reason, utcnow())
    return http.reply({"promotion": promoting.shown(row)})
