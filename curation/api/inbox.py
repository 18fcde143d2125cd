"""The trainers' inbox over HTTP."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from curation.api.asking import trainer
from curation.people import REVIEWS
from kernel import http

blueprint = Blueprint("curation", url_prefix="/api/v1/curation")


@blueprint.get("/me")
@openapi.definition(summary="我在训练台能做什么", tag="curation")
async def me(request: Request) -> HTTPResponse:
    who = await trainer(request)
    return http.reply({"name": who.name, "role": who.role, "reviews": who.role in REVIEWS})
