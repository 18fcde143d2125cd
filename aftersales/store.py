"""Tables of tickets, their history and their evidence."""

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text
from sqlalchemy.schema import Index

from kernel.db import UtcDateTime, metadata

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(20), primary_key=True),  # the number people read: AX2026112400037
    Column("key", String(160), nullable=False, unique=True),  # one opening, however often it is asked for
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("consumer_id", String(80), nullable=False),
    Column("consumer_name", String(80), nullable=False),
    Column("party", String(40), nullable=False),  # the merchant's id, or "platform" without an order
    Column("merchant_name", String(80), nullable=False, default=""),
    Column("order_line", JSON),  # the line as it was when the ticket was opened
    Column("order_no", String(40), index=True),
    Column("status", String(30), nullable=False),
    Column("phase", String(30)),  # of the execution
    Column("version", Integer, nullable=False),
    Column("issue_type", String(40), nullable=False),
    Column("sub_type", String(40)),
    Column("remedy", String(30)),
    Column("facts", JSON, nullable=False),
    Column("proposal", JSON),
    Column("proof", String(200)),
    Column("rulings", JSON, nullable=False, default=list),  # adjudications, oldest first, each signed
    Column("pending_decision", JSON),  # waits for a second person's signature
    Column("quote", JSON),  # a repair that costs something: {amount_fen, reason, state}
    Column("round", Integer, nullable=False, default=0),  # how often it went into execution
    Column("extended", Integer, nullable=False, default=0),
    Column("paused_seconds", Integer),  # what was left of the time for a ruling when it was suspended
    Column("escalated_at", UtcDateTime),  # its deadline has passed and a supervisor has to look
    Column("rule_version", String(20), nullable=False),
    Column("record_from", Integer, nullable=False),
    Column("record_to", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("rating", Integer),
    Column("rating_service", Integer),
    Column("rating_note", String(500)),
    Index("ix_tickets_consumer_id", "consumer_id", "opened_at", "id"),
    Index("ix_tickets_party", "party", "opened_at", "id"),
    Index("ix_tickets_party_status", "party", "status", "opened_at", "id"),
    Index("ix_tickets_status", "status", "opened_at", "id"),
    Index("ix_tickets_escalated_at", "escalated_at"),
    Index("ix_tickets_opened_at", "opened_at", "id"),
)

transitions = Table(
    "ticket_transitions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("trigger", String(30), nullable=False),
    Column("from_status", String(30)),
    Column("to_status", String(30), nullable=False),
    Column("to_phase", String(30)),  # of the execution
    Column("actor_kind", String(12), nullable=False),
    Column("actor_id", String(80), nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("rule_version", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

evidence_items = Table(
    "evidence_items",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("item_id", String(40), nullable=False),
    Column("label", String(80), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("required", Integer, nullable=False),
    Column("status", String(10), nullable=False),  # provided | waived | missing
    Column("files", JSON, nullable=False),  # [{file_id, kind, sha256}]
    Column("text", Text),
    Column("provided_by", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

statements = Table(
    "ticket_statements",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("side", String(12), nullable=False),
    Column("actor_id", String(80), nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("files", JSON, nullable=False),  # [{file_id, kind, sha256}]
    Column("at", UtcDateTime, nullable=False),
)
