"""A consumer's own wish: delete what is known of me."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales.archive import erasing
from aftersales.archive.api.desk import deletion_json
from aftersales.archive.api.schemas import DeletionBody
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError

blueprint = Blueprint("consumer_privacy", url_prefix="/api/v1/privacy")

EXPLAINED = (
    "已收到您的删除请求。依法须保存的售后记录（自完结起不少于三年）会转入限制存储，到期后清除；其余内容会删除。"
    "还在处理中的工单会先办完。"
)


@blueprint.post("/deletion")
@openapi.definition(
    summary="删除我的个人信息：依法须留存的转入限制存储，其余删除",
    tag="privacy",
    body=http.describe(DeletionBody),
)
async def deletion(request: Request) -> HTTPResponse:
    services, who = request.app.ctx.services, http.consumer(request)
    if not who.consumer_id:
        raise DomainError("anonymous", "请先登录，我们才能确认是您本人的信息", 403)
    body = http.body(request, DeletionBody)
    row = await erasing.ask_deletion(services.db, who.consumer_id, body.reason or "消费者本人提出", utcnow())
    return http.reply(deletion_json(row) | {"message": EXPLAINED})
