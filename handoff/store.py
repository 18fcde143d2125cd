"""Tables of conversations, their record, files, staff and what is still to be published."""

from sqlalchemy import DDL, JSON, BigInteger, Boolean, Column, Integer, String, Table, Text, event
from sqlalchemy.schema import Index, UniqueConstraint

from kernel.db import UtcDateTime, metadata

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("consumer_id", String(80), nullable=False),
    Column("consumer_name", String(80), nullable=False, default=""),
    Column("anonymous", Boolean, nullable=False, default=False),
    Column("order_nos", JSON),  # what the signed token allows; None: ask the order gateway by consumer
    Column("channel", String(20), nullable=False, default="app"),
    Column("owner", String(10), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("agent_id", String(40)),
    Column("party", String(40), nullable=False),  # whose agents it belongs to: a merchant's id or "platform"
    Column("order_line_id", String(80)),  # the order line it is about, once known
    Column("queue_reason", String(40)),
    Column("queue_priority", Integer, nullable=False, default=0),
    Column("queued_at", UtcDateTime),
    Column(
        "queue_skill", String(40)
    ),  # what the agent should be at home in, see core.reasons and the ticket's issue
    Column("queue_language", String(10), nullable=False, default="zh"),
    Column("queue_team", String(40)),  # passed on to this team; None: anybody of the party
    Column(
        "queue_told", JSON
    ),  # how many were ahead and which interval was promised on joining, see handoff.waiting
    Column(
        "wait_mode", String(10), nullable=False, default="wait"
    ),  # wait | ticket | callback, see handoff.absence
    Column("offered_to", String(40)),  # the agent asked to take it, until …
    Column("offer_expires_at", UtcDateTime),
    Column(
        "passed_over", JSON, nullable=False, default=list
    ),  # agents who declined it or let their time pass
    Column("overflowed_at", UtcDateTime),  # since when the platform's agents may be asked too
    Column("last_agent_id", String(40)),  # who had it last: he is asked first when the consumer is back
    Column(
        "hand_back_epoch", Integer
    ),  # an agent asked the consumer under this epoch whether the bot may go on
    Column("said_at", UtcDateTime),  # the consumer's last words …
    Column("visited_at", UtcDateTime),  # … and when the visit they belong to began
    Column("last_seq", Integer, nullable=False, default=0),
    Column("consumer_seq", Integer, nullable=False, default=0),  # the consumer's newest message
    Column("answered_seq", Integer, nullable=False, default=0),  # up to here somebody has dealt with it
    Column("consumer_read_seq", Integer, nullable=False, default=0),
    Column("agent_read_seq", Integer, nullable=False, default=0),
    Column("turn_id", String(80)),  # the bot's turn under way or to be tried again, and how far it reaches
    Column("turn_upto", Integer, nullable=False, default=0),
    Column("turn_lease_until", UtcDateTime),
    Column("turn_failures", Integer, nullable=False, default=0),
    Column("turn_retry_at", UtcDateTime),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Index("ix_conversations_consumer_id", "consumer_id", "opened_at"),
    Index("ix_conversations_agent_id", "agent_id", "updated_at"),
    Index("ix_conversations_updated_at", "updated_at"),
)
Index(
    "ix_conversations_waiting",
    conversations.c.party,
    conversations.c.queue_priority.desc(),
    conversations.c.queued_at,
    sqlite_where=conversations.c.owner == "queued",
    postgresql_where=conversations.c.owner == "queued",
)
_unanswered = (conversations.c.owner == "bot") & (conversations.c.answered_seq < conversations.c.consumer_seq)
Index(
    "ix_conversations_unanswered",
    conversations.c.turn_retry_at,
    sqlite_where=_unanswered,
    postgresql_where=_unanswered,
)

