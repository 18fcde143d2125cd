"""What every handler of the workbench asks first: who it is and how often he has called."""

from sanic import Request

from curation.people import may_review, may_train
from kernel import http
from kernel.principal import Principal


async def trainer(request: Request, rate: str = "curation") -> Principal:
    """The trainer or reviewer of this session. Raises DomainError `forbidden` (403) or `too_many` (429)."""
    who = may_train(http.staff(request))
    await request.app.ctx.services.limiter.check(rate, who.agent_id)
    return who


async def reviewer(request: Request, rate: str = "curation") -> Principal:
    """The supervisor or administrator of this session; raises as `trainer` does."""
    who = may_review(http.staff(request))
    await request.app.ctx.services.limiter.check(rate, who.agent_id)
    return who
