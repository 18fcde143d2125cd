"""The Sanic application: blueprints, who is calling, errors as JSON, health, pages."""

import asyncio
import contextlib
import gc
import hmac
import traceback
from typing import Any
from urllib.parse import urlsplit

import structlog
from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse
from sanic_ext import Extend
from sanic_ext.extensions.openapi.extension import OpenAPIExtension

import actions.runtime
import curation.api
from aftersales.api import consumer as ticket_consumer_api
from aftersales.api import desk as ticket_desk_api
from aftersales.api import eligibility as eligibility_api
from aftersales.api import rules as rules_api
from aftersales.api import webhooks as webhooks_api
from aftersales.archive.api import consumer as privacy_api
from aftersales.archive.api import desk as archive_api
from aftersales.merchants.api import desk as merchants_api
from connectors import app as consumer_api
from connectors import rasa_rest, tokens, web_widget
from handoff import staff
from handoff.api import desk as desk_api
from handoff.api import socket as desk_socket
from handoff.api import supervisor as supervisor_api
from handoff.api import taking as taking_api
from handoff.api import writing as desk_writing
from kernel import http
from kernel.clock import utcnow
from kernel.errors import DomainError, forbidden, unauthorized
from kernel.ids import new_id
from service import action_server, course_gate, demo, health, metrics, pages, rules_page
from service.jobs import run_forever
from service.settings import Settings
from service.wiring import Services, build

log = structlog.get_logger()

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
MAX_BODY = 101 * 1024 * 1024  # a video of 100 MB and its multipart frame
STAFF_PATHS = ("/api/v1/desk", "/api/v1/curation")
OPEN_PATHS = ("/api/v1/desk/login", "/api/v1/demo")


def create_app(settings: Settings, services: Services | None = None) -> Sanic[Any, Any]:
    """The service as an application; it owns `services` from start to stop."""
    app: Sanic[Any, Any] = Sanic(new_id("anxin", 8), configure_logging=False)
    app.config.update(
        REQUEST_MAX_SIZE=MAX_BODY,
        RESPONSE_TIMEOUT=90,
        WEBSOCKET_MAX_SIZE=64 * 1024,
        WEBSOCKET_PING_INTERVAL=45,  # below the idle limit of common proxies; a desk's page is asked by DeskSocket
        WEBSOCKET_PING_TIMEOUT=20,
        GRACEFUL_SHUTDOWN_TIMEOUT=5.0,
        PROXIES_COUNT=settings.proxies or None,
        OAS_URL_PREFIX="docs",
        OAS_UI_REDOC=False,
        OAS_UI_SWAGGER=False,
        OAS_URI_TO_JSON="openapi.json",
        API_TITLE="安心售后 Anxin",
        API_VERSION="1",
        API_DESCRIPTION="对话式售后服务：消费者、坐席、训练师接口。",
    )
    Extend(app, extensions=[ApiDescription], built_in_extensions=False)
    app.ctx.services = services or build(settings)
    for blueprint in (
        consumer_api.blueprint,
        web_widget.blueprint,
        rasa_rest.blueprint,
        desk_api.blueprint,
        taking_api.blueprint,
        supervisor_api.blueprint,
        desk_socket.blueprint,
        desk_writing.blueprint,
        ticket_consumer_api.blueprint,
        ticket_desk_api.blueprint,
        archive_api.blueprint,
        merchants_api.blueprint,
        privacy_api.blueprint,
        eligibility_api.blueprint,
        rules_api.blueprint,
        webhooks_api.blueprint,
        action_server.blueprint,
        health.blueprint,
        *curation.api.BLUEPRINTS,
    ):
        app.blueprint(blueprint)
    pages.add(app, settings)
    rules_page.add(app)
    if settings.demo:
        app.blueprint(demo.blueprint)
    app.on_request(identify)
    if settings.require_course:
        app.on_request(course_gate.ask_for_course)
    app.on_response(guard_headers)
    app.exception(Exception)(answer_error)
    metrics.add(app)

    @app.before_server_start
    async def start(app: Sanic[Any, Any], _loop: Any) -> None:
        running: Services = app.ctx.services
        await running.start()
        actions.runtime.bind(running)
        app.ctx.jobs = asyncio.create_task(run_forever(running), name="jobs")
        # What is loaded now stays: the collector need not look at it again, which cost up to 100 ms in a turn.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)

    @app.after_server_stop
    async def stop(app: Sanic[Any, Any], _loop: Any) -> None:
        app.ctx.jobs.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await app.ctx.jobs
        await app.ctx.services.close()

    return app


