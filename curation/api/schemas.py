"""What callers of the workbench may send."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aftersales.api.schemas import Words
from curation.core.masking import Span
from curation.core.nlu_file import About
from curation.labelling import Verdict


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FactBody(Body):
    key: Words = Field(max_length=40)
    start: int = Field(ge=0, le=2000)
    end: int = Field(ge=1, le=2000)
    value: Words | int | bool | None = None


class LabelBody(Body):
    """`verdict` label needs an intent; `detail` is its sub-type or topic; `move` takes the sentence from another label."""

    verdict: Literal["label", "exclude", "skip"] = "label"
    intent: Words | None = Field(default=None, max_length=40)
    detail: Words | None = Field(default=None, max_length=60)
    facts: list[FactBody] = Field(default_factory=list, max_length=20)
    reason: Words = Field(default="", max_length=500)
    move: bool = False

    def verdict_of(self, text: str) -> Verdict:
        """As the verbs take it; a fact without a value has its words as value."""
        about = About(self.intent, "topic", self.detail) if self.intent and self.detail else None
        if self.intent and about is None:
            about = About(self.intent)
        facts = tuple(
            Span(one.key, text[one.start : one.end] if one.value is None else one.value, one.start, one.end)
            for one in self.facts
        )
        return Verdict(
            self.verdict, about if self.verdict == "label" else None, facts, self.reason, self.move
        )


class SplitBody(Body):
    """Where to cut, counted in characters of the sentence."""

    places: list[int] = Field(min_length=1, max_length=6)


class PartBody(Body):
    turn_id: int


class RelabelBody(Body):
    """The sentence as it stands (`text` with its intent and detail) and where it goes; without `to_intent` it goes away."""

    text: Words = Field(min_length=1, max_length=1000)
    intent: Words = Field(max_length=40)
    kind: Literal["sub_type", "topic"] | None = None
    detail: Words | None = Field(default=None, max_length=60)
    to_intent: Words | None = Field(default=None, max_length=40)
    to_detail: Words | None = Field(default=None, max_length=60)
    reason: Words = Field(default="", max_length=500)


class WaveBody(Body):
    reason: Words = Field(default="", max_length=180)


class UndoBody(Body):
    reason: Words = Field(default="撤回", max_length=500)
