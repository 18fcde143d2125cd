"""Tables of the inbox, the labels, the data's changes and the guideline's settled cases."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String, Table, Text
from sqlalchemy.schema import Index, UniqueConstraint

from kernel.db import UtcDateTime, metadata

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

# One row a turn of a consumer that the brain understood, masked; it lives no longer than its conversation's record.
turns = Table(
    "curation_turns",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("turn_id", String(80), nullable=False, unique=True),
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("facts", JSON, nullable=False),  # [{key, value, start, end}] in the masked text
    Column("intent", String(40)),
    Column("issue_type", String(40)),
    Column("sub_type", String(60)),
    Column("confidence", Float, nullable=False),
    Column("decision", String(10), nullable=False),
    Column("candidates", JSON, nullable=False),
    Column("ranking", JSON, nullable=False),
    Column("did", JSON, nullable=False),  # names of the replies, or ["superseded"]
    Column("model", String(64)),  # sha256 of the archive that understood it
    Column("at", UtcDateTime, nullable=False),
    # what happened next, joined later
    Column("asked_back", Boolean, nullable=False, default=False),
    Column("handed_off", String(40)),  # the queue's reason
    Column("corrected_to", String(40)),  # what the consumer said it was instead; "" when he only said no
    Column("relabelled_to", String(40)),  # the type his ticket has now
    Column("item_id", String(40), index=True),
    Index("ix_curation_turns_at", "at"),
    Index("ix_curation_turns_model", "model", "at"),
)
# Turns that are in no group yet: the work of the next gathering.
Index(
    "ix_curation_turns_fresh",
    turns.c.id,
    sqlite_where=turns.c.item_id.is_(None),
    postgresql_where=turns.c.item_id.is_(None),
)

# A group of like sentences: what a trainer sees and decides once.
items = Table(
    "curation_items",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("text", Text, nullable=False),
    Column("flat", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("state", String(10), nullable=False),
    Column("source", String(12), nullable=False),  # talk | import | split
    Column("size", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),  # how many trainers are asked
    Column("predicted", String(40)),
    Column("sub_type", String(60)),
    Column("confidence", Float, nullable=False),
    Column("priority", Float, nullable=False),
    Column("parts", JSON, nullable=False),  # what the priority is made of
    Column("label", JSON),  # the final one: {intent, kind, detail, facts}
    Column("change_id", String(40)),  # that brought it into the data
    Column("parent_id", String(40), index=True),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Index("ix_curation_items_inbox", "state", "priority", "id"),
    Index("ix_curation_items_decided_at", "decided_at"),
)

labels = Table(
    "curation_labels",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("item_id", String(40), nullable=False),
    Column("trainer_id", String(40), nullable=False),
    Column("trainer_name", String(60), nullable=False),
    Column("verdict", String(10), nullable=False),  # label | exclude | skip
    Column("intent", String(40)),
    Column("kind", String(10)),  # sub_type | topic
    Column("detail", String(60)),
    Column("facts", JSON, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("settles", Boolean, nullable=False, default=False),  # a reviewer's
    Column("at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Index("ix_curation_labels_item_id", "item_id", "id"),
    Index("ix_curation_labels_trainer_id", "trainer_id", "item_id"),
)

# A change of the data folder; it is written here first and carried out after, exactly once.
changes = Table(
    "curation_changes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(12), nullable=False),  # label | import | move | remove | undo
    Column("author_id", String(40), nullable=False),
    Column("author", String(60), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("edits", JSON, nullable=False),  # [{do: add|remove, line, intent, kind, detail}]
    Column("done", JSON),  # what came of each edit: [{…, file, result}]
    Column("commit", String(40)),
    Column("undoes", String(40)),
    Column("undone_by", String(40)),
    Column("problem", String(500)),
    Column("at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("ix_curation_changes_at", "at", "id"),
)

# Sentences a reviewer settled: they belong to the guideline.
cases = Table(
    "curation_cases",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("item_id", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("intent", String(40)),  # None: not for training
    Column("detail", String(60)),
    Column("instead_of", JSON, nullable=False),  # what the trainers had said
    Column("why", String(500), nullable=False),
    Column("settled_by", String(60), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("item_id"),
)

# Checks of the data before training.
checks = Table(
    "curation_checks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(10), nullable=False),  # queued | running | done | failed
    Column("asked_by", String(60), nullable=False),
    Column("commit", String(40)),
    Column("problem", String(500)),
    Column("counts", JSON, nullable=False),
    Column("seen_at", UtcDateTime),  # the worker's sign of life
    Column("at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("ix_curation_checks_at", "at"),
)

findings = Table(
    "curation_findings",
    metadata,
    Column("id", _NUMBER, primary_key=True, autoincrement=True),
    Column("check_id", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("weight", Float, nullable=False),  # the worst first
    Column("text", Text, nullable=False),
    Column("place", JSON, nullable=False),  # {file, intent, kind, detail}
    Column("other", JSON, nullable=False),  # what it clashes with
    Column("says", String(300), nullable=False),
    Column("waved", String(200)),  # a trainer looked and found it right: who and why
    Index("ix_curation_findings_check_id", "check_id", "kind", "weight"),
)
