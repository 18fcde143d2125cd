"""Whether the service lives, and whether every part it needs is there."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sqlalchemy import text

from kernel import http

blueprint = Blueprint("health")


@blueprint.get("/healthz")
async def healthz(request: Request) -> HTTPResponse:
    """200 as long as the process answers."""
    return http.reply({"status": "ok"})


@blueprint.get("/readyz")
async def readyz(request: Request) -> HTTPResponse:
    """200 when database, event stream and Rasa all answer; else 503 and which part is missing."""
    services = request.app.ctx.services
    parts = {"database": False, "events": False, "rasa": await services.brain.is_ready()}
    try:
        async with services.db.read() as tx:
            await tx.scalar(text("SELECT 1"))
        parts["database"] = True
    except Exception as error:
        parts["database_error"] = type(error).__name__
    try:
        parts["events"] = bool(await services.stream.redis.ping())
    except Exception as error:
        parts["events_error"] = type(error).__name__
    ready = bool(parts["database"] and parts["events"] and parts["rasa"])
    missing = [name for name in ("database", "events", "rasa") if not parts[name]]
    return http.reply({"ready": ready, "missing": missing, "parts": parts}, 200 if ready else 503)
