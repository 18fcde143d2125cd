"""The demo's people are seeded as real ones are made."""

import pytest
from sqlalchemy import select

from aftersales.merchants.learning import attempts_of, may_handle_tickets
from handoff.store import agents
from kernel.db import metadata
from kernel.principal import Principal
from service import demo
from service.settings import Settings
from service.wiring import build


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_demos_merchants_have_passed_the_course_once(settings: Settings) -> None:
    services = build(settings)
    await services.db.run_sync(metadata.create_all)
    for _ in range(2):  # as often as it is started
        await demo.seed(services, "http://127.0.0.1:1")
    async with services.db.read() as tx:
        rows = await tx.all(select(agents).where(agents.c.role == "merchant_agent"))
    assert len(rows) == 6
    for row in rows:
        who = Principal("agent", agent_id=row["id"], name=row["name"], role=row["role"], party=row["party"])
        assert await may_handle_tickets(services.db, who)
        (passed,) = await attempts_of(services.db, agent_id=row["id"])
        assert passed["passed"] and passed["correct"] == passed["total"]
    newcomer = Principal(
        "agent", agent_id="a_new", name="新人", role="merchant_agent", party=rows[0]["party"]
    )
    assert not await may_handle_tickets(services.db, newcomer)
    await services.db.close()
