"""A platform's services on a real port: they check our signature and answer with what a double says."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from sanic import Request, Sanic
from sanic.response import HTTPResponse, json

from aftersales.core.refund import RefundPart
from aftersales.core.times import parsed
from aftersales.gateways.logistics import Logistics
from aftersales.gateways.notifications import Notice, Notifications
from aftersales.gateways.payments import Payments, RefundOrder
from aftersales.gateways.signing import is_signed
from kernel.errors import DomainError

SECRET = "between the platform and us"
Before = Callable[[Request], Awaitable[HTTPResponse | None]]


def platform(
    payments: Payments | None = None,
    logistics: Logistics | None = None,
    notifications: Notifications | None = None,
    before: Before | None = None,
) -> Sanic[Any, Any]:
    """The services; `before` may answer instead of them."""
    app: Sanic[Any, Any] = Sanic(f"platform{time.monotonic_ns()}", configure_logging=False)

    @app.on_request
    async def check(request: Request) -> HTTPResponse | None:
        signature, at = request.headers.get("x-anxin-signature", ""), request.headers.get("x-anxin-time", "")
        path = request.raw_url.decode()
        if not is_signed(SECRET.encode(), signature, at, time.time(), request.method, path, request.body):
            return json({"error": "signature"}, 401)
        return await before(request) if before else None

    @app.exception(DomainError)
    async def refuse(_request: Request, error: DomainError) -> HTTPResponse:
        return json(error.to_json(), error.status)

    @app.post("/api/refunds")
    async def refunds(request: Request) -> HTTPResponse:
        assert payments and request.headers["idempotency-key"] == request.json["key"]
        asked = request.json
        parts = tuple(RefundPart(**part) for part in asked.pop("parts"))
        found = await payments.refund(RefundOrder(**asked, parts=parts))
        return json({"key": found.key, "parts": [part.model_dump() for part in found.parts]})

    @app.get("/api/trackings/<waybill_no:str>", unquote=True)
    async def trackings(request: Request, waybill_no: str) -> HTTPResponse:
        assert logistics
        found = await logistics.track(
            request.args.get("carrier"), waybill_no, parsed(request.args.get("sent_at"))
        )
        return json({"tracking": found.model_dump(mode="json") if found else None}, 200 if found else 404)

    @app.post("/api/notices")
    async def notices(request: Request) -> HTTPResponse:
        assert notifications and request.json["channels"]
        asked = {key: value for key, value in request.json.items() if key != "channels"}
        return json({"notice_no": await notifications.send(Notice(**asked))})

    return app
