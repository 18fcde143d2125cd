"""What happens to a ticket reaches its consumer outside the chat too: once, and also after the service was away."""

from datetime import timedelta

from sqlalchemy import select

from aftersales import notices
from aftersales.core.ticket import TicketMoved
from aftersales.gateways.notifications import DemoNotifications, Notice
from aftersales.gateways.trouble import Trouble
from aftersales.ledger import notices as table
from kernel import jobs
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.conftest import LATER, at_status


async def run_jobs(db: Database, notifications: DemoNotifications, hours: int = 48) -> None:
    for hour in range(hours):
        now = LATER + timedelta(hours=hour)
        for row in await jobs.claim_due(db, now):
            if row["kind"] == notices.NOTICE_JOB:
                await notices.handle_notice(db, notifications, row["payload"], now)
                await jobs.finish(db, row["id"])


async def states(db: Database) -> list[tuple[str, int]]:
    async with db.read() as tx:
        rows = await tx.all(select(table).order_by(table.c.key))
    return [(row["state"], row["attempts"]) for row in rows]


async def test_moves_are_told_except_those_the_consumer_made_himself(db: Database) -> None:
    db.handlers[TicketMoved] = [notices.on_moved]
    ticket = await at_status(db, "closed")
    await at_status(db, "withdrawn", "k2")
    await at_status(db, "closed", "k3", consumer_id="")
    notifications = DemoNotifications()
    await run_jobs(db, notifications)
    told = list(notifications.sent.values())
    assert [notice.key for notice in told] == [f"{ticket['id']}:{version}" for version in (2, 3, 4)]
    assert told[-1].text.startswith("已按方案处理完成，工单完结。")
    assert told[-1].params == {"ticket_id": ticket["id"], "status": "完结"}
    assert {notice.consumer_id for notice in told} == {"u_1"}


async def test_a_service_that_is_away_is_asked_again_and_nothing_is_sent_twice(db: Database) -> None:
    class AwayTwice(DemoNotifications):
        asked = 0

        async def send(self, notice: Notice) -> str:
            self.asked += 1
            if self.asked <= 2:
                raise DomainError("notifications_unavailable", "通知服务暂时连不上", 503)
            return await super().send(notice)

    db.handlers[TicketMoved] = [notices.on_moved]
    await at_status(db, "closed")
    notifications = AwayTwice()
    await run_jobs(db, notifications)
    assert len(notifications.sent) == 3
    found = await states(db)
    assert {state for state, _ in found} == {"sent"} and max(tries for _, tries in found) > 1


async def test_who_cannot_be_reached_is_not_asked_for_for_ever(db: Database) -> None:
    class Unreachable(DemoNotifications):
        async def send(self, notice: Notice) -> str:
            raise DomainError("notice_refused", "这位消费者没有可用的通知方式", 422)

    db.handlers[TicketMoved] = [notices.on_moved]
    await at_status(db, "accepted")
    await run_jobs(db, Unreachable())
    assert await states(db) == [("dead", 1)]
    await at_status(db, "accepted", "k2")
    await run_jobs(db, DemoNotifications(Trouble(away=1.0)))
    assert ("dead", notices.MOST_TRIES) in await states(db)
