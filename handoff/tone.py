"""The wording rules of domain-rules §7, and what was sent against them."""

from datetime import datetime
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import func, insert, select

from handoff.core.wording_check import Hit, Rule, check
from handoff.store import agents, messages
from handoff.writing_store import tone_hits
from kernel.db import Tx
from kernel.principal import Principal

PHRASES = Path(__file__).parent / "phrases.yml"


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of the file, read once; raises ValueError for a broken one."""
    return tuple(Rule.of(raw) for raw in YAML(typ="safe").load(PHRASES.read_text(encoding="utf8")))


def marked(text: str) -> list[Hit]:
    """What an agent is shown before sending."""
    return check(text, rules())


async def count(tx: Tx, conversation_id: str, who: Principal, seq: int, text: str, now: datetime) -> int:
    """Counts what was sent in spite of the marks, for the agent's own party; returns how many violations."""
    hits = [hit for hit in marked(text) if hit.is_violation]
    if hits:
        about = {"conversation_id": conversation_id, "agent_id": who.agent_id, "party": who.party, "seq": seq}
        rows = [
            about | {"rule": hit.rule, "kind": hit.kind, "found": hit.found[:80], "at": now} for hit in hits
        ]
        await tx.execute(insert(tone_hits), rows)
    return len(hits)


async def violations(tx: Tx, party: str, start: datetime, end: datetime) -> set[str]:
    """The conversations in which this party's agents used such a phrase, from `start` to before `end`."""
    query = select(tone_hits.c.conversation_id).where(
        tone_hits.c.party == party, tone_hits.c.at >= start, tone_hits.c.at < end
    )
    return {row["conversation_id"] for row in await tx.all(query.distinct())}


async def inspected(tx: Tx, party: str, start: datetime, end: datetime) -> set[str]:
    """The conversations in which this party's agents wrote: every message of an agent is inspected when sent."""
    query = (
        select(messages.c.conversation_id)
        .join(agents, agents.c.id == messages.c.sender_id)
        .where(
            agents.c.party == party,
            messages.c.sender == "agent",
            messages.c.text != "",
            messages.c.at >= start,
            messages.c.at < end,
        )
        .distinct()
    )
    return {row["conversation_id"] for row in await tx.all(query)}


async def by_agent(tx: Tx, start: datetime, end: datetime, party: str | None = None) -> dict[str, int]:
    """How many such phrases each agent sent, for reports."""
    query = select(tone_hits.c.agent_id, func.count().label("n")).where(
        tone_hits.c.at >= start, tone_hits.c.at < end
    )
    if party:
        query = query.where(tone_hits.c.party == party)
    return {row["agent_id"]: row["n"] for row in await tx.all(query.group_by(tone_hits.c.agent_id))}
