"""How often who may do what; counted in Redis, so that several instances count together."""

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from kernel.errors import DomainError

log = structlog.get_logger()

RATES: dict[str, tuple[str, ...]] = {
    "open": ("60/minute",),  # conversations an address
    "message": ("30/10second", "240/10minute"),  # messages a conversation
    "upload": ("30/minute",),  # files a conversation
    "copy": ("10/hour",),  # copies of the record a conversation
    "writing": ("300/minute",),  # checks while typing, notes and searches an agent
    "login": ("10/minute",),  # tries an address and username
    "curation": ("300/minute",),  # acts a trainer
    "curation_heavy": ("20/minute",),  # imports, exports, checks and runs a trainer
    "rest": ("600/minute",),  # calls an address of the Rasa-compatible channel
}


class Limiter:
    """Raises DomainError `too_many` (429) beyond a rate; counts in memory while Redis is away."""

    def __init__(self, redis_url: str, *, generous: int = 1) -> None:
        url = "redis+" + redis_url if redis_url.startswith("unix://") else redis_url
        self._redis = MovingWindowRateLimiter(RedisStorage("async+" + url, implementation="redispy"))
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._rates: dict[str, list[RateLimitItem]] = {
            name: [_times(parse(rate), generous) for rate in rates] for name, rates in RATES.items()
        }

    async def check(self, what: str, who: str) -> None:
        for rate in self._rates[what]:
            # one after the other: what the short rate refuses must not use up the long one
            try:
                allowed = await self._redis.hit(rate, what, who)
            except (RedisError, OSError) as error:
                log.warning("limits.redis_away", error=type(error).__name__)
                allowed = await self._memory.hit(rate, what, who)
            if not allowed:
                raise DomainError("too_many", "操作太频繁了，请稍等一会儿再试", 429, limit=str(rate))


def _times(rate: RateLimitItem, factor: int) -> RateLimitItem:
    return type(rate)(rate.amount * factor, rate.multiples)
