"""Where the course is required: a merchant's staff who have not passed it read, and act on nothing."""

from sanic import Request

from aftersales.merchants.learning import check_may_handle

ACTING = {"POST", "PUT", "PATCH", "DELETE"}
HANDLING = ("/api/v1/desk/tickets", "/api/v1/desk/conversations")


async def ask_for_course(request: Request) -> None:
    """Raises DomainError `course_required` (403); runs after the caller is known."""
    if request.method in ACTING and request.path.startswith(HANDLING):
        await check_may_handle(request.app.ctx.services.db, request.ctx.principal)
