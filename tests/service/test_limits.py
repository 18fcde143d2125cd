"""How often who may do what."""

import asyncio

import pytest

from kernel.errors import DomainError
from service.limits import RATES, Limiter


async def test_beyond_the_rate_a_clear_refusal_and_only_for_the_one_who_hurries(redis_url: str) -> None:
    limiter = Limiter(redis_url)
    for _ in range(10):
        await limiter.check("login", "1.2.3.4:lin")
    with pytest.raises(DomainError) as refusal:
        await limiter.check("login", "1.2.3.4:lin")
    assert (refusal.value.code, refusal.value.status) == ("too_many", 429)
    await limiter.check("login", "1.2.3.4:chen")


async def test_what_a_short_rate_refuses_does_not_use_up_the_long_one(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RATES, "tried", ("2/second", "4/hour"))
    limiter = Limiter(redis_url)
    for _ in range(2):
        await limiter.check("tried", "hasty")
    for _ in range(5):
        with pytest.raises(DomainError):
            await limiter.check("tried", "hasty")
    await asyncio.sleep(1.1)
    for _ in range(2):
        await limiter.check("tried", "hasty")


async def test_two_instances_count_together(redis_url: str) -> None:
    one, two = Limiter(redis_url), Limiter(redis_url)
    for _ in range(5):
        await one.check("login", "together")
        await two.check("login", "together")
    with pytest.raises(DomainError):
        await two.check("login", "together")


async def test_without_redis_limits_still_hold() -> None:
    limiter = Limiter("unix:///nowhere/redis.sock")
    for _ in range(10):
        await limiter.check("login", "away")
    with pytest.raises(DomainError):
        await limiter.check("login", "away")
