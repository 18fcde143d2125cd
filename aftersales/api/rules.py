"""The published rules: open to everybody, as they have to be (L23)."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

from aftersales import rulebook_reading
from aftersales.api.answers import answers
from aftersales.api.rule_answers import Difference, Published, Versions
from kernel import http
from kernel.clock import utcnow

blueprint = Blueprint("rules", url_prefix="/api/v1/rules")


@blueprint.get("/")
@openapi.definition(summary="已公示的规则版本，新的在前", tag="rules", response=answers(Versions))
async def listing(_request: Request) -> HTTPResponse:
    return http.reply(rulebook_reading.versions(utcnow()))


@blueprint.get("/<version:str>")
@openapi.definition(
    summary="一个版本的全部规则：内容、适用、依据", tag="rules", response=answers(Published, 404)
)
async def one(_request: Request, version: str) -> HTTPResponse:
    return http.reply({"rulebook": rulebook_reading.version(version, utcnow())})


@blueprint.get("/<old:str>/diff/<new:str>")
@openapi.definition(summary="两个版本之间改了什么", tag="rules", response=answers(Difference, 404))
async def diff(_request: Request, old: str, new: str) -> HTTPResponse:
    return http.reply({"diff": rulebook_reading.difference(old, new)})