class ApiDescription(OpenAPIExtension):
    """The OpenAPI description alone; the page that shows it is ours, with nothing from elsewhere."""

    name = "description"

    def label(self) -> str:
        return ""


async def identify(request: Request) -> None:
    """Finds out who is calling; handlers decide whether that is enough."""
    path = request.path
    if not path.startswith("/api/v1/") or path in OPEN_PATHS:
        return
    services: Services = request.app.ctx.services
    bearer = request.token or _socket_token(request)
    cookie = request.cookies.get(desk_api.SESSION_COOKIE)
    if path.startswith(STAFF_PATHS):
        token = bearer or cookie
        found = await staff.whose(services.db, token, utcnow()) if token else None
        if found is None:
            raise unauthorized("请先登录")
        request.ctx.principal, request.ctx.session = found
        request.ctx.session_token = token
        if not bearer:
            _check_origin(request, request.ctx.session["csrf"])
        return
    if bearer:
        request.ctx.principal = tokens.read_conversation(services.settings.secret, bearer)
    elif cookie and path.startswith("/api/v1/files/"):
        found = await staff.whose(services.db, cookie, utcnow())
        if found:
            request.ctx.principal = found[0]


def _socket_token(request: Request) -> str | None:
    """A browser cannot set headers on a WebSocket: the token travels as the second subprotocol."""
    offered = [part.strip() for part in request.headers.get("sec-websocket-protocol", "").split(",")]
    return offered[1] if len(offered) == 2 and offered[0] == "anxin.v1" and offered[1] else None


def _check_origin(request: Request, csrf: str) -> None:
    """A cookie alone proves nothing about the page that sent the request."""
    if request.headers.get("upgrade", "").lower() == "websocket":
        origin = request.headers.get("origin")
        if origin and urlsplit(origin).netloc != request.headers.get("host"):
            raise forbidden("来源不被允许")
    elif request.method in UNSAFE and not hmac.compare_digest(request.headers.get("x-csrf-token", ""), csrf):
        raise DomainError("bad_csrf", "页面已过期，请刷新后再试", 403)


async def guard_headers(request: Request, response: HTTPResponse) -> None:
    response.headers.setdefault("x-content-type-options", "nosniff")
    response.headers.setdefault("referrer-policy", "same-origin")


async def answer_error(request: Request, error: Exception) -> HTTPResponse:
    """Every error is JSON with a code and a sentence; what we did not foresee is logged with its trace."""
    if isinstance(error, DomainError):
        return http.reply(error.to_json(), error.status)
    if isinstance(error, SanicException):
        status = error.status_code
        code, message = {
            404: ("not_found", "没有这个地址"),
            405: ("method_not_allowed", "这个地址不支持这种请求"),
            413: ("too_large", "内容太大了"),
        }.get(
            status,
            ("bad_request", "请求有问题") if status < 500 else ("internal", "服务出了点问题，请稍后再试"),
        )
        return http.reply(DomainError(code, message).to_json(), status)
    where = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        "request.failed",
        path=request.path,
        error=type(error).__name__,
        at=f"{where.filename}:{where.lineno}",
        exc_info=error if request.app.ctx.services.settings.demo else None,
    )
    return http.reply(DomainError("internal", "服务出了点问题，请稍后再试").to_json(), 500)
