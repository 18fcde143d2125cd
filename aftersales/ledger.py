"""Tables of what leaves us: refunds, parcels, notices, webhooks, and the published rulebooks."""

from sqlalchemy import JSON, BigInteger, Column, Date, Integer, String, Table, Text
from sqlalchemy.schema import Index, UniqueConstraint

from kernel.db import UtcDateTime, metadata

rulebooks = Table(
    "rulebooks",
    metadata,
    Column("version", String(20), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("content", Text, nullable=False),
    Column("published_at", Date, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

refunds = Table(
    "refunds",
    metadata,
    Column("key", String(80), primary_key=True),  # the idempotency key, the same towards the provider
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("kind", String(12), nullable=False),  # refund | goodwill | compensation
    Column("order_no", String(40), nullable=False),
    Column("line_id", String(60), nullable=False, index=True),
    Column("consumer_id", String(80), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("parts", JSON, nullable=False),  # [{method, amount_fen, state, receipt_no, reason}]
    Column("state", String(12), nullable=False),  # pending | partial | done | failed
    Column("attempts", Integer, nullable=False),
    Column("error", String(60)),
    Column("started_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
)

parcels = Table(
    "parcels",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("kind", String(12), nullable=False),  # return | exchange | reship | repair
    Column("carrier", String(40), nullable=False),
    Column("waybill_no", String(40), nullable=False),
    Column("state", String(12), nullable=False),  # unknown | collected | moving | delivering | signed | lost
    Column("traces", JSON, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("checked_at", UtcDateTime),
    Column("signed_at", UtcDateTime),
    UniqueConstraint("ticket_id", "kind", "waybill_no"),
)

notices = Table(
    "notices",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("consumer_id", String(80), nullable=False, index=True),
    Column("template", String(40), nullable=False),
    Column("params", JSON, nullable=False),
    Column("state", String(12), nullable=False),  # pending | sent | dead
    Column("attempts", Integer, nullable=False),
    Column("provider_no", String(80)),
    Column("at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
)

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(120), nullable=False, unique=True),  # what happened, once
    Column("type", String(40), nullable=False),
    Column("data", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),  # pending | delivered | dead
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", UtcDateTime),
    Index("ix_webhook_events_at", "at", "id"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("event_id", String(40), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", Integer),  # what the platform answered; empty when it did not
    Column("error", String(60)),
)

__all__ = ["notices", "parcels", "refunds", "rulebooks", "webhook_deliveries", "webhook_events"]
