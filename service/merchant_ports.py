"""Ties merchants' metrics to what conversations know."""

from collections.abc import Sequence
from datetime import datetime

from aftersales.gateways.orders import Orders
from aftersales.merchants.core.metrics import Counts, Tally
from handoff import figures, tone
from kernel.db import Tx
from kernel.errors import DomainError


class HandoffCounts:
    """The merchants' `ConversationCounts`; while the order service is away, its count is None."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def counts(
        self,
        tx: Tx,
        merchant_id: str,
        start: datetime,
        end: datetime,
        closed: Sequence[tuple[str, str, datetime]],
    ) -> Counts:
        waits = await figures.waits_of(tx, merchant_id, start, end)
        replied = [
            (wait, seconds)
            for wait in waits
            if wait.is_by_day and (seconds := wait.seconds_to_reply) is not None
        ]
        judged = [(wait, answered) for wait in waits if (answered := wait.was_answered(end)) is not None]
        spoken = await tone.inspected(tx, merchant_id, start, end)
        stiff = await tone.violations(tx, merchant_id, start, end) & spoken
        return Counts(
            tone_violations=Tally(len(stiff), len(spoken), tuple(sorted(stiff))),
            first_response=Tally(
                sum(seconds for _, seconds in replied),
                len(replied),
                tuple(wait.conversation_id for wait, _ in replied),
            ),
            handoff_answered=Tally(
                sum(answered for _, answered in judged),
                len(judged),
                tuple(wait.conversation_id for wait, answered in judged if answered),
            ),
            paid_orders=await self._paid(merchant_id, start, end),
            came_back=frozenset(await figures.came_back(tx, closed)),
        )

    async def _paid(self, merchant_id: str, start: datetime, end: datetime) -> int | None:
        try:
            return await self._orders.count_paid(merchant_id, start, end)
        except DomainError:
            return None
