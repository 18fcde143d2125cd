"""Gathers what suggestions are made of: open tickets, the consumer's last words, the rules, the canned replies."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from ruamel.yaml import YAML
from sqlalchemy import select

from aftersales import reading, views
from aftersales.core.evidence import checklist
from aftersales.core.order import OrderLine
from aftersales.core.ticket import MERCHANT, PLATFORM, Actor
from aftersales.entitling import answer_for
from aftersales.rulebook_store import load_rulebook
from handoff import canned
from handoff.brain import Brain, BrainDown, BrainSlow
from handoff.core.canned import alike
from handoff.core.suggestions import ALIKE, REPLY, Suggestion, Understood, of_tickets, of_words, pick
from handoff.store import messages
from kernel.db import Database, Row
from kernel.principal import PLATFORM as PLATFORM_PARTY
from kernel.principal import Principal
from kernel.times import SHANGHAI

log = structlog.get_logger()

ANSWERS = Path(__file__).parents[1] / "bot" / "replies" / "questions.yml"
PATIENCE = 3.0  # seconds; suggestions without the brain are better than late ones
LAST_WORDS = 6
# Which entitlement of the order answers a topic or an issue.
_WINDOWS = {
    "no_reason": ("no_reason", "七天无理由"),
    "can_i_return": ("no_reason", "七天无理由"),
    "how_to_return": ("no_reason", "七天无理由"),
    "return_deadline": ("no_reason", "七天无理由"),
    "warranty_period": ("warranty", "保修期"),
    "repair_apply": ("warranty", "保修期"),
    "repair_cost": ("warranty", "保修期"),
    "quality": ("quality_return", "质量问题退货"),
}
_ASKED_BY_ISSUE = frozenset({"quality", "wrong_item", "size", "no_reason", "not_as_described"})


async def suggest(
    db: Database, brain: Brain, row: Row, who: Principal, lines: Sequence[OrderLine], now: datetime
) -> list[dict[str, Any]]:
    """Suggestions for this agent in this conversation, the most useful first; `lines`: the consumer's orders.

    With the brain away they come from facts, rules and canned replies alone.
    """
    async with db.read() as tx:
        tickets = [
            ticket for ticket in await reading.of_conversations(tx, [row["id"]]) if _is_for(who, ticket)
        ]
        said = await _last_words(tx, row["id"])
        values = await canned.values_for(tx, row, who, lines)
        replies = await canned.search(tx, who, "", values, row["party"])
    side = PLATFORM if who.party == PLATFORM_PARTY else MERCHANT
    actor = Actor(side, who.agent_id, who.name, who.party)
    for ticket in tickets:
        ticket["next"] = views.next_triggers(ticket, actor, load_rulebook(ticket["rule_version"]))
    heard = await _understood(brain, said)
    has_open = any(ticket["status"] not in ("closed", "archived", "withdrawn") for ticket in tickets)
    line = _line(row, lines, tickets)
    verdict = await _verdict(db, heard, line, now)
    answer = _answers().get(f"utter_question_{heard.topic}") if heard.topic else None
    answer = answer.replace("{own}", "") if answer else None
    words = of_words(heard, answer, _request(heard), verdict, has_open)
    found = pick(of_tickets(tickets)[:4], words, _like(said, replies))
    return [asdict(one) for one in found]


async def _last_words(tx: Any, conversation_id: str) -> str:
    """What the consumer said since somebody of ours last wrote."""
    query = (
        select(messages.c.sender, messages.c.text)
        .where(messages.c.conversation_id == conversation_id, messages.c.kind == "message")
        .order_by(messages.c.seq.desc())
        .limit(30)
    )
    words: list[str] = []
    for row in await tx.all(query):
        if row["sender"] == "consumer":
            words.append(row["text"])
        elif words and row["sender"] in ("agent", "bot"):
            break
        if len(words) == LAST_WORDS:
            break
    return "\n".join(word for word in reversed(words) if word)


async def _understood(brain: Brain, said: str) -> Understood:
    if not said:
        return Understood()
    try:
        return Understood.of((await brain.parse([said[-1000:]], PATIENCE))[0])
    except (BrainDown, BrainSlow, LookupError) as error:
        log.warning("suggestions.without_brain", error=type(error).__name__)
        return Understood()


def _request(heard: Understood) -> str | None:
    """The one-pass request of the rulebook for what the consumer complains of."""
    if heard.issue_type not in _ASKED_BY_ISSUE:
        return None
    todo = checklist(load_rulebook(), heard.issue_type, heard.sub_type)
    return todo.request or None


async def _verdict(
    db: Database, heard: Understood, line: OrderLine | None, now: datetime
) -> dict[str, Any] | None:
    name, label = _WINDOWS.get(heard.topic or heard.issue_type or "", ("", ""))
    if not name or line is None:
        return None
    found = (await answer_for(db, line, now, heard.sub_type))[name]
    until = datetime.fromisoformat(found["until"]).astimezone(SHANGHAI) if found["until"] else None
    return {
        "label": label,
        "reason": found["reason"],
        "basis": found["basis"],
        "until_label": f"{until:%-m月%-d日 %H:%M}" if until and found["allowed"] else None,
    }


def _line(row: Row, lines: Sequence[OrderLine], tickets: Sequence[dict[str, Any]]) -> OrderLine | None:
    """The one order line that the conversation is about."""
    ids = [row["order_line_id"]] + [t["order"]["line_id"] for t in tickets if t["order"]]
    known = next((one for one in lines if one.line_id in ids), None)
    return known or (lines[0] if len(lines) == 1 else None)


def _like(said: str, replies: Sequence[dict[str, Any]]) -> list[Suggestion]:
    """Canned replies about the same thing, the most alike first."""
    if not said:
        return []
    scored = [(alike(said, f"{one['title']} {one['text']}"), one) for one in replies]
    best = sorted((pair for pair in scored if pair[0] >= ALIKE), key=lambda pair: -pair[0])[:2]
    return [
        Suggestion(REPLY, "canned", one["title"], one["filled"], "常用语", {"canned_id": one["id"]})
        for _, one in best
    ]


def _is_for(who: Principal, ticket: dict[str, Any]) -> bool:
    return who.may_see(ticket["merchant"]["id"] if ticket["merchant"] else PLATFORM_PARTY)


def _answers() -> dict[str, str]:
    """The bot's answers by name; read again when the file changes, none where the brain lives elsewhere."""
    return _read(ANSWERS.stat().st_mtime_ns) if ANSWERS.is_file() else {}


@lru_cache(maxsize=1)
def _read(_stamp: int) -> dict[str, str]:
    known = YAML(typ="safe").load(ANSWERS.read_text(encoding="utf8")) or {}
    return {name: variants[0]["text"] for name, variants in known.items() if isinstance(variants, list)}
