"""the desk: routing, presence, teams, visits, promised callbacks, an audit trail nobody alters

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

import kernel.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AUDIT_GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is immutable'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_immutable() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION 'the audit trail is immutable'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER audit_immutable BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_immutable()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_immutable()",
    ],
}
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    time = kernel.db.UtcDateTime
    with op.batch_alter_table("conversations") as conversations:
        for column in (
            sa.Column("queue_skill", sa.String(length=40), nullable=True),
            sa.Column("queue_language", sa.String(length=10), nullable=False, server_default="zh"),
            sa.Column("queue_team", sa.String(length=40), nullable=True),
            sa.Column("queue_told", sa.JSON(), nullable=True),
            sa.Column("wait_mode", sa.String(length=10), nullable=False, server_default="wait"),
            sa.Column("offered_to", sa.String(length=40), nullable=True),
            sa.Column("offer_expires_at", time(), nullable=True),
            sa.Column("passed_over", sa.JSON(), nullable=False, server_default="{}"),
            sa.Column("overflowed_at", time(), nullable=True),
            sa.Column("last_agent_id", sa.String(length=40), nullable=True),
            sa.Column("hand_back_epoch", sa.Integer(), nullable=True),
            sa.Column("said_at", time(), nullable=True),
            sa.Column("visited_at", time(), nullable=True),
        ):
            conversations.add_column(column)
    op.create_table(
        "visits",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("consumer_id", sa.String(length=80), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("at", time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_consumer_id", "visits", ["consumer_id", "at"])
    with op.batch_alter_table("agents") as agents:
        for column in (
            sa.Column("team_id", sa.String(length=40), nullable=True),
            sa.Column("capacity", sa.Integer(), nullable=False, server_default="10"),
            sa.Column("skills", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("languages", sa.JSON(), nullable=False, server_default='["zh"]'),
            sa.Column("auto_accept", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("presence", sa.String(length=10), nullable=False, server_default="offline"),
            sa.Column("seen_at", time(), nullable=True),
            sa.Column("assigned_at", time(), nullable=True),
        ):
            agents.add_column(column)
    op.create_table(
        "teams",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
    )
    op.create_index(op.f("ix_teams_party"), "teams", ["party"])
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("wish", sa.String(length=200), nullable=False),
        sa.Column("due_at", time(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done_by", sa.String(length=40), nullable=True),
        sa.Column("done_at", time(), nullable=True),
        sa.Column("at", time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index(op.f("ix_callbacks_conversation_id"), "callbacks", ["conversation_id"])
    op.create_index("ix_callbacks_state", "callbacks", ["state", "party", "due_at"])
    op.drop_index(op.f("ix_audit_kind"), "audit")
    op.create_index("ix_audit_kind", "audit", ["kind", "at"])
    op.create_index("ix_audit_actor", "audit", ["actor", "at"])
    op.create_index("ix_audit_at", "audit", ["at"])
    for statement in AUDIT_GUARDS[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_no_update")
        op.execute("DROP TRIGGER audit_no_delete")
    else:
        op.execute("DROP TRIGGER audit_immutable ON audit")
        op.execute("DROP TRIGGER audit_no_truncate ON audit")
        op.execute("DROP FUNCTION audit_immutable")
    for name in ("ix_audit_at", "ix_audit_actor", "ix_audit_kind"):
        op.drop_index(name, "audit")
    op.create_index("ix_audit_kind", "audit", ["kind"])
    for name in ("callbacks", "teams", "visits"):
        op.drop_table(name)
    with op.batch_alter_table("agents") as agents:
        for name in (
            "team_id", "capacity", "skills", "languages", "auto_accept", "presence", "seen_at", "assigned_at",
        ):
            agents.drop_column(name)
    with op.batch_alter_table("conversations") as conversations:
        for name in (
            "queue_skill", "queue_language", "queue_team", "queue_told", "wait_mode", "offered_to",
            "offer_expires_at", "passed_over", "overflowed_at", "last_agent_id", "hand_back_epoch",
            "said_at", "visited_at",
        ):
            conversations.drop_column(name)
