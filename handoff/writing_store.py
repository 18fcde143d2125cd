"""Tables of what agents write beside the record: notes, promises, marked phrases, canned replies."""

from sqlalchemy import DDL, BigInteger, Boolean, Column, Integer, String, Table, Text, event
from sqlalchemy.schema import Index, UniqueConstraint

from kernel.db import UtcDateTime, metadata

# What colleagues tell each other about a conversation; never shown to its consumer.
notes = Table(
    "notes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("kind", String(10), nullable=False),  # note | whisper
    Column("author_id", String(40), nullable=False),
    Column("author_name", String(60), nullable=False),
    Column("to_id", String(40)),  # whom a whisper is for
    Column("text", Text, nullable=False),
    Column("after_seq", Integer, nullable=False),  # its place beside the record
    Column("client_msg_id", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("author_id", "client_msg_id"),
    Index("ix_notes_conversation_id", "conversation_id", "at"),
)

# Notes are kept as they were written, as the record is; they go only with an erasure that was written down.
NOTE_GUARDS = {
    "sqlite": (
        "CREATE TRIGGER notes_no_update BEFORE UPDATE ON notes "
        "BEGIN SELECT RAISE(ABORT, 'a note is immutable'); END",
        "CREATE TRIGGER notes_no_delete BEFORE DELETE ON notes WHEN NOT EXISTS "
        "(SELECT 1 FROM erasures WHERE conversation_id = OLD.conversation_id) "
        "BEGIN SELECT RAISE(ABORT, 'a note is immutable'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION notes_immutable() RETURNS trigger AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND EXISTS "
        "(SELECT 1 FROM erasures WHERE conversation_id = OLD.conversation_id) THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'a note is immutable'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER notes_immutable BEFORE UPDATE OR DELETE ON notes "
        "FOR EACH ROW EXECUTE FUNCTION notes_immutable()",
    ),
}
for _dialect, _statements in NOTE_GUARDS.items():
    for _statement in _statements:
        event.listen(notes, "after_create", DDL(_statement).execute_if(dialect=_dialect))

promises = Table(
    "promises",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("ticket_id", String(20), index=True),  # the ticket it was made about, where there was one
    Column("party", String(40), nullable=False),
    Column("agent_id", String(40), nullable=False),
    Column("agent_name", String(60), nullable=False),
    Column("seq", Integer, nullable=False),  # the message that says it
    Column("kind", String(10), nullable=False),  # refund | send | reply | handle
    Column("text", Text, nullable=False),
    Column("phrase", String(60), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False),  # open | kept | broken | withdrawn
    Column("made_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("settled_by", String(80)),
    Column("note", String(200), nullable=False, default=""),
    Index("ix_promises_agent_id", "agent_id", "state", "due_at"),
    Index("ix_promises_party", "party", "state", "due_at"),
)

# Phrases against domain-rules §7 that were sent although they had been marked.
tone_hits = Table(
    "tone_hits",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("agent_id", String(40), nullable=False),
    Column("party", String(40), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("found", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_tone_hits_party", "party", "at"),
    Index("ix_tone_hits_agent_id", "agent_id", "at"),
)

canned_replies = Table(
    "canned_replies",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("party", String(40), nullable=False),  # platform: for everybody; a merchant's id: for its agents
    Column("owner_id", String(40)),  # an agent's own
    Column("title", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("pinyin", Text, nullable=False),  # the title's syllables, apart by spaces
    Column("uses", Integer, nullable=False, default=0),
    Column("active", Boolean, nullable=False, default=True),
    Column("updated_by", String(40), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_canned_replies_party", "party", "owner_id"),
)
