"""notes, promises, marked phrases and canned replies

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("author_id", sa.String(length=40), nullable=False),
        sa.Column("author_name", sa.String(length=60), nullable=False),
        sa.Column("to_id", sa.String(length=40), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("client_msg_id", sa.String(length=80), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sa.UniqueConstraint("author_id", "client_msg_id", name=op.f("uq_notes_author_id_client_msg_id")),
    )
    op.create_index("ix_notes_conversation_id", "notes", ["conversation_id", "at"])
    op.create_table(
        "promises",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=20), nullable=True),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("agent_name", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("phrase", sa.String(length=60), nullable=False),
        sa.Column("due_at", kernel.db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_at", kernel.db.UtcDateTime(), nullable=False),
        sa.Column("settled_at", kernel.db.UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=80), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index(op.f("ix_promises_conversation_id"), "promises", ["conversation_id"])
    op.create_index(op.f("ix_promises_ticket_id"), "promises", ["ticket_id"])
    op.create_index("ix_promises_agent_id", "promises", ["agent_id", "state", "due_at"])
    op.create_index("ix_promises_party", "promises", ["party", "state", "due_at"])
    op.create_table(
        "tone_hits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("found", sa.String(length=80), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tone_hits")),
    )
    op.create_index(op.f("ix_tone_hits_conversation_id"), "tone_hits", ["conversation_id"])
    op.create_index("ix_tone_hits_party", "tone_hits", ["party", "at"])
    op.create_index("ix_tone_hits_agent_id", "tone_hits", ["agent_id", "at"])
    op.create_table(
        "canned_replies",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_by", sa.String(length=40), nullable=False),
        sa.Column("updated_at", kernel.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_replies")),
    )
    op.create_index("ix_canned_replies_party", "canned_replies", ["party", "owner_id"])

    # A note is kept as it was written, unless its conversation's erasure was written down before.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION notes_immutable() RETURNS trigger AS $$ BEGIN "
            "IF TG_OP = 'DELETE' AND EXISTS "
            "(SELECT 1 FROM erasures WHERE conversation_id = OLD.conversation_id) THEN RETURN OLD; END IF; "
            "RAISE EXCEPTION 'a note is immutable'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER notes_immutable BEFORE UPDATE OR DELETE ON notes "
            "FOR EACH ROW EXECUTE FUNCTION notes_immutable()"
        )
    else:
        op.execute(
            "CREATE TRIGGER notes_no_update BEFORE UPDATE ON notes "
            "BEGIN SELECT RAISE(ABORT, 'a note is immutable'); END"
        )
        op.execute(
            "CREATE TRIGGER notes_no_delete BEFORE DELETE ON notes WHEN NOT EXISTS "
            "(SELECT 1 FROM erasures WHERE conversation_id = OLD.conversation_id) "
            "BEGIN SELECT RAISE(ABORT, 'a note is immutable'); END"
        )


def downgrade() -> None:
    for name in ("canned_replies", "tone_hits", "promises", "notes"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION notes_immutable()")
