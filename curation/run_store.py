"""Tables of training runs, models, their promotions, the two Rasa processes that serve, and released wording."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, String, Table, Text
from sqlalchemy.schema import Index, UniqueConstraint

from kernel.db import UtcDateTime, metadata

runs = Table(
    "curation_runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("asked_by", String(40), nullable=False),
    Column("asked_by_name", String(60), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("data_version", String(64)),  # the commit its sentences are of
    Column("against", String(64)),  # sha256 of the model it is compared with: the one in use when it began
    Column("attempts", Integer, nullable=False, default=0),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("wanted", JSON),  # seconds each step was expected to take
    Column("took", JSON),  # seconds each step took
    Column("error", Text),
    Column("ended_by", String(60)),  # who cancelled it
    Column("model", String(64)),  # sha256 of what it made
    Column("report", JSON),
    Index("ix_curation_runs_state", "state", "asked_at"),
)

models = Table(
    "curation_models",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("run_id", String(40)),  # None: came with the installation
    Column("data_version", String(64)),
    Column("data_fingerprint", String(64), nullable=False),
    Column("examples", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("trained_at", UtcDateTime, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)

promotions = Table(
    "curation_promotions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(10), nullable=False),  # promote | rollback
    Column("state", String(10), nullable=False),
    Column("model", String(64), nullable=False),
    Column("before", String(64), nullable=False),
    Column("slot", String(8), nullable=False),
    Column("share", Integer, nullable=False),  # percent of new conversations; 100: all, at once
    Column("by_id", String(40), nullable=False),
    Column("by_name", String(60), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("canary_at", UtcDateTime),
    Column("live_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("ended_by", String(60)),
    Column("end_reason", String(300)),
    Column("gates", JSON, nullable=False),  # as they stood when it was decided
    Column("seen", JSON),  # the watch's newest figures: {before, after, at}
    Index("ix_curation_promotions_asked_at", "asked_at"),
    Index("ix_curation_promotions_state", "state"),
)

# One row: which process is live, which tries a model out on whom.
serving = Table(
    "curation_serving",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(64), nullable=False),  # of the live slot
    Column("routing", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# What is wanted of each Rasa process, written by the service, and what became of it, written by its keeper.
slots = Table(
    "curation_slots",
    metadata,
    Column("name", String(8), primary_key=True),
    Column("model", String(64)),  # None: none is wanted, the process stops
    Column("until", UtcDateTime),  # out of service: stops then, when its turns are long over
    Column("state", String(10), nullable=False),  # empty | starting | ready | failed
    Column("url", String(120)),
    Column("error", Text),
    Column("at", UtcDateTime, nullable=False),
)

wordings = Table(
    "curation_wordings",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("name", String(80), nullable=False),  # of the reply
    Column("number", Integer, nullable=False),  # 1, 2, … of this reply
    Column("variants", JSON),  # None: as it came with the software
    Column("by_id", String(40), nullable=False),
    Column("by_name", String(60), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("is_current", Boolean, nullable=False),
    Column("back_to", Integer),  # the number that this one says again
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("name", "number"),
    Index("ix_curation_wordings_name", "name", "number"),
)
