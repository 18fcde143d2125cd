"""Tables of merchants' scores, of measures (rewards and penalties) with their steps, and of course attempts."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Float, Integer, String, Table, Text
from sqlalchemy.schema import Index, UniqueConstraint

from kernel.db import UtcDateTime, metadata

scores = Table(
    "merchant_scores",
    metadata,
    Column("merchant_id", String(40), primary_key=True),
    Column("day", Date, primary_key=True),  # in Shanghai; the window ends with it
    Column("merchant_name", String(80), nullable=False),
    Column("score", Float),  # 0 to 100; None while there are too few cases
    Column("tier", String(12)),
    Column("cases", Integer, nullable=False),
    Column(
        "report", JSON, nullable=False
    ),  # groups and metrics, without the tickets: those are computed again
    Column("at", UtcDateTime, nullable=False),
    Index("ix_merchant_scores_day", "day"),
)

measures = Table(
    "merchant_measures",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("merchant_id", String(40), nullable=False),
    Column("merchant_name", String(80), nullable=False),
    Column("kind", String(12), nullable=False),  # commend | warn | restrict | freeze
    Column("state", String(12), nullable=False),
    Column("facts", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("clause", String(300), nullable=False),
    Column("evidence", JSON, nullable=False),  # {day?, score?, metrics?, tickets: [ids]}
    Column(
        "period", String(40), nullable=False
    ),  # one measure of a kind in a period, however often it is proposed
    Column("proposed_by", String(80), nullable=False),
    Column("signed_by", String(80)),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("notified_at", UtcDateTime),
    Column("appeal_until", UtcDateTime),
    Column("rectify_until", UtcDateTime),
    UniqueConstraint("merchant_id", "kind", "period"),
    Index("ix_merchant_measures_merchant_id", "merchant_id", "proposed_at"),
    Index("ix_merchant_measures_state", "state", "proposed_at"),
)

steps = Table(
    "merchant_measure_steps",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("measure_id", String(40), nullable=False, index=True),
    Column("trigger", String(12), nullable=False),
    Column("from_state", String(12)),
    Column("to_state", String(12), nullable=False),
    Column("actor_kind", String(12), nullable=False),
    Column("actor_id", String(80), nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("signature", JSON),  # {name, sha256 of what was signed}
    Column("at", UtcDateTime, nullable=False),
)

attempts = Table(
    "course_attempts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("agent_id", String(40), nullable=False),
    Column("agent_name", String(80), nullable=False),
    Column("party", String(40), nullable=False, index=True),
    Column("course_version", String(20), nullable=False),
    Column("answers", JSON, nullable=False),
    Column("correct", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_course_attempts_agent_id", "agent_id", "course_version"),
)
