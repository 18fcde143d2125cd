"""The bot's wording: `bot/replies/<topic>.yml`, read again when a file changes, so an edit needs no training.

A reply is a list of variants `{text, own?, buttons?: [{title, payload, style?}]}`; `own` is said instead of `text`
when the action found something in the consumer's own order. `{name}` in a text or a button is
filled from what the action passed, then from slots; a missing one is an error, never an empty place in a sentence.
"""

import os
import random
import re
import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Union

import structlog
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from ruamel.yaml import YAML

from bot.turn import TurnAborted

log = structlog.get_logger()

REPLIES = Path(__file__).parent / "replies"
QUESTION = "utter_question_"
_NAME = re.compile(r"\{([a-z_]+)\}")

Variants = List[Dict[str, Any]]


class UnknownReply(KeyError):
    """An action asked for a reply that no file holds."""


class MissingValue(KeyError):
    """A reply needs a value that nobody gave."""


class ReplyBook:
    """All replies of a folder; `get` notices edited files, and keeps the last good wording if an edit is broken."""

    def __init__(
        self,
        folder: Union[str, Path] = REPLIES,
        released: Union[str, Path, None] = None,
        look_every: float = 1.0,
    ) -> None:
        """A reply in `released` (what the trainers released) takes the place of the one in `folder`.

        `look_every`: seconds between two looks at the files' times.
        """
        self._folders = [Path(folder)] + ([Path(released)] if released else [])
        self._look_every, self._looked = look_every, time.monotonic()
        self._stamp: Dict[Path, int] = {}
        self._replies: Dict[str, Variants] = {}
        self._load(self._now())

    def get(self, name: str) -> Variants:
        if time.monotonic() - self._looked >= self._look_every:
            self._look()
        if name not in self._replies and name.startswith(QUESTION):
            name = QUESTION + "open"  # a topic without an answer yet: say so and offer a person
        try:
            return self._replies[name]
        except KeyError:
            raise UnknownReply(name) from None

    def _look(self) -> None:
        self._looked = time.monotonic()
        now = self._now()
        if now != self._stamp:
            try:
                self._load(now)
            except ValueError as error:
                log.error("replies.broken", error=str(error))
                self._stamp = now

    def names(self) -> List[str]:
        return sorted(self._replies)

    def _now(self) -> Dict[Path, int]:
        found = {}
        for folder in self._folders:
            for path in sorted(folder.glob("*.yml")):
                try:
                    found[path] = path.stat().st_mtime_ns
                except FileNotFoundError:
                    continue  # replaced at this moment; the next look sees it
        return found

    def _load(self, stamp: Dict[Path, int]) -> None:
        replies: Dict[str, Variants] = {}
        for folder in self._folders:
            here: Dict[str, Variants] = {}
            for path in stamp:
                for name, variants in read_replies(path).items() if path.parent == folder else ():
                    if name in here:
                        raise ValueError(f"{name} is in two files")
                    here[name] = variants
            replies.update(here)
        self._replies, self._stamp = replies, stamp


def read_replies(path: Path) -> Dict[str, Variants]:
    """One file, checked; a plain sentence stands for one variant without buttons. Raises ValueError."""
    try:
        said = YAML(typ="safe").load(path.read_text(encoding="utf8")) or {}
    except Exception as error:
        raise ValueError(f"{path.name}: {error}") from error
    return {
        name: [_variant(path, name, item) for item in (value if isinstance(value, list) else [value])]
        for name, value in said.items()
    }


def _variant(path: Path, name: str, item: Any) -> Dict[str, Any]:
    variant = {"text": item} if isinstance(item, str) else item
    if not isinstance(variant, dict) or not str(variant.get("text", "")).strip():
        raise ValueError(f"{path.name}: {name} needs a text")
    if any(not button.get("title") or not button.get("payload") for button in variant.get("buttons", [])):
        raise ValueError(f"{path.name}: a button of {name} needs title and payload")
    return variant


def fill(text: str, values: Mapping[str, Any]) -> str:
    """`text` with its names filled; JSON braces of payloads are left alone."""

    def value_of(found: "re.Match[str]") -> str:
        value = values.get(found.group(1))
        if value is None:
            raise MissingValue(f"{found.group(1)} in {text!r}")
        return str(value)

    return _NAME.sub(value_of, text)


class Replies(NaturalLanguageGenerator):
    """Rasa's NLG on top of the reply book."""

    def __init__(
        self, endpoint_config: Any = None, domain: Any = None, book: Optional[ReplyBook] = None
    ) -> None:
        self.book = book or ReplyBook(released=os.environ.get("ANXIN_REPLIES"))

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> Optional[Dict[str, Any]]:
        try:
            return self.say(utter_action, {**tracker.current_slot_values(), **kwargs})
        except (UnknownReply, MissingValue) as error:
            # Rasa would log an exception here and go on without a word to the consumer.
            raise TurnAborted(f"reply {utter_action}: {error}") from error

    def say(self, name: str, values: Mapping[str, Any]) -> Dict[str, Any]:
        """One variant of the reply, filled."""
        variant = random.choice(self.book.get(name))
        text = variant["own"] if values.get("own") and "own" in variant else variant["text"]
        said: Dict[str, Any] = {"text": fill(text, values)}
        if variant.get("buttons"):
            said["buttons"] = [
                {key: fill(part, values) for key, part in button.items()} for button in variant["buttons"]
            ]
        return said
