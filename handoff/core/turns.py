"""What a turn of the bot has told, as a past-tense event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class TurnAnswered:
    """The bot understood what a consumer wrote; raised in the transaction that writes its replies.

    `text` is the consumer's own, `result` the brain's answer (intent, ranking, decision, candidates, entities,
    replies, model). `superseded`: a person took over meanwhile and the replies were dropped.
    """

    conversation: Mapping[Any, Any]
    turn_id: str
    first_seq: int
    last_seq: int
    text: str
    is_choice: bool
    result: Mapping[str, Any]
    superseded: bool
    at: datetime
