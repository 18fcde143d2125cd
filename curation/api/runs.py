"""Training runs over HTTP: ask, follow, cancel, read the report and the log."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, text
from sanic_ext import openapi

from curation import promoting, runs
from curation.api.asking import trainer
from curation.api.run_schemas import RunBody
from kernel import http
from kernel.clock import utcnow

blueprint = Blueprint("curation_runs", url_prefix="/api/v1/curation/runs")
TAG = "curation"


@blueprint.get("/")
@openapi.definition(summary="训练记录，新的在前；在跑的带进度和剩余时间", tag=TAG)
async def listing(request: Request) -> HTTPResponse:
    await trainer(request)
    services = request.app.ctx.services
    return http.reply({"runs": await runs.listing(services.db, services.training)})


@blueprint.post("/")
@openapi.definition(summary="用现在的数据训练一次（排队，一次跑一个）", tag=TAG, body=http.describe(RunBody))
async def ask(request: Request) -> HTTPResponse:
    who = await trainer(request, "curation_heavy")
    services, body = request.app.ctx.services, http.body(request, RunBody)
    row = await runs.ask(services.db, services.training, who, body.reason, utcnow())
    return http.reply({"run": runs.shown(services.training, row)}, 201)


@blueprint.get("/<run_id:str>")
@openapi.definition(summary="一次训练的报告，以及每道上线门槛", tag=TAG)
async def detail(request: Request, run_id: str) -> HTTPResponse:
    await trainer(request)
    services = request.app.ctx.services
    found = await runs.read(services.db, services.training, run_id)
    gates = promoting.judge(found["report"], services.releasing) if found["report"] else []
    return http.reply({"run": found, "gates": gates})


@blueprint.get("/<run_id:str>/log")
@openapi.definition(summary="训练日志的末尾", tag=TAG)
async def log(request: Request, run_id: str) -> HTTPResponse:
    await trainer(request)
    services = request.app.ctx.services
    said = await runs.read_log(services.db, services.training, run_id)
    return text(said, headers={"cache-control": "no-store"})


@blueprint.post("/<run_id:str>/cancel")
@openapi.definition(summary="取消一次训练", tag=TAG)
async def cancel(request: Request, run_id: str) -> HTTPResponse:
    who = await trainer(request)
    services = request.app.ctx.services
    row = await runs.cancel(services.db, services.training, who, run_id, utcnow())
    return http.reply({"run": runs.shown(services.training, row)})
