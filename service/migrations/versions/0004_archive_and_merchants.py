"""archive and merchants

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

import kernel.db


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# What the database itself refuses, frozen here as it was when these tables were made.
GUARDS = {
    "sqlite": (
        "CREATE TRIGGER archive_entries_no_update BEFORE UPDATE ON archive_entries BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END",
        "CREATE TRIGGER archive_entries_no_delete BEFORE DELETE ON archive_entries BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END",
        "CREATE TRIGGER archive_access_no_update BEFORE UPDATE ON archive_access BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END",
        "CREATE TRIGGER archive_access_no_delete BEFORE DELETE ON archive_access BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END",
        "CREATE TRIGGER archive_releases_no_update BEFORE UPDATE ON archive_releases BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END",
        "CREATE TRIGGER archive_releases_no_delete BEFORE DELETE ON archive_releases BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END",
        "CREATE TRIGGER archive_sections_no_update BEFORE UPDATE ON archive_sections BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END",
        "CREATE TRIGGER archive_sections_no_delete BEFORE DELETE ON archive_sections WHEN NOT EXISTS (SELECT 1 FROM archive_releases WHERE seq = OLD.seq AND name = OLD.name) BEGIN SELECT RAISE(ABORT, 'this section was not released'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION archive_append_only() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the archive is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER archive_entries_append_only BEFORE UPDATE OR DELETE ON archive_entries FOR EACH ROW EXECUTE FUNCTION archive_append_only()",
        "CREATE TRIGGER archive_entries_no_truncate BEFORE TRUNCATE ON archive_entries FOR EACH STATEMENT EXECUTE FUNCTION archive_append_only()",
        "CREATE OR REPLACE FUNCTION archive_append_only() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the archive is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER archive_access_append_only BEFORE UPDATE OR DELETE ON archive_access FOR EACH ROW EXECUTE FUNCTION archive_append_only()",
        "CREATE TRIGGER archive_access_no_truncate BEFORE TRUNCATE ON archive_access FOR EACH STATEMENT EXECUTE FUNCTION archive_append_only()",
        "CREATE OR REPLACE FUNCTION archive_append_only() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the archive is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER archive_releases_append_only BEFORE UPDATE OR DELETE ON archive_releases FOR EACH ROW EXECUTE FUNCTION archive_append_only()",
        "CREATE TRIGGER archive_releases_no_truncate BEFORE TRUNCATE ON archive_releases FOR EACH STATEMENT EXECUTE FUNCTION archive_append_only()",
        "CREATE OR REPLACE FUNCTION archive_append_only() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the archive is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER archive_sections_append_only BEFORE UPDATE ON archive_sections FOR EACH ROW EXECUTE FUNCTION archive_append_only()",
        "CREATE TRIGGER archive_sections_no_truncate BEFORE TRUNCATE ON archive_sections FOR EACH STATEMENT EXECUTE FUNCTION archive_append_only()",
        "CREATE OR REPLACE FUNCTION archive_section_released() RETURNS trigger AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM archive_releases WHERE seq = OLD.seq AND name = OLD.name) THEN RAISE EXCEPTION 'this section was not released'; END IF; RETURN OLD; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER archive_sections_no_delete BEFORE DELETE ON archive_sections FOR EACH ROW EXECUTE FUNCTION archive_section_released()",
    ),
}
# The communication record may be removed where an erasure was written down; before, it never could.
RECORD_GUARDS = {
    "sqlite": (
        "DROP TRIGGER messages_no_delete",
        "CREATE TRIGGER messages_no_delete BEFORE DELETE ON messages WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE conversation_id = OLD.conversation_id) BEGIN SELECT RAISE(ABORT, 'the communication record is immutable'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION messages_immutable() RETURNS trigger AS $$ BEGIN IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM erasures WHERE conversation_id = OLD.conversation_id) THEN RETURN OLD; END IF; RAISE EXCEPTION 'the communication record is immutable'; END $$ LANGUAGE plpgsql",
    ),
}
OLD_RECORD_GUARDS = {
    "sqlite": (
        "DROP TRIGGER messages_no_delete",
        "CREATE TRIGGER messages_no_delete BEFORE DELETE ON messages BEGIN SELECT RAISE(ABORT, 'the communication record is immutable'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION messages_immutable() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the communication record is immutable'; END $$ LANGUAGE plpgsql",
    ),
}


def upgrade() -> None:
    op.create_table(
        "archive_access",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("ticket_id", sa.String(length=20), nullable=True),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_access")),
    )
    with op.batch_alter_table("archive_access", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_access_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_archive_access_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "archive_deletions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_deletions")),
        sa.UniqueConstraint(
            "consumer_id", "asked_at", name=op.f("uq_archive_deletions_consumer_id_asked_at")
        ),
    )
    with op.batch_alter_table("archive_deletions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_deletions_consumer_id"), ["consumer_id"], unique=False)

    op.create_table(
        "archive_entries",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_archive_entries")),
        sa.UniqueConstraint("prev_hash", name=op.f("uq_archive_entries_prev_hash")),
    )
    with op.batch_alter_table("archive_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_entries_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "archive_index",
        sa.Column("ticket_id", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_version", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("order_no", sa.String(length=40), nullable=True),
        sa.Column("consumer_id", sa.String(length=80), nullable=True),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("merchant_name", sa.String(length=80), nullable=False),
        sa.Column("issue_type", sa.String(length=40), nullable=False),
        sa.Column("sub_type", sa.String(length=40), nullable=True),
        sa.Column("completed_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("retain_until", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("hold_reason", sa.String(length=500), nullable=True),
        sa.Column("restricted_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("erased_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_archive_index")),
    )
    with op.batch_alter_table("archive_index", schema=None) as batch_op:
        batch_op.create_index("ix_archive_index_completed_at", ["completed_at", "ticket_id"], unique=False)
        batch_op.create_index(
            "ix_archive_index_consumer_id", ["consumer_id", "completed_at", "ticket_id"], unique=False
        )
        batch_op.create_index("ix_archive_index_conversation_id", ["conversation_id"], unique=False)
        batch_op.create_index(
            "ix_archive_index_erasable",
            ["retain_until"],
            unique=False,
            sqlite_where=sa.text("erased_at IS NULL"),
            postgresql_where=sa.text("erased_at IS NULL"),
        )
        batch_op.create_index(
            "ix_archive_index_issue_type", ["issue_type", "completed_at", "ticket_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_archive_index_order_no"), ["order_no"], unique=False)
        batch_op.create_index("ix_archive_index_party", ["party", "completed_at", "ticket_id"], unique=False)

    op.create_table(
        "archive_releases",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("erased_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("seq", "name", name=op.f("pk_archive_releases")),
    )
    op.create_table(
        "archive_sections",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "name", name=op.f("pk_archive_sections")),
    )
    op.create_table(
        "course_attempts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("agent_name", sa.String(length=80), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("course_version", sa.String(length=20), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_attempts")),
    )
    with op.batch_alter_table("course_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_course_attempts_agent_id", ["agent_id", "course_version"], unique=False)
        batch_op.create_index(batch_op.f("ix_course_attempts_party"), ["party"], unique=False)

    op.create_table(
        "erasures",
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "merchant_measure_steps",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("measure_id", sa.String(length=40), nullable=False),
        sa.Column("trigger", sa.String(length=12), nullable=False),
        sa.Column("from_state", sa.String(length=12), nullable=True),
        sa.Column("to_state", sa.String(length=12), nullable=False),
        sa.Column("actor_kind", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signature", sa.JSON(), nullable=True),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchant_measure_steps")),
    )
    with op.batch_alter_table("merchant_measure_steps", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_merchant_measure_steps_measure_id"), ["measure_id"], unique=False
        )

    op.create_table(
        "merchant_measures",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("merchant_name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clause", sa.String(length=300), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("proposed_by", sa.String(length=80), nullable=False),
        sa.Column("signed_by", sa.String(length=80), nullable=True),
        sa.Column("proposed_at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("notified_at", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("appeal_until", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("rectify_until", kernel.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchant_measures")),
        sa.UniqueConstraint(
            "merchant_id", "kind", "period", name=op.f("uq_merchant_measures_merchant_id_kind_period")
        ),
    )
    with op.batch_alter_table("merchant_measures", schema=None) as batch_op:
        batch_op.create_index(
            "ix_merchant_measures_merchant_id", ["merchant_id", "proposed_at"], unique=False
        )
        batch_op.create_index("ix_merchant_measures_state", ["state", "proposed_at"], unique=False)

    op.create_table(
        "merchant_scores",
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("merchant_name", sa.String(length=80), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("tier", sa.String(length=12), nullable=True),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("at", kernel.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "day", name=op.f("pk_merchant_scores")),
    )
    with op.batch_alter_table("merchant_scores", schema=None) as batch_op:
        batch_op.create_index("ix_merchant_scores_day", ["day"], unique=False)

    dialect = op.get_bind().dialect.name
    for statement in (*GUARDS[dialect], *RECORD_GUARDS[dialect]):
        op.execute(statement)


def downgrade() -> None:
    for statement in OLD_RECORD_GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
    with op.batch_alter_table("merchant_scores", schema=None) as batch_op:
        batch_op.drop_index("ix_merchant_scores_day")

    op.drop_table("merchant_scores")
    with op.batch_alter_table("merchant_measures", schema=None) as batch_op:
        batch_op.drop_index("ix_merchant_measures_state")
        batch_op.drop_index("ix_merchant_measures_merchant_id")

    op.drop_table("merchant_measures")
    with op.batch_alter_table("merchant_measure_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_merchant_measure_steps_measure_id"))

    op.drop_table("merchant_measure_steps")
    op.drop_table("erasures")
    with op.batch_alter_table("course_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_attempts_party"))
        batch_op.drop_index("ix_course_attempts_agent_id")

    op.drop_table("course_attempts")
    op.drop_table("archive_sections")
    op.drop_table("archive_releases")
    with op.batch_alter_table("archive_index", schema=None) as batch_op:
        batch_op.drop_index("ix_archive_index_party")
        batch_op.drop_index(batch_op.f("ix_archive_index_order_no"))
        batch_op.drop_index("ix_archive_index_issue_type")
        batch_op.drop_index(
            "ix_archive_index_erasable",
            sqlite_where=sa.text("erased_at IS NULL"),
            postgresql_where=sa.text("erased_at IS NULL"),
        )
        batch_op.drop_index("ix_archive_index_conversation_id")
        batch_op.drop_index("ix_archive_index_consumer_id")
        batch_op.drop_index("ix_archive_index_completed_at")

    op.drop_table("archive_index")
    with op.batch_alter_table("archive_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archive_entries_ticket_id"))

    op.drop_table("archive_entries")
    with op.batch_alter_table("archive_deletions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archive_deletions_consumer_id"))

    op.drop_table("archive_deletions")
    with op.batch_alter_table("archive_access", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archive_access_ticket_id"))
        batch_op.drop_index(batch_op.f("ix_archive_access_at"))

    op.drop_table("archive_access")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION archive_append_only()")
        op.execute("DROP FUNCTION archive_section_released()")
