"""The log of what the platform was told: for supervisors and administrators of the platform."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales import webhooks
from aftersales.api.answers import answers, query
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError, forbidden

blueprint = Blueprint("webhooks", url_prefix="/api/v1/desk/webhooks")

STATES = ("pending", "delivered", "dead")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DeliveryJson(_Answer):
    attempt: int
    at: str
    status: int | None
    error: str | None
    took_ms: int


class EventJson(_Answer):
    id: str
    type: str
    at: str
    data: dict[str, Any]
    state: str
    attempts: int
    deliveries: list[DeliveryJson]


class Events(_Answer):
    events: list[EventJson]


class Catalogue(_Answer):
    catalogue: dict[str, str]


class Planned(_Answer):
    planned: bool


def _keeper(request: Request) -> None:
    who = http.staff(request)
    if who.role not in ("supervisor", "admin") or not who.handles_all_parties:
        raise forbidden("只有平台的主管和管理员能看推送记录")


@blueprint.get("/")
@openapi.definition(
    summary="最近的推送和每次投递，新的在前",
    tag="webhooks",
    parameter=[query("state", "pending、delivered 或 dead"), query("limit", "1 到 200，默认 50", int)],
    response=answers(Events, 401, 403, 422),
)
async def log(request: Request) -> HTTPResponse:
    _keeper(request)
    state = request.args.get("state") or None
    if state and state not in STATES:
        raise DomainError("invalid", "没有这种状态", 422, field="state")
    limit = http.number(request, "limit", 50, 1, 200)
    return http.reply({"events": await webhooks.log_of(request.app.ctx.services.db, limit, state)})


@blueprint.get("/catalogue")
@openapi.definition(summary="会推送哪些事件", tag="webhooks", response=answers(Catalogue, 401, 403))
async def catalogue(request: Request) -> HTTPResponse:
    _keeper(request)
    return http.reply({"catalogue": webhooks.CATALOGUE})


@blueprint.post("/<event_id:str>/redeliver")
@openapi.definition(
    summary="再投递一次，事件 id 不变", tag="webhooks", response=answers(Planned, 401, 403, 404)
)
async def redeliver(request: Request, event_id: str) -> HTTPResponse:
    _keeper(request)
    await webhooks.redeliver(request.app.ctx.services.db, event_id, utcnow())
    return http.reply({"planned": True})
