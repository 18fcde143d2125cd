"""all statuses of the norm: phases, rulings, statements, second signatures

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("phase", sa.String(length=30), nullable=True))
        tickets.add_column(sa.Column("rulings", sa.JSON(), nullable=False, server_default="[]"))
        tickets.add_column(sa.Column("pending_decision", sa.JSON(), nullable=True))
        tickets.add_column(sa.Column("quote", sa.JSON(), nullable=True))
        tickets.add_column(sa.Column("round", sa.Integer(), nullable=False, server_default="0"))
        tickets.add_column(sa.Column("extended", sa.Integer(), nullable=False, server_default="0"))
        tickets.add_column(sa.Column("escalated_at", kernel.db.UtcDateTime(), nullable=True))
        tickets.add_column(sa.Column("rating_service", sa.Integer(), nullable=True))
    for name, columns in (
        ("ix_tickets_consumer_id", ["consumer_id", "opened_at", "id"]),
        ("ix_tickets_party", ["party", "opened_at", "id"]),
    ):
        op.drop_index(name, "tickets")
        op.create_index(name, "tickets", columns)
    op.create_index("ix_tickets_party_status", "tickets", ["party", "status", "opened_at", "id"])
    op.create_index("ix_tickets_status", "tickets", ["status", "opened_at", "id"])
    op.create_index("ix_tickets_escalated_at", "tickets", ["escalated_at"])
    with op.batch_alter_table("files") as files:
        files.add_column(sa.Column("traits", sa.JSON(), nullable=True))
    op.create_table(
        "file_looks",
        sa.Column("file_id", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=6), nullable=False),
        sa.Column("look", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "part", name=op.f("pk_file_looks")),
    )
    op.create_index(op.f("ix_file_looks_part"), "file_looks", ["part"])
    op.create_table(
        "ticket_statements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("side", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_statements")),
    )
    op.create_index(op.f("ix_ticket_statements_ticket_id"), "ticket_statements", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("ticket_statements")
    op.drop_table("file_looks")
    with op.batch_alter_table("files") as files:
        files.drop_column("traits")
    for name in ("ix_tickets_party_status", "ix_tickets_status", "ix_tickets_escalated_at"):
        op.drop_index(name, "tickets")
    for name, columns in (
        ("ix_tickets_consumer_id", ["consumer_id", "opened_at"]),
        ("ix_tickets_party", ["party", "status", "opened_at"]),
    ):
        op.drop_index(name, "tickets")
        op.create_index(name, "tickets", columns)
    with op.batch_alter_table("tickets") as tickets:
        for name in ("phase", "rulings", "pending_decision", "quote", "round", "extended", "escalated_at", "rating_service"):
            tickets.drop_column(name)
