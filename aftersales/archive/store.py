"""Tables of the archive. What is evidence cannot be changed: the database itself refuses."""

from sqlalchemy import DDL, JSON, BigInteger, Boolean, Column, Integer, String, Table, Text, event
from sqlalchemy.schema import Index, UniqueConstraint

from kernel.db import UtcDateTime, metadata

_big = BigInteger().with_variant(Integer, "sqlite")

entries = Table(
    "archive_entries",
    metadata,
    Column("seq", _big, primary_key=True, autoincrement=False),
    Column("ticket_id", String(20), nullable=False, index=True),
    Column("kind", String(12), nullable=False),  # dossier | erased | restricted | hold_set | hold_lifted
    Column("at", UtcDateTime, nullable=False),
    Column("data", JSON, nullable=False),
    Column("sections", JSON, nullable=False),  # {name: hash}
    Column("prev_hash", String(64), nullable=False, unique=True),  # the chain never forks
    Column("hash", String(64), nullable=False),
)

# The content, which may be deleted when its time is over; never before an `erased` entry says so.
sections = Table(
    "archive_sections",
    metadata,
    Column("seq", _big, primary_key=True, autoincrement=False),
    Column("name", String(20), primary_key=True),
    Column("salt", String(64), nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON
)

# Which sections an `erased` entry has released; the trigger below asks it.
releases = Table(
    "archive_releases",
    metadata,
    Column("seq", _big, primary_key=True, autoincrement=False),
    Column("name", String(20), primary_key=True),
    Column("erased_by", _big, nullable=False),  # the `erased` entry's seq
)

# What is searched: the present state of each ticket's archive. It proves nothing; the entries do.
files = Table(
    "archive_index",
    metadata,
    Column("ticket_id", String(20), primary_key=True),
    Column("seq", _big, nullable=False),  # the newest dossier
    Column("ticket_version", Integer, nullable=False),
    Column("conversation_id", String(40), nullable=False),
    Column("order_no", String(40), index=True),
    Column("consumer_id", String(80)),
    Column("party", String(40), nullable=False),
    Column("merchant_name", String(80), nullable=False, default=""),
    Column("issue_type", String(40), nullable=False),
    Column("sub_type", String(40)),
    Column("completed_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime, nullable=False),
    Column("retain_until", UtcDateTime, nullable=False),
    Column("held", Boolean, nullable=False, default=False),
    Column("hold_reason", String(500)),
    Column("restricted_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
    Index("ix_archive_index_completed_at", "completed_at", "ticket_id"),
    Index("ix_archive_index_party", "party", "completed_at", "ticket_id"),
    Index("ix_archive_index_consumer_id", "consumer_id", "completed_at", "ticket_id"),
    Index("ix_archive_index_issue_type", "issue_type", "completed_at", "ticket_id"),
    Index("ix_archive_index_conversation_id", "conversation_id"),
)
Index(
    "ix_archive_index_erasable",
    files.c.retain_until,
    sqlite_where=files.c.erased_at.is_(None),
    postgresql_where=files.c.erased_at.is_(None),
)

access = Table(
    "archive_access",
    metadata,
    Column("id", _big, primary_key=True, autoincrement=True),
    Column("ticket_id", String(20), index=True),  # None: a search or an export of many
    Column("act", String(20), nullable=False),
    Column("actor_id", String(80), nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("party", String(40), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("data", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# A consumer's wish to have everything deleted; open until his last running ticket is over.
deletions = Table(
    "archive_deletions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("consumer_id", String(80), nullable=False, index=True),
    Column("reason", String(500), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("result", JSON, nullable=False),
    UniqueConstraint("consumer_id", "asked_at"),
)

_APPEND_ONLY = (entries, access, releases)


def guards(dialect: str) -> list[tuple[str, str]]:
    """(table, statement) of every trigger in the dialect's words; the migration runs the same statements."""
    frozen = [table.name for table in _APPEND_ONLY]
    if dialect == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END"
        made = [
            (name, f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} {refuse}")
            for name in frozen
            for verb in ("UPDATE", "DELETE")
        ]
        update = f"CREATE TRIGGER archive_sections_no_update BEFORE UPDATE ON archive_sections {refuse}"
        delete = (
            "CREATE TRIGGER archive_sections_no_delete BEFORE DELETE ON archive_sections WHEN NOT EXISTS "
            "(SELECT 1 FROM archive_releases WHERE seq = OLD.seq AND name = OLD.name) "
            "BEGIN SELECT RAISE(ABORT, 'this section was not released'); END"
        )
        return [*made, ("archive_sections", update), ("archive_sections", delete)]
    refuse = (
        "CREATE OR REPLACE FUNCTION archive_append_only() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION 'the archive is append-only'; END $$ LANGUAGE plpgsql"
    )
    release = (
        "CREATE OR REPLACE FUNCTION archive_section_released() RETURNS trigger AS $$ BEGIN "
        "IF NOT EXISTS (SELECT 1 FROM archive_releases WHERE seq = OLD.seq AND name = OLD.name) THEN "
        "RAISE EXCEPTION 'this section was not released'; END IF; RETURN OLD; END $$ LANGUAGE plpgsql"
    )
    statements: list[tuple[str, str]] = []
    for name in (*frozen, "archive_sections"):
        verbs = "UPDATE" if name == "archive_sections" else "UPDATE OR DELETE"
        statements += [
            (name, refuse),
            (
                name,
                f"CREATE TRIGGER {name}_append_only BEFORE {verbs} ON {name} "
                "FOR EACH ROW EXECUTE FUNCTION archive_append_only()",
            ),
            (
                name,
                f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
                "FOR EACH STATEMENT EXECUTE FUNCTION archive_append_only()",
            ),
        ]
    return [
        *statements,
        ("archive_sections", release),
        (
            "archive_sections",
            "CREATE TRIGGER archive_sections_no_delete BEFORE DELETE ON archive_sections "
            "FOR EACH ROW EXECUTE FUNCTION archive_section_released()",
        ),
    ]


for _dialect in ("sqlite", "postgresql"):
    for _table, _statement in guards(_dialect):
        event.listen(metadata.tables[_table], "after_create", DDL(_statement).execute_if(dialect=_dialect))
