"""Runs the Rasa actions inside the service; `service.wiring.from_environment` says how to run them apart."""

import hmac
from typing import Any

import structlog
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic_ext import openapi

import actions
from kernel import http
from kernel.errors import unauthorized

blueprint = Blueprint("actions")
log = structlog.get_logger()

executor = ActionExecutor()
executor.register_package(actions)


@blueprint.post("/internal/actions/webhook")
@openapi.exclude()
async def webhook(request: Request) -> HTTPResponse:
    """Rasa's action protocol; only with the action token."""
    expected = request.app.ctx.services.settings.action_token
    if not hmac.compare_digest(request.token or "", expected):
        raise unauthorized("缺少或错误的内部凭证")
    call: dict[str, Any] = request.json
    try:
        result = await executor.run(call)
    except ActionExecutionRejection as rejection:
        return http.reply({"error": str(rejection), "action_name": rejection.action_name}, 400)
    except ActionNotFoundException as missing:
        return http.reply({"error": str(missing), "action_name": missing.action_name}, 404)
    return http.reply(result.model_dump() if hasattr(result, "model_dump") else result or {})
