"""What a consumer's turn brings, read once from Rasa's tracker."""

from dataclasses import dataclass, field, replace
from typing import Any

from rasa_sdk import Tracker

from aftersales.core.evidence import Attachment
from handoff.core import triggers

PLACEHOLDERS = ("[图片]", "[选择]")
Events = list[dict[str, Any]]


@dataclass(frozen=True)
class Named:
    """A problem that one clause of the turn names, with the facts of that clause; `said`: its own words tell it."""

    issue_type: str
    sub_type: str | None
    text: str
    facts: dict[str, Any]
    said: bool = True


@dataclass(frozen=True)
class Turn:
    """One turn; `facts` are those understood from the text, `orders` and `tickets` those the service knew before."""

    conversation_id: str
    turn_id: str
    intent: str
    text: str
    issue_type: str | None
    sub_type: str | None
    topic: str | None
    decision: str
    candidates: tuple[str, ...]
    facts: dict[str, Any]
    attachments: tuple[Attachment, ...]
    orders: tuple[dict[str, Any], ...]
    tickets: tuple[dict[str, Any], ...]
    consumer: dict[str, Any]
    started_seq: int
    last_seq: int
    chosen: dict[str, Any] = field(default_factory=dict)
    order_line_id: str | None = None  # the line whose page the consumer came from
    problems: tuple[Named, ...] = ()  # of a text with several clauses
    trigger: str | None = (
        None  # the reason for a person that the service saw before Rasa and has to ask about
    )

    @classmethod
    def of(cls, tracker: Tracker) -> "Turn":
        message = tracker.latest_message or {}
        about = message.get("metadata") or {}
        known = about.get("facts") or {}
        entities = message.get("entities") or []
        chosen = {
            entity["entity"]: entity["value"] for entity in entities if entity.get("extractor") == "button"
        }
        text = message.get("text") or ""
        return cls(
            conversation_id=tracker.sender_id,
            turn_id=about.get("turn_id") or message.get("message_id") or "",
            intent=(message.get("intent") or {}).get("name") or "",
            text="" if text in PLACEHOLDERS or chosen else text,
            issue_type=chosen.get("issue_type") or message.get("issue_type"),
            sub_type=chosen.get("sub_type") or message.get("sub_type"),
            topic=chosen.get("topic") or message.get("topic"),
            decision=message.get("decision") or "act",
            candidates=tuple(message.get("candidates") or ()),
            facts=message.get("facts") or {},
            attachments=tuple(Attachment(**one) for one in about.get("attachments") or ()),
            orders=tuple(known.get("order_lines") or ()),
            tickets=tuple(known.get("open_tickets") or ()),
            consumer={key: known.get(key) for key in ("anonymous", "consumer_name", "consumer_id")},
            started_seq=int(about.get("started_seq") or 0),
            last_seq=int(about.get("last_seq") or 0),
            chosen=chosen,
            order_line_id=known.get("order_line_id"),
            problems=tuple(_named(text, one, entities) for one in message.get("problems") or ()),
            trigger=about.get("trigger"),
        )

    def fact(self, key: str) -> Any:
        """A fact's value; of several the first said."""
        value = self.facts.get(key)
        return value[0] if isinstance(value, list) else value

    def all_of(self, key: str) -> list[Any]:
        value = self.facts.get(key)
        return value if isinstance(value, list) else [] if value is None else [value]

    @property
    def is_anonymous(self) -> bool:
        return bool(self.consumer.get("anonymous")) or not self.orders

    @property
    def is_angry(self) -> bool:
        return triggers.is_angry(self.text)

    def about(self, named: Named) -> "Turn":
        """This turn as if only that clause had been said."""
        return replace(
            self,
            intent=named.issue_type,
            issue_type=named.issue_type,
            sub_type=named.sub_type,
            text=named.text,
            facts=named.facts,
            problems=(),
        )


def _named(text: str, problem: dict[str, Any], entities: list[dict[str, Any]]) -> Named:
    start, end = problem["start"], problem["end"]
    facts: dict[str, Any] = {}
    for entity in entities:
        if start <= (entity.get("start") or 0) and (entity.get("end") or 0) <= end:
            before = facts.get(entity["entity"])
            value = entity["value"]
            facts[entity["entity"]] = value if before is None else [*_as_list(before), value]
    return Named(
        problem["issue_type"], problem.get("sub_type"), text[start:end], facts, problem.get("said", True)
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