# Each time a consumer comes to us, whatever the conversation: the third within a day goes to a person (§4, L32).
visits = Table(
    "visits",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("consumer_id", String(80), nullable=False),
    Column("conversation_id", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_visits_consumer_id", "consumer_id", "at"),
)

messages = Table(
    "messages",
    metadata,
    Column("conversation_id", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),  # message | owner_changed | ticket_changed | record
    Column("sender", String(10), nullable=False),  # consumer | bot | agent | system
    Column("sender_id", String(80)),
    Column("sender_name", String(80)),
    Column("text", Text, nullable=False, default=""),
    Column("files", JSON, nullable=False, default=list),
    Column("buttons", JSON, nullable=False, default=list),  # with the payloads, which never leave the service
    Column("card", JSON),
    Column("choice", JSON),  # the payload of the button the consumer chose
    Column("data", JSON),  # of owner_changed, ticket_changed and record
    Column("client_msg_id", String(80)),
    Column("dedupe_key", String(140)),
    Column("epoch", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("conversation_id", "dedupe_key"),
)

# What the law no longer lets us keep: the only conversations whose lines may be deleted, and why.
erasures = Table(
    "erasures",
    metadata,
    Column("conversation_id", String(40), primary_key=True),
    Column("why", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# The communication record is evidence: the database itself refuses to change a line of it, and to remove one unless
# its conversation's erasure was written down before.
RECORD_GUARDS = {
    "sqlite": (
        "CREATE TRIGGER messages_no_update BEFORE UPDATE ON messages "
        "BEGIN SELECT RAISE(ABORT, 'the communication record is immutable'); END",
        "CREATE TRIGGER messages_no_delete BEFORE DELETE ON messages WHEN NOT EXISTS "
        "(SELECT 1 FROM erasures WHERE conversation_id = OLD.conversation_id) "
        "BEGIN SELECT RAISE(ABORT, 'the communication record is immutable'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION messages_immutable() RETURNS trigger AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND EXISTS "
        "(SELECT 1 FROM erasures WHERE conversation_id = OLD.conversation_id) THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'the communication record is immutable'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER messages_immutable BEFORE UPDATE OR DELETE ON messages "
        "FOR EACH ROW EXECUTE FUNCTION messages_immutable()",
    ),
}
# The audit trail is never changed and never shortened.
AUDIT_GUARDS = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is immutable'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_immutable() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION 'the audit trail is immutable'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER audit_immutable BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_immutable()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_immutable()",
    ),
}

files = Table(
    "files",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("uploaded_by", String(80), nullable=False),
    Column("kind", String(12), nullable=False),  # image | video | document
    Column("mime", String(60), nullable=False),
    Column("name", String(120), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("width", Integer),
    Column("height", Integer),
    Column("path", String(200), nullable=False),
    Column("traits", JSON),  # what a machine sees on a picture, see handoff.pictures
    Column("at", UtcDateTime, nullable=False),
)

# Four parts of a picture's look: pictures that share one are compared bit by bit.
file_looks = Table(
    "file_looks",
    metadata,
    Column("file_id", String(40), primary_key=True),
    Column("part", String(6), primary_key=True, index=True),  # 2:a96d
    Column("look", String(16), nullable=False),
    Column("conversation_id", String(40), nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("username", String(60), nullable=False, unique=True),
    Column("name", String(60), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("party", String(40), nullable=False),
    Column("party_name", String(80), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("team_id", String(40)),
    Column("capacity", Integer, nullable=False, default=10),  # conversations at a time
    Column("skills", JSON, nullable=False, default=list),  # none: everything
    Column("languages", JSON, nullable=False, default=lambda: ["zh"]),
    Column("auto_accept", Boolean, nullable=False, default=False),  # conversations are given, not offered
    Column(
        "presence", String(10), nullable=False, default="offline"
    ),  # what he last said: online | busy | away | offline
    Column("seen_at", UtcDateTime),  # his open page last answered; silent for 30 s is offline
    Column("assigned_at", UtcDateTime),  # last offered or given one: ties go round
)

teams = Table(
    "teams",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("party", String(40), nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("skills", JSON, nullable=False, default=list),  # of its members, besides their own
)

# When a party's people are there, as its supervisors set it; a party without a row works as desk.yml says.
working_hours = Table(
    "working_hours",
    metadata,
    Column("party", String(40), primary_key=True),
    Column("workdays", JSON, nullable=False),  # spans: 09:00-18:00
    Column("days_off", JSON, nullable=False),
    Column("closed_days", JSON, nullable=False),  # dates: 2027-02-05
    Column("changed_by", String(40), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

# What a consumer who will not wait was promised: an answer to his message, or a call.
callbacks = Table(
    "callbacks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("party", String(40), nullable=False),
    Column("kind", String(10), nullable=False),  # ticket | callback
    Column("phone", String(20), nullable=False, default=""),
    Column("wish", String(200), nullable=False, default=""),  # when it suits him, and what it is about
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False, default="open"),  # open | overdue | done | dropped
    Column("done_by", String(40)),
    Column("done_at", UtcDateTime),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_callbacks_state", "state", "party", "due_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("agent_id", String(40), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("news", JSON, nullable=False),  # what one transaction says: [[channel, payload], …]
    Column("at", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    Column("conversation_id", String(40), index=True),
    Column("actor", String(80), nullable=False),
    Column("data", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_audit_kind", "kind", "at"),
    Index("ix_audit_actor", "actor", "at"),
    Index("ix_audit_at", "at"),
)

for _table, _guards in ((messages, RECORD_GUARDS), (audit, AUDIT_GUARDS)):
    for _dialect, _statements in _guards.items():
        for _statement in _statements:
            event.listen(_table, "after_create", DDL(_statement).execute_if(dialect=_dialect))
