"""The rulebook's shape: what people may write into `aftersales/rulebook/<version>.yml`."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["image", "video", "document", "text", "confirm", "choice"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """Where a value comes from. Unverified rules are defaults of ours, never facts shown to consumers."""

    rule_id: str
    source: str
    article: str = ""
    verified: bool

    @property
    def clause(self) -> str:
        """《消费者权益保护法》第24条; empty for an unverified rule."""
        return f"《{self.source}》第{self.article}条" if self.verified and self.article else ""


class Deadline(Rule):
    hours: int = Field(gt=0)
    on_timeout: Literal["accept", "withdraw"] | None = None


class Remedy(_Strict):
    label: str
    proof: Literal["refund", "waybill", "note"]


class EvidenceItem(_Strict):
    id: str
    label: str
    kind: Kind
    required: bool
    hint: str = ""
    fact: str | None = None  # the fact of the text that answers it
    pattern: str = ""  # words that answer it must match this; empty: any words do


class Issue(_Strict):
    label: str
    issue_type: str
    rule: Rule
    remedies: list[str] = Field(min_length=1)
    freight: Literal["merchant", "consumer", "none"]
    request: str
    items: list[EvidenceItem] = Field(min_length=1)
    human: str | None = None  # always decided by people, for this reason

    @model_validator(mode="after")
    def _items_are_different(self) -> "Issue":
        ids = [item.id for item in self.items]
        if len(ids) != len(set(ids)):
            raise ValueError(f"rule {self.rule.rule_id}: an evidence item is named twice")
        return self


class NoReason(Rule):
    hours: int = Field(gt=0)


class Media(_Strict):
    types: list[str]
    most: int
    megabytes: int
    seconds: int | None = None


class Rulebook(_Strict):
    version: str
    effective_from: date
    deadlines: dict[str, Deadline]
    no_reason: NoReason
    remedies: dict[str, Remedy]
    issues: dict[str, Issue]
    media: dict[str, Media]

    @model_validator(mode="after")
    def _remedies_are_known(self) -> "Rulebook":
        for name, issue in self.issues.items():
            unknown = set(issue.remedies) - set(self.remedies)
            if unknown:
                raise ValueError(
                    f"issue {name} (rule {issue.rule.rule_id}): unknown remedies {sorted(unknown)}"
                )
        return self

    def candidates(self, issue_type: str, sub_type: str | None) -> list[str]:
        """The sub-types an issue may be: the named one, else all of its type. Raises KeyError for unknown ones."""
        if sub_type:
            return [sub_type] if self.issues[sub_type] else []
        found = [name for name, issue in self.issues.items() if issue.issue_type == issue_type]
        if not found:
            raise KeyError(issue_type)
        return found
