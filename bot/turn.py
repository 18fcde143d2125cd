"""One turn of one conversation: what came in, what goes out, and its answer, saved together with the tracker."""

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from rasa.core.channels.channel import OutputChannel, UserMessage

CHANNEL = "anxin"
PHOTO_TEXT = "[图片]"
CHOICE_TEXT = "[选择]"
COMPLAINT = "service_complaint"
MOST_RANKED = 5

current_turn: ContextVar[Optional["Turn"]] = ContextVar("current_turn", default=None)


class TurnAborted(BaseException):
    """The turn cannot end well and must leave no trace; it may be asked for again.

    Not an `Exception`, because Rasa's processor swallows those of an action and saves half a turn.
    """


class Collector(OutputChannel):
    """Keeps what the bot says in this turn, in order, as replies of the wire."""

    def __init__(self) -> None:
        self.replies: List[Dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        """Rasa hands over each utterance here; text, buttons and card stay one reply."""
        text, buttons = message.get("text") or "", message.get("buttons") or []
        card = (message.get("custom") or {}).get("card")
        name = (message.get("metadata") or {}).get("utter_action") or message.get("utter_action")
        if text or buttons or card:
            self.replies.append({"name": name, "text": text, "buttons": buttons, "card": card})


@dataclass
class Turn:
    """The body of `POST turn`; raises KeyError or TypeError when it is not one."""

    turn_id: str
    conversation_id: str
    text: str
    attachments: List[Dict[str, Any]]
    choice: Optional[Dict[str, Any]]
    facts: Dict[str, Any]
    seqs: Dict[str, int]
    trigger: Optional[str] = None  # the reason that the service's rules saw and that is to be asked about
    collector: Collector = field(default_factory=Collector)
    message: Optional[UserMessage] = None
    introduction: Optional[Dict[str, Any]] = None  # said first in a new conversation
    model: str = ""  # sha256 of the archive that answers
    saved: Optional[Dict[str, Any]] = None  # the answer, once it is in the store

    @classmethod
    def from_body(cls, body: Dict[str, Any]) -> "Turn":
        return cls(
            turn_id=str(body["turn_id"]),
            conversation_id=str(body["conversation_id"]),
            text=str(body.get("text") or "")[:1000].strip(),
            attachments=list(body.get("attachments") or []),
            choice=body.get("choice"),
            facts=dict(body.get("facts") or {}),
            trigger=body.get("trigger"),
            seqs={key: int(body.get(key) or 0) for key in ("epoch", "started_seq", "last_seq")},
        )

    def as_user_message(self) -> UserMessage:
        """The message for Rasa. Buttons and lone photos bring their own parse data; text is understood by NLU."""
        parse_data: Optional[Dict[str, Any]] = None
        text = escape(self.text)
        if self.choice:
            parse_data = _said(self.choice["intent"], self.choice.get("entities") or {})
            text = self.choice.get("title") or CHOICE_TEXT
        elif not text and self.attachments:
            parse_data = _said("provide_evidence", {})
            text = PHOTO_TEXT
        elif not text:
            raise ValueError("a turn needs text, an attachment or a choice")
        if parse_data is not None:
            parse_data["text"] = text
        self.message = UserMessage(
            text,
            self.collector,
            self.conversation_id,
            parse_data=parse_data,
            input_channel=CHANNEL,
            message_id=self.turn_id,
            metadata=self.metadata(),
        )
        return self.message

    def metadata(self) -> Dict[str, Any]:
        """What actions find in `tracker.latest_message["metadata"]`."""
        return {
            "turn_id": self.turn_id,
            "conversation_id": self.conversation_id,
            "attachments": self.attachments,
            "facts": self.facts,
            "trigger": self.trigger,
            **self.seqs,
        }

    def replies(self) -> List[Dict[str, Any]]:
        """What was said, begun by saying that this is an AI assistant unless a reply says so itself (L34)."""
        said = self.collector.replies
        if not said or not self.introduction or any("智能助手" in reply["text"] for reply in said):
            return said
        return [self.introduction, *said]

    def answer(self, parsed: Dict[str, Any]) -> Dict[str, Any]:
        """The answer on the wire, from the parse data of this turn's message."""
        intent = parsed.get("intent") or {}
        entities = [
            {key: entity.get(key) for key in ("entity", "value", "start", "end")}
            for entity in parsed.get("entities") or []
        ]
        return {
            "turn_id": self.turn_id,
            "replies": self.replies(),
            "intent": {
                "name": intent.get("name"),
                "confidence": round(float(intent.get("confidence") or 0), 4),
            },
            "ranking": [
                [one["name"], round(float(one["confidence"]), 4)]
                for one in (parsed.get("intent_ranking") or [])[:MOST_RANKED]
            ],
            "issue_type": parsed.get("issue_type"),
            "sub_type": parsed.get("sub_type"),
            "topic": parsed.get("topic"),
            "decision": parsed.get("decision"),
            "candidates": parsed.get("candidates") or [],
            "entities": entities,
            "failed": intent.get("name") == "nlu_fallback",
            "model": self.model,
        }


def as_complaint(parsed: Dict[str, Any]) -> Dict[str, Any]:
    """A text in which the rules saw a threat: whatever the model takes it for, it is answered as a complaint."""
    return {**parsed, "intent": {"name": COMPLAINT, "confidence": 1.0}, "decision": "act"}


def escape(text: str) -> str:
    """A leading slash would be taken for a command (`/restart`) or an intent: it becomes full width."""
    return re.sub(r"^\s*/", "／", text)


def turn_key(turn_id: str) -> str:
    return f"anxin:turn:{turn_id}"


def running_key(turn_id: str) -> str:
    """Held by the one process in which the turn runs, for as long as it does."""
    return f"anxin:running:{turn_id}"


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _said(intent: str, entities: Dict[str, Any]) -> Dict[str, Any]:
    """Parse data of something that needs no understanding: a button, a photo."""
    return {
        "intent": {"name": intent, "confidence": 1.0},
        "intent_ranking": [{"name": intent, "confidence": 1.0}],
        "entities": [
            {"entity": key, "value": value, "extractor": "button"} for key, value in entities.items()
        ],
        "issue_type": entities.get("issue_type"),
        "sub_type": entities.get("sub_type"),
        "topic": entities.get("topic"),
        "decision": "act",
        "candidates": [],
    }
