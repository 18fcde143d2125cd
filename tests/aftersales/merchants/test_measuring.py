"""A measure reaches a merchant with facts, reason and clause, under a person's name; he may appeal to another."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from aftersales.merchants.measuring import (
    APPEAL_JOB,
    decide,
    finish_appeal_time,
    of_merchant,
    propose,
    propose_by_score,
)
from aftersales.merchants.store import measures, scores
from kernel import jobs
from kernel.db import Database
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.aftersales.conftest import NOW
from tests.aftersales.merchants.conftest import ADMIN, LEAD, MERCHANT, PLATFORM, RIVAL, TRAINER

END, BEFORE = date(2026, 10, 31), date(2026, 9, 30)
METRICS = [{"name": "csat", "label": "满意度", "meets": False, "points": 0.0}]


async def proposed(db: Database, **given: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "merchant_id": "m_1",
        "merchant_name": "一号店",
        "kind": "restrict",
        "facts": "三十天内五单判定商家责任。",
        "reason": "低于 60 分。",
        "period": "2026-10-31",
        "evidence": {"tickets": ["AX1"]},
        "by": PLATFORM,
        "now": NOW,
    }
    return await propose(db, **(values | given))


async def scored(db: Database, day: date, score: float | None, tier: str | None) -> None:
    row = {"merchant_id": "m_1", "day": day, "merchant_name": "一号店", "score": score, "tier": tier}
    async with db.write() as tx:
        await tx.execute(
            insert(scores).values(row | {"cases": 40, "report": {"metrics": METRICS}, "at": NOW})
        )


async def refused(db: Database, measure_id: str, trigger: str, who: Principal, **given: Any) -> str:
    with pytest.raises(DomainError) as error:
        await decide(db, measure_id, trigger, who, given.get("reason", "因为"), given.get("now", NOW))
    return error.value.code


async def test_nothing_is_told_to_a_merchant_before_a_person_signs(db: Database) -> None:
    measure = await proposed(db)
    assert await of_merchant(db, MERCHANT, "m_1") == []
    assert await refused(db, measure["id"], "appeal", MERCHANT) == "not_found"
    assert await refused(db, measure["id"], "sign", PLATFORM) == "not_allowed"
    signed = await decide(db, measure["id"], "sign", LEAD, "核对过工单", NOW)
    assert signed["state"] == "notified" and signed["in_force"]
    assert signed["steps"][-1]["signature"]["name"] == "郑主管"
    (told,) = await of_merchant(db, MERCHANT, "m_1")
    assert (told["facts"], told["reason"]) == ("三十天内五单判定商家责任。", "低于 60 分。")
    assert told["clause"].startswith("商家评价规则") and told["evidence"] == {"tickets": ["AX1"]}
    assert told["next"] == [{"trigger": "appeal", "label": "申诉"}]
    assert told["appeal_until"] == "2026-12-01T04:00:00.000Z"


async def test_an_appeal_is_decided_by_another_person(db: Database) -> None:
    measure = await proposed(db)
    await decide(db, measure["id"], "sign", LEAD, "属实", NOW)
    appealed = await decide(db, measure["id"], "appeal", MERCHANT, "其中三单是承运人的责任", NOW)
    assert appealed["state"] == "appealed" and not appealed["in_force"]
    assert await refused(db, measure["id"], "overturn", LEAD) == "same_person"
    decided = await decide(db, measure["id"], "overturn", ADMIN, "申诉成立", NOW)
    assert decided["state"] == "overturned" and not decided["in_force"]
    assert [step["actor_name"] for step in decided["steps"]] == ["周宁", "郑主管", "林晓", "管理员"]
    assert await refused(db, measure["id"], "appeal", MERCHANT) == "illegal_transition"


@pytest.mark.parametrize("who", [RIVAL, TRAINER])
async def test_strangers_see_nothing_of_it(db: Database, who: Principal) -> None:
    measure = await proposed(db)
    await decide(db, measure["id"], "sign", LEAD, "属实", NOW)
    assert await refused(db, measure["id"], "appeal", who) == "not_found"
    with pytest.raises(DomainError):
        await of_merchant(db, who, "m_1")


async def test_without_an_appeal_it_is_final_when_the_time_is_over(db: Database) -> None:
    measure = await proposed(db)
    await decide(db, measure["id"], "sign", LEAD, "属实", NOW)
    assert await jobs.claim_due(db, NOW + timedelta(days=7)) == []
    (job,) = await jobs.claim_due(db, NOW + timedelta(days=7, seconds=1))
    assert job["kind"] == APPEAL_JOB
    await finish_appeal_time(db, job["payload"], NOW + timedelta(days=7))  # too early: nothing
    assert (await of_merchant(db, MERCHANT, "m_1"))[0]["state"] == "notified"
    for _ in range(2):
        await finish_appeal_time(db, job["payload"], NOW + timedelta(days=7, seconds=1))
    (final,) = await of_merchant(db, MERCHANT, "m_1")
    assert final["state"] == "final" and len(final["steps"]) == 3


async def test_an_appeal_in_time_is_not_closed_by_the_clock(db: Database) -> None:
    measure = await proposed(db)
    await decide(db, measure["id"], "sign", LEAD, "属实", NOW)
    await decide(db, measure["id"], "appeal", MERCHANT, "不同意", NOW + timedelta(days=7))
    await finish_appeal_time(db, {"measure_id": measure["id"]}, NOW + timedelta(days=9))
    assert (await of_merchant(db, MERCHANT, "m_1"))[0]["state"] == "appealed"


async def test_what_a_person_dismissed_is_never_told(db: Database) -> None:
    measure = await proposed(db)
    await decide(db, measure["id"], "dismiss", LEAD, "事实不清", NOW)
    assert await of_merchant(db, MERCHANT, "m_1") == []
    assert (await of_merchant(db, PLATFORM, "m_1"))[0]["state"] == "dismissed"


async def test_a_periods_score_proposes_what_the_rules_say_once(db: Database) -> None:
    await scored(db, END, 52.5, "restricted")
    for _ in range(2):
        assert await propose_by_score(db, "m_1", END, BEFORE, NOW) == ["restrict"]
    (measure,) = await of_merchant(db, PLATFORM, "m_1")
    assert measure["facts"] == "截至 2026-10-31 的 30 天内共 40 单，评分 52.5 分；未达目标：满意度。"
    assert measure["evidence"]["metrics"] == ["csat"] and measure["state"] == "proposed"


async def test_two_periods_below_sixty_propose_to_freeze(db: Database) -> None:
    await scored(db, BEFORE, 40, "restricted")
    await scored(db, END, 52.5, "restricted")
    assert await propose_by_score(db, "m_1", END, BEFORE, NOW) == ["restrict", "freeze"]
    found = {measure["kind"]: measure for measure in await of_merchant(db, PLATFORM, "m_1")}
    assert "上一期 40.0 分" in found["freeze"]["facts"]


@pytest.mark.parametrize(("score", "tier"), [(None, None), (80, "standard")])
async def test_too_few_cases_or_a_standard_score_propose_nothing(
    db: Database, score: float | None, tier: str | None
) -> None:
    await scored(db, END, score, tier)
    assert await propose_by_score(db, "m_1", END, BEFORE, NOW) == []
    assert await propose_by_score(db, "m_2", END, BEFORE, NOW) == []


async def test_two_who_propose_the_same_at_once_make_one(db: Database) -> None:
    made = await asyncio.gather(*(proposed(db) for _ in range(6)))
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(measures)) == 1
    assert len({measure["id"] for measure in made}) == 1


@pytest.mark.parametrize(
    ("given", "code"), [({"kind": "fine"}, "unknown_measure"), ({"facts": " "}, "missing_reason")]
)
async def test_a_measure_needs_a_known_kind_and_facts(db: Database, given: dict[str, str], code: str) -> None:
    with pytest.raises(DomainError) as error:
        await proposed(db, **given)
    assert error.value.code == code
