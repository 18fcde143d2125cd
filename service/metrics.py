"""Figures for a monitor, in Prometheus' text form."""

import time
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sanic import Request, Sanic
from sanic.response import HTTPResponse, raw

REQUESTS = Histogram(
    "anxin_request_seconds",
    "Time of a request by route and status",
    ("route", "method", "status"),
    buckets=(
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        10,
        60,
    ),
)
ERRORS = Counter("anxin_errors_total", "Requests that ended in an error of ours", ("route",))


def add(app: Sanic[Any, Any]) -> None:
    """Measures every request by its route's pattern (never by its path, which holds ids) and serves /metrics."""

    async def begin(request: Request) -> None:
        request.ctx.began = time.perf_counter()

    async def end(request: Request, response: HTTPResponse) -> None:
        route = request.route.path if request.route else "unknown"
        took = time.perf_counter() - getattr(request.ctx, "began", time.perf_counter())
        REQUESTS.labels(route, request.method, response.status).observe(took)
        if response.status >= 500:
            ERRORS.labels(route).inc()

    app.register_middleware(begin, "request", priority=100)
    app.on_response(end)

    @app.get("/metrics")
    async def metrics(_request: Request) -> HTTPResponse:
        return raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)
