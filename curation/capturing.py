"""Every turn that the brain understood becomes a candidate, in the transaction that writes its replies."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy.dialects import postgresql, sqlite

from curation.core.masking import Span, mask
from curation.store import turns
from handoff.core.turns import TurnAnswered
from kernel.db import Tx

log = structlog.get_logger()
NOT_CAPTURED = Counter(
    "anxin_turns_not_captured_total", "Turns that trainers will not see, for an error of ours"
)

# built once: building it costs more than running it
_ADD = {
    "postgresql": postgresql.insert(turns).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(turns).on_conflict_do_nothing(),
}


async def on_answered(tx: Tx, event: TurnAnswered) -> None:
    """One insert, masked; buttons and photos say nothing about how consumers speak and are left out.

    Whatever goes wrong with the sentence here, the consumer gets his reply.
    """
    if event.is_choice or not event.result.get("intent") or not event.text.strip():
        return
    try:
        row = candidate(event)
    except Exception:
        log.exception("curation.not_captured", turn=event.turn_id)
        NOT_CAPTURED.inc()
        return
    await tx.execute(_ADD[tx.dialect], row)


def candidate(event: TurnAnswered) -> dict[str, Any]:
    """The row of `curation_turns` for a turn, without anything that says who wrote it."""
    result = event.result
    known = [event.conversation["consumer_name"], *(event.conversation["order_nos"] or [])]
    masked = mask(event.text, spans(event.text, result.get("entities") or []), filter(None, known))
    ranking = result.get("ranking") or []
    intent = result["intent"]
    decision = result.get("decision") or "act"
    replies = [reply.get("name") or "" for reply in result["replies"]]
    return {
        "turn_id": event.turn_id,
        "conversation_id": event.conversation["id"],
        "first_seq": event.first_seq,
        "last_seq": event.last_seq,
        "text": masked.text,
        "facts": [as_json(fact) for fact in masked.facts],
        "intent": ranking[0][0] if ranking else intent["name"],
        "issue_type": result.get("issue_type"),
        "sub_type": result.get("sub_type") or result.get("topic"),
        "confidence": float(intent["confidence"]),
        "decision": decision,
        "candidates": list(result.get("candidates") or []),
        "ranking": [list(pair) for pair in ranking],
        "did": ["superseded"] if event.superseded else replies,
        "model": result.get("model"),
        "asked_back": decision != "act",
        "at": event.at,
    }


def spans(text: str, entities: Iterable[Mapping[str, Any]]) -> list[Span]:
    """The brain's entities as facts with a place in `text`; what has none is dropped."""
    found = []
    for entity in entities:
        start, end = entity.get("start"), entity.get("end")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text):
            found.append(Span(str(entity["entity"]), entity["value"], start, end))
    return found


def as_json(fact: Span) -> dict[str, Any]:
    return {"key": fact.key, "value": fact.value, "start": fact.start, "end": fact.end}


def from_json(facts: Iterable[Mapping[str, Any]]) -> list[Span]:
    return [Span(one["key"], one["value"], one["start"], one["end"]) for one in facts]
