"""What merchants' metrics ask of the rest of the house."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from aftersales.merchants.core.metrics import Counts
from kernel.db import Tx


class ConversationCounts(Protocol):
    """What only conversations know of a merchant between two moments."""

    async def counts(
        self,
        tx: Tx,
        merchant_id: str,
        start: datetime,
        end: datetime,
        closed: Sequence[tuple[str, str, datetime]],
    ) -> Counts:
        """Response times, answered requests, wording, and who of `closed` came back within 72 h.

        `closed` holds (ticket id, conversation id, when it came to 完结). What is not counted is None.
        """
        ...


class NoCounts:
    """Where nothing of conversations is known: the metrics that need them have no value."""

    async def counts(
        self,
        tx: Tx,
        merchant_id: str,
        start: datetime,
        end: datetime,
        closed: Sequence[tuple[str, str, datetime]],
    ) -> Counts:
        return Counts()
