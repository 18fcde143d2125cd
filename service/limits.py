"""How often who may do what; counted in Redis, so that several instances count together."""

import time

import redis.asyncio as redis
import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
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


# The moving window of `limits` over all rates of one act in one round trip, which is most of what a check costs.
# What one rate refuses uses up none of them.
_HIT = """
local now = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
    local entry = redis.call('lindex', key, ARGV[2 * i] - 1)
    if entry and tonumber(entry) >= now - ARGV[2 * i + 1] then return i end
end
for i, key in ipairs(KEYS) do
    redis.call('lpush', key, ARGV[1])
    redis.call('ltrim', key, 0, ARGV[2 * i] - 1)
    redis.call('expire', key, ARGV[2 * i + 1])
end
return 0
"""


class Limiter:
    """Raises DomainError `too_many` (429) beyond a rate; counts in memory while Redis is away."""

    def __init__(self, redis_url: str, *, generous: int = 1) -> None:
        self._redis = redis.Redis.from_url(redis_url)
        self._hit = self._redis.register_script(_HIT)
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._rates: dict[str, list[RateLimitItem]] = {
            name: [_times(parse(rate), generous) for rate in rates] for name, rates in RATES.items()
        }

    async def check(self, what: str, who: str) -> None:
        """Counts one act of `who`, unless it is refused."""
        rates = self._rates[what]
        try:
            refused = await self._hit_all(rates, what, who)
        except (RedisError, OSError) as error:
            log.warning("limits.redis_away", error=type(error).__name__)
            refused = await self._hit_here(rates, what, who)
        if refused:
            raise DomainError("too_many", "操作太频繁了，请稍等一会儿再试", 429, limit=str(refused))

    async def _hit_all(self, rates: list[RateLimitItem], what: str, who: str) -> RateLimitItem | None:
        numbers: list[float] = [time.time()]
        for rate in rates:
            numbers += [rate.amount, rate.get_expiry()]
        place = await self._hit([rate.key_for(what, who) for rate in rates], numbers)
        return rates[place - 1] if place else None

    async def _hit_here(self, rates: list[RateLimitItem], what: str, who: str) -> RateLimitItem | None:
        for rate in rates:
            # one after the other: what the short rate refuses must not use up the long one
            if not await self._memory.hit(rate, what, who):
                return rate
        return None

    async def close(self) -> None:
        await self._redis.aclose()


def _times(rate: RateLimitItem, factor: int) -> RateLimitItem:
    return type(rate)(rate.amount * factor, rate.multiples)
