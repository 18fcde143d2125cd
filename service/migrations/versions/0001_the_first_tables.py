"""the first tables

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

import kernel.db


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("party_name", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("username", name=op.f("uq_agents_username")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_kind"), ["kind"], unique=False)

    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=80), nullable=False),
        sa.Column("consumer_name", sa.String(length=80), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("order_nos", sa.JSON(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=10), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=True),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("order_line_id", sa.String(length=80), nullable=True),
        sa.Column("queue_reason", sa.String(length=40), nullable=True),
        sa.Column("queue_priority", sa.Integer(), nullable=False),
        sa.Column("queued_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("consumer_seq", sa.Integer(), nullable=False),
        sa.Column("answered_seq", sa.Integer(), nullable=False),
        sa.Column("consumer_read_seq", sa.Integer(), nullable=False),
        sa.Column("agent_read_seq", sa.Integer(), nullable=False),
        sa.Column("turn_id", sa.String(length=80), nullable=True),
        sa.Column("turn_upto", sa.Integer(), nullable=False),
        sa.Column("turn_lease_until", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("turn_failures", sa.Integer(), nullable=False),
        sa.Column("turn_retry_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("opened_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index("ix_conversations_agent_id", ["agent_id", "updated_at"], unique=False)
        batch_op.create_index("ix_conversations_consumer_id", ["consumer_id", "opened_at"], unique=False)
        batch_op.create_index(
            "ix_conversations_unanswered",
            ["turn_retry_at"],
            unique=False,
            sqlite_where=sa.text("owner = 'bot' AND answered_seq < consumer_seq"),
            postgresql_where=sa.text("owner = 'bot' AND answered_seq < consumer_seq"),
        )
        batch_op.create_index("ix_conversations_updated_at", ["updated_at"], unique=False)
        batch_op.create_index(
            "ix_conversations_waiting",
            ["party", sa.literal_column("queue_priority DESC"), "queued_at"],
            unique=False,
            sqlite_where=sa.text("owner = 'queued'"),
            postgresql_where=sa.text("owner = 'queued'"),
        )

    op.create_table(
        "evidence_items",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("provided_by", sa.String(length=80), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_items")),
    )
    with op.batch_alter_table("evidence_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_items_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "files",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("uploaded_by", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("mime", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_files_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_sha256"), ["sha256"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("due_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_jobs_kind_key")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_due_at", ["due_at"], unique=False)

    op.create_table(
        "messages",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=10), nullable=False),
        sa.Column("sender_id", sa.String(length=80), nullable=True),
        sa.Column("sender_name", sa.String(length=80), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("buttons", sa.JSON(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=True),
        sa.Column("choice", sa.JSON(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("client_msg_id", sa.String(length=80), nullable=True),
        sa.Column("dedupe_key", sa.String(length=140), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "conversation_id", "dedupe_key", name=op.f("uq_messages_conversation_id_dedupe_key")
        ),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("expires_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_table(
        "ticket_transitions",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("trigger", sa.String(length=30), nullable=False),
        sa.Column("from_status", sa.String(length=30), nullable=True),
        sa.Column("to_status", sa.String(length=30), nullable=False),
        sa.Column("actor_kind", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("rule_version", sa.String(length=20), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_transitions")),
    )
    with op.batch_alter_table("ticket_transitions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_transitions_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=80), nullable=False),
        sa.Column("consumer_name", sa.String(length=80), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("merchant_name", sa.String(length=80), nullable=False),
        sa.Column("order_line", sa.JSON(), nullable=True),
        sa.Column("order_no", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("issue_type", sa.String(length=40), nullable=False),
        sa.Column("sub_type", sa.String(length=40), nullable=True),
        sa.Column("remedy", sa.String(length=30), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("proposal", sa.JSON(), nullable=True),
        sa.Column("proof", sa.String(length=200), nullable=True),
        sa.Column("rule_version", sa.String(length=20), nullable=False),
        sa.Column("record_from", sa.Integer(), nullable=False),
        sa.Column("record_to", sa.Integer(), nullable=False),
        sa.Column("opened_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("rating_note", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("key", name=op.f("uq_tickets_key")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index("ix_tickets_consumer_id", ["consumer_id", "opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_tickets_opened_at", ["opened_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_order_no"), ["order_no"], unique=False)
        batch_op.create_index("ix_tickets_party", ["party", "status", "opened_at"], unique=False)

    # The communication record is evidence: the database itself refuses to change or remove a line of it.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION messages_immutable() RETURNS trigger AS $$ BEGIN "
            "RAISE EXCEPTION 'the communication record is immutable'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER messages_immutable BEFORE UPDATE OR DELETE ON messages "
            "FOR EACH ROW EXECUTE FUNCTION messages_immutable()"
        )
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER messages_no_{verb.lower()} BEFORE {verb} ON messages "
                "BEGIN SELECT RAISE(ABORT, 'the communication record is immutable'); END"
            )


def downgrade() -> None:
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_party")
        batch_op.drop_index(batch_op.f("ix_tickets_order_no"))
        batch_op.drop_index("ix_tickets_opened_at")
        batch_op.drop_index(batch_op.f("ix_tickets_conversation_id"))
        batch_op.drop_index("ix_tickets_consumer_id")

    op.drop_table("tickets")
    with op.batch_alter_table("ticket_transitions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_transitions_ticket_id"))

    op.drop_table("ticket_transitions")
    op.drop_table("sessions")
    op.drop_table("outbox")
    op.drop_table("messages")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_due_at")

    op.drop_table("jobs")
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_files_sha256"))
        batch_op.drop_index(batch_op.f("ix_files_conversation_id"))

    op.drop_table("files")
    with op.batch_alter_table("evidence_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_items_ticket_id"))

    op.drop_table("evidence_items")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_conversations_waiting",
            sqlite_where=sa.text("owner = 'queued'"),
            postgresql_where=sa.text("owner = 'queued'"),
        )
        batch_op.drop_index("ix_conversations_updated_at")
        batch_op.drop_index(
            "ix_conversations_unanswered",
            sqlite_where=sa.text("owner = 'bot' AND answered_seq < consumer_seq"),
            postgresql_where=sa.text("owner = 'bot' AND answered_seq < consumer_seq"),
        )
        batch_op.drop_index("ix_conversations_consumer_id")
        batch_op.drop_index("ix_conversations_agent_id")

    op.drop_table("conversations")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_kind"))
        batch_op.drop_index(batch_op.f("ix_audit_conversation_id"))

    op.drop_table("audit")
    op.drop_table("agents")
