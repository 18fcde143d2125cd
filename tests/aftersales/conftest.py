"""The smallest valid order line, application and ticket, and somebody to act on them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest
from sqlalchemy import select

from aftersales import tickets
from aftersales.core.order import OrderLine, PaymentPart
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import CONSUMER, MERCHANT, PLATFORM, SYSTEM_ACTOR, Actor
from aftersales.rulebook_store import load_rulebook
from aftersales.store import tickets as table
from kernel.db import Database

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # noon in Shanghai
LATER = NOW + timedelta(minutes=5)

ACTORS = {
    "consumer": Actor(CONSUMER, "u_1", "小满"),
    "merchant": Actor(MERCHANT, "a_1", "林晓", "m_1"),
    "platform": Actor(PLATFORM, "a_2", "周宁", "platform"),
    "arbiter": Actor(PLATFORM, "a_3", "沈岚", "platform"),
    "system": SYSTEM_ACTOR,
}
PHOTOS = [
    {"file_id": "f_1", "kind": "image", "sha256": "a" * 64},
    {"file_id": "f_2", "kind": "image", "sha256": "b" * 64},
]


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return load_rulebook()


def order_line(**given: Any) -> OrderLine:
    """A mug received yesterday for 199.00 元."""
    values: dict[str, Any] = {
        "order_no": "331234567890123456",
        "line_no": 1,
        "consumer_id": "u_1",
        "merchant_id": "m_1",
        "merchant_name": "一号店",
        "sku": "mug",
        "title": "陶瓷马克杯",
        "category": "家居",
        "spec": {"颜色": "白色"},
        "quantity": 1,
        "paid_fen": 19900,
        "list_fen": 22900,
        "payment": (PaymentPart("微信支付", 19900),),
        "image_url": "/demo/goods/mug.svg",
        "status": "signed",
        "ordered_at": NOW - timedelta(days=4),
        "shipped_at": NOW - timedelta(days=3),
        "signed_at": NOW - timedelta(days=1),
        "carrier": "顺丰速运",
        "waybill_no": "SF7300000001",
    }
    return OrderLine(**(values | given))


def application(key: str = "k1", **given: Any) -> tickets.OpenTicket:
    """A broken mug with both photos; each key is about a line of its own."""
    line_no = 1 if key == "k1" else crc32(key.encode()) % 900 + 2
    values: dict[str, Any] = {
        "key": key,
        "conversation_id": "c_1",
        "consumer_id": "u_1",
        "consumer_name": "小满",
        "order_line": order_line(line_no=line_no),
        "issue_type": "quality",
        "sub_type": "quality_damaged",
        "collected": {
            "damage_photo": {"files": ["f_1"], "text": None, "waived": False},
            "whole_photo": {"files": ["f_2"], "text": None, "waived": False},
        },
        "attachments": PHOTOS,
        "record_from": 3,
        "record_to": 9,
    }
    return tickets.OpenTicket(**(values | given))


async def opened(db: Database, key: str = "k1", now: datetime = NOW, **given: Any) -> dict[str, Any]:
    return await tickets.open_ticket(db, application(key, **given), load_rulebook(), now)


async def move(
    db: Database, ticket_id: str, trigger: str, by: str = "merchant", now: datetime = LATER, **data: Any
) -> dict[str, Any]:
    """One transition; `reason` and `version` as `transition` takes them, everything else is data.

    `merchant` is an agent of the ticket's own merchant, or of the platform where it has none.
    """
    actor = ACTORS[by]
    if by == "merchant":
        async with db.read() as tx:
            party = await tx.scalar(select(table.c.party).where(table.c.id == ticket_id))
        actor = ACTORS["platform"] if party == "platform" else replace(actor, party=party or "m_1")
    given = {"reason": data.pop("reason", "核实过了"), "expected_version": data.pop("version", None)}
    return await tickets.transition(db, ticket_id, trigger, actor, data=data, now=now, **given)


CLAUSE = "《消费者权益保护法》第24条"
RULING = {"liability": "merchant", "clause": CLAUSE, "remedy": "return_refund"}
DENIAL = {"liability": "none", "clause": CLAUSE}
_IN = (("accept", "merchant", {}), ("intervene", "consumer", {}))
_JUDGED = (*_IN, ("take_up", "arbiter", {}), ("close_evidence", "arbiter", {}))
_BACK = ("send_back", "consumer", {"carrier": "顺丰速运", "waybill_no": "SF7300000001"})
# From `submitted` to each status, and to each phase of the execution, as people go.
WAYS: dict[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "submitted": (),
    "pending_evidence": (("request_evidence", "merchant", {}),),
    "accepted": (("accept", "merchant", {}),),
    "negotiating": (("accept", "merchant", {}), ("negotiate", "merchant", {})),
    "proposal_pending": (("accept", "merchant", {}), ("propose", "merchant", {"remedy": "refund_only"})),
    "executing": (("accept", "merchant", {}), ("agree", "merchant", {"remedy": "refund_only"})),
    "closed": (
        ("accept", "merchant", {}),
        ("agree", "merchant", {"remedy": "refund_only"}),
        ("complete", "merchant", {"proof": "RF20261124000001"}),
    ),
    "withdrawn": (("withdraw", "consumer", {}),),
    "verifying": (("accept", "merchant", {}), ("verify", "merchant", {})),
    "platform_intervention": _IN,
    "evidence_period": _JUDGED[:3],
    "adjudicating": _JUDGED,
    "suspended": (*_JUDGED, ("suspend", "arbiter", {})),
    "rejected_claim": (*_JUDGED, ("reject_claim", "arbiter", DENIAL)),
    "appeal_review": (*_JUDGED, ("reject_claim", "arbiter", DENIAL), ("appeal", "consumer", {})),
    "archived": (("withdraw", "consumer", {}), ("archive", "system", {})),
    "awaiting_return": (("accept", "merchant", {}), ("agree", "merchant", {"remedy": "return_refund"})),
    "awaiting_receipt": (
        ("accept", "merchant", {}),
        ("agree", "merchant", {"remedy": "return_refund"}),
        _BACK,
    ),
    "refunding": (("accept", "merchant", {}), ("agree", "merchant", {"remedy": "refund_only"})),
    "exchanging": (
        ("accept", "merchant", {}),
        ("agree", "merchant", {"remedy": "exchange"}),
        _BACK,
        ("goods_received", "merchant", {}),
    ),
    "reshipping": (("accept", "merchant", {}), ("agree", "merchant", {"remedy": "reship"})),
    "repairing": (
        ("accept", "merchant", {}),
        ("agree", "merchant", {"remedy": "repair"}),
        _BACK,
        ("goods_received", "merchant", {}),
    ),
    "compensating": (
        ("accept", "merchant", {}),
        ("agree", "merchant", {"remedy": "goodwill", "amount_fen": 1234}),
    ),
}
# What the complaint has to be for a remedy of the way to be allowed.
_GIVEN: dict[str, dict[str, Any]] = {
    "reshipping": {"issue_type": "wrong_item", "sub_type": "missing_item", "collected": {}},
    "repairing": {"sub_type": "quality_malfunction", "collected": {}},
}


async def at_status(db: Database, status: str, key: str = "k1", **given: Any) -> dict[str, Any]:
    """A ticket that has gone its way to `status`, or to that phase of the execution."""
    ticket = await opened(db, key, **(_GIVEN.get(status, {}) | given))
    for trigger, by, data in WAYS[status]:
        ticket = await move(db, ticket["id"], trigger, by, **data)
    assert status in (ticket["status"], ticket["phase"])
    return ticket
