"""What the bot says, over HTTP: read, check, release, go back."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from curation import wording
from curation.api.asking import trainer
from curation.api.run_schemas import BackBody, CheckBody, WordingBody
from kernel import http
from kernel.clock import utcnow

blueprint = Blueprint("curation_wording", url_prefix="/api/v1/curation/wording")
TAG = "curation"


@blueprint.get("/")
@openapi.definition(summary="智能助手的全部回复，现在的说法和用语提示", tag=TAG)
async def listing(request: Request) -> HTTPResponse:
    await trainer(request)
    services = request.app.ctx.services
    found = await wording.listing(services.db, services.replies)
    return http.reply({"replies": found, "examples": wording.EXAMPLES})


@blueprint.get("/<name:str>")
@openapi.definition(summary="一条回复的所有版本：谁、何时、为什么", tag=TAG)
async def versions(request: Request, name: str) -> HTTPResponse:
    await trainer(request)
    services = request.app.ctx.services
    return http.reply({"versions": await wording.versions(services.db, services.replies, name)})


@blueprint.post("/<name:str>/check")
@openapi.definition(summary="发布前检查：用语规范、变量、按钮", tag=TAG, body=http.describe(CheckBody))
async def check(request: Request, name: str) -> HTTPResponse:
    await trainer(request)
    services, body = request.app.ctx.services, http.body(request, CheckBody)
    return http.reply({"marks": await wording.check(services.replies, name, body.variants)})


@blueprint.post("/<name:str>/release")
@openapi.definition(summary="发布新的说法，下一句就生效，不用训练", tag=TAG, body=http.describe(WordingBody))
async def release(request: Request, name: str) -> HTTPResponse:
    who = await trainer(request)
    services, body = request.app.ctx.services, http.body(request, WordingBody)
    found = await wording.release(
        services.db, services.replies, who, name, body.variants, body.reason, utcnow()
    )
    return http.reply({"reply": found})


@blueprint.post("/<name:str>/back")
@openapi.definition(summary="回到早先的版本", tag=TAG, body=http.describe(BackBody))
async def back(request: Request, name: str) -> HTTPResponse:
    who = await trainer(request)
    services, body = request.app.ctx.services, http.body(request, BackBody)
    found = await wording.go_back(
        services.db, services.replies, who, name, body.number, body.reason, utcnow()
    )
    return http.reply({"reply": found})
