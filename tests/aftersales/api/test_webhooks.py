"""What the platform was told is seen by those who answer for it, and by nobody else."""

import pytest

from aftersales import webhooks
from aftersales.api.webhooks import Catalogue, Events
from kernel.db import Database
from tests.aftersales.api.conftest import Api
from tests.aftersales.conftest import NOW


async def published(db: Database) -> str:
    async with db.write() as tx:
        return await webhooks.publish(tx, "ticket.moved", "AX1:2", {"id": "AX1"}, NOW)


async def test_a_supervisor_reads_the_log_and_has_an_event_delivered_again(db: Database, api: Api) -> None:
    event_id = await published(db)
    answer = await api.get("supervisor", "desk/webhooks")
    (event,) = Events.model_validate(answer).events
    assert (event.id, event.state, event.deliveries) == (event_id, "pending", [])
    assert (await api.get("admin", "desk/webhooks?state=dead"))["events"] == []
    assert (await api.post("supervisor", f"desk/webhooks/{event_id}/redeliver"))["planned"] is True
    assert await api.error("supervisor", "desk/webhooks/evt_none/redeliver", 404) == "not_found"
    await api.get("supervisor", "desk/webhooks?state=lost", 422)
    Catalogue.model_validate(await api.get("supervisor", "desk/webhooks/catalogue"))


@pytest.mark.parametrize(
    ("who", "status"), [("merchant", 403), ("platform", 403), ("trainer", 403), ("xiaoman", 401), (None, 401)]
)
async def test_nobody_else_does(db: Database, api: Api, who: str | None, status: int) -> None:
    event_id = await published(db)
    await api.get(who, "desk/webhooks", status)
    await api.get(who, "desk/webhooks/catalogue", status)
    await api.error(who, f"desk/webhooks/{event_id}/redeliver", status)
