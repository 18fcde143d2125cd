"""What an order line entitles to: for the consumer's own lines, and for the desk those it may see."""

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales.api.answers import answers, query
from aftersales.api.rule_answers import Eligibility
from aftersales.core.order import OrderLine
from aftersales.entitling import answer_for
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError, forbidden, not_found

blueprint = Blueprint("eligibility", url_prefix="/api/v1")

_SUB_TYPE = query("sub_type", "问题的小类，例如 quality_defect：举证和运费只给这一类的答案")


@blueprint.get("/eligibility/<line_id:str>")
@openapi.definition(
    summary="这件商品现在能退、换、修到什么时候，依据是什么；只能查自己的订单",
    tag="eligibility",
    parameter=[_SUB_TYPE],
    response=answers(Eligibility, 401, 404, 422),
)
async def own_line(request: Request, line_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, http.consumer(request)
    line = await services.own_line(who.conversation_id, line_id)
    if line is None:
        raise not_found("订单商品")
    return await _answer(request, services, line)


@blueprint.get("/desk/eligibility/<line_id:str>")
@openapi.definition(
    summary="订单商品的售后资格；商家坐席只看到自己商家的",
    tag="eligibility",
    parameter=[_SUB_TYPE],
    response=answers(Eligibility, 401, 403, 404, 422),
)
async def any_line(request: Request, line_id: str) -> HTTPResponse:
    services, who = request.app.ctx.services, http.staff(request)
    if not who.handles_conversations:
        raise forbidden("您的角色不处理工单")
    line = await services.orders.line(line_id)
    if line is None or not who.may_see(line.merchant_id):
        raise not_found("订单商品")
    return await _answer(request, services, line)


async def _answer(request: Request, services: Any, line: OrderLine) -> HTTPResponse:
    sub_type = request.args.get("sub_type") or None
    if sub_type and sub_type not in services.rulebook.issues:
        raise DomainError("invalid", "没有这种问题类型", 422, field="sub_type")
    found = await answer_for(services.db, line, utcnow(), sub_type, services.rulebook.version)
    return http.reply({"eligibility": found})
