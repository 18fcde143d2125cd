"""The rulebook's shape: what people may write into `aftersales/rulebook/<version>.yml`."""

import re
from collections import Counter
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from aftersales.core.figures import Compensation, Decision, Spoiled
from aftersales.core.rule import Rule, Strict
from aftersales.core.terms import Terms

Kind = Literal["image", "video", "document", "text", "confirm", "choice"]
Payer = Literal["merchant", "consumer", "none"]
# The labels of the annotation guideline that a ticket can be about.
IssueType = Literal[
    "quality",
    "wrong_item",
    "size",
    "no_reason",
    "not_as_described",
    "logistics",
    "refund_status",
    "after_sales_question",
    "service_complaint",
]


OnTimeout = Literal[
    "accept",
    "withdraw",
    "respond",
    "intervene",
    "offer_intervention",
    "close_evidence",
    "goods_received",
    "escalate",
    "close",
    "archive",
]


class Deadline(Rule):
    """How long a status or a phase may last; time alone never agrees for a consumer.

    `postpone`: an end on a day off moves to the next working day. `respond`: see `core.deadline.timeout_step`.
    """

    hours: int = Field(default=0, ge=0)
    workdays: int = Field(default=0, ge=0)
    most_hours: int = Field(default=0, ge=0)  # working days never make it longer than this
    on_timeout: OnTimeout | None = None
    remind_hours: list[int] = Field(default_factory=list)  # after its beginning
    postpone: bool = False
    by_remedy: dict[str, int] = Field(default_factory=dict)  # hours where the remedy takes its own time

    @model_validator(mode="after")
    def _lasts(self) -> "Deadline":
        if bool(self.hours) == bool(self.workdays):
            raise ValueError("either `hours` or `workdays`, greater than 0")
        return self

    def hours_for(self, remedy: str | None) -> int:
        return self.by_remedy.get(remedy or "", self.hours or 24 * self.workdays)


class Automatic(Rule):
    """Which of §4's cases the system settles by itself, up to which sum, and above which sum two people sign."""

    limit_fen: int = Field(gt=0)
    two_people_fen: int = Field(gt=0)
    cases: list[Literal["not_shipped", "no_reason", "quality", "missing_item"]]


class Remedy(Strict):
    """What can be done for the consumer. `whole`: the refund is the amount paid unless another is agreed on."""

    label: str
    proof: Literal["refund", "waybill", "note"]
    whole: bool = False
    moves_goods: bool = False


class When(Strict):
    """An item is mandatory only when the answer to another item matches."""

    item: str
    matches: str


class EvidenceItem(Strict):
    id: str
    label: str
    kind: Kind
    required: bool
    hint: str = ""
    count: int = Field(default=1, ge=1, le=9)  # files that a media item needs
    fact: str | None = None  # the fact of the text that answers it
    pattern: str = ""  # words that answer it must match this; empty: any words do
    required_when: When | None = None
    own_consent: bool = False  # sensitive: never filled without the consumer's separate consent (L30)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern


def _consistent(items: list[EvidenceItem]) -> list[EvidenceItem]:
    ids = [item.id for item in items]
    twice = [item_id for item_id, count in Counter(ids).items() if count > 1]
    if twice:
        raise ValueError(f"an evidence item is named twice: {twice}")
    unknown = {item.required_when.item for item in items if item.required_when} - set(ids)
    if unknown:
        raise ValueError(f"required_when names unknown items: {sorted(unknown)}")
    return items


Items = Annotated[list[EvidenceItem], AfterValidator(_consistent)]


class Issue(Strict):
    """A sub-type of complaint. `freight_fixed`: the law puts the freight on the merchant (L02)."""

    label: str
    issue_type: IssueType
    rule: Rule
    request: str
    items: Items = Field(min_length=1)
    remedies: list[str] = Field(min_length=1)
    freight: Payer
    freight_fixed: bool = False
    human: Literal["fraud", "food_safety"] | None = None  # always decided by people, for this reason


class OpenIssue(Strict):
    """An issue type while its sub-type is not known: its own list, or that of the likeliest sub-type."""

    label: str
    assume: str | None = None
    request: str | None = None
    items: Items = Field(default_factory=list)

    @model_validator(mode="after")
    def _has_one_list(self) -> "OpenIssue":
        if bool(self.assume) == bool(self.request) or bool(self.assume) == bool(self.items):
            raise ValueError("either `assume`, or `request` and `items`")
        return self


class NoReason(Rule):
    hours: int = Field(gt=0)


class Media(Strict):
    types: list[str]
    most: int
    megabytes: int
    seconds: int | None = None


class Rulebook(Strict):
    """One version of the policy; a ticket is locked to the version it was opened under."""

    version: str
    published_at: date | None = None  # the day of its announcement; without it, a draft
    effective_from: date
    weighty: bool = False  # announced 15 days ahead instead of 7 (L23)
    note: str = ""  # for the readers of the announcement: why
    deadlines: dict[str, Deadline]
    no_reason: NoReason
    warranty: Rule
    automatic: Automatic
    decisions: list[Decision] = Field(default_factory=list)
    spoiled: Spoiled | None = None
    compensation: Compensation | None = None
    terms: Terms
    remedies: dict[str, Remedy]
    issues: dict[str, Issue]
    open_issues: dict[IssueType, OpenIssue]
    media: dict[Literal["image", "video", "document"], Media]

    @model_validator(mode="after")
    def _names_are_known(self) -> "Rulebook":
        problems = []
        for name, issue in self.issues.items():
            if unknown := set(issue.remedies) - set(self.remedies):
                problems.append(
                    f"issue {name} (rule {issue.rule.rule_id}): unknown remedies {sorted(unknown)}"
                )
        for status, deadline in self.deadlines.items():
            if unknown := set(deadline.by_remedy) - set(self.remedies):
                problems.append(f"{status} (rule {deadline.rule_id}): unknown remedies {sorted(unknown)}")
        for row in self.decisions:
            if unknown := set(row.remedies) - set(self.remedies):
                problems.append(
                    f"decision {row.when} (rule {row.rule_id}): unknown remedies {sorted(unknown)}"
                )
        for when, count in Counter(row.when for row in self.decisions).items():
            if count > 1:
                problems.append(f"decision {when}: there are {count} rows")
        for place, burden in enumerate(self.terms.burden):
            if unknown := set(burden.issues) - set(self.issues):
                problems.append(f"burden {place} (rule {burden.rule_id}): unknown issues {sorted(unknown)}")
        for issue_type, known in self.open_issues.items():
            assumed = self.issues.get(known.assume or "")
            if known.assume and (assumed is None or assumed.issue_type != issue_type):
                problems.append(f"open issue {issue_type}: {known.assume} is no sub-type of it")
        rules = [
            *self.deadlines.values(),
            self.no_reason,
            self.warranty,
            self.automatic,
            *self.decisions,
            *self.figures(),
            *self.terms.rules().values(),
            *(i.rule for i in self.issues.values()),
        ]
        for rule_id, count in Counter(rule.rule_id for rule in rules).items():
            if count > 1:
                problems.append(f"rule {rule_id}: the id is used {count} times")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def figures(self) -> list[Rule]:
        """The rules about sums, where the version names them."""
        found: list[Rule] = [self.spoiled] if self.spoiled else []
        pays = self.compensation
        return [*found, pays.fraud, pays.food_safety, pays.otherwise] if pays else found

    def candidates(self, issue_type: str, sub_type: str | None) -> list[str]:
        """The sub-types an issue may be: the named one, else all of its type. Raises KeyError for unknown ones."""
        if sub_type:
            return [sub_type] if self.issues[sub_type] else []
        found = [name for name, issue in self.issues.items() if issue.issue_type == issue_type]
        if not found:
            raise KeyError(issue_type)
        return found

    def label_of(self, issue_type: str, sub_type: str | None) -> str:
        """What people call the complaint: 商品破损; the type's own name while the sub-type is open."""
        if sub_type in self.issues:
            return self.issues[sub_type].label
        known = self.open_issues.get(issue_type)  # type: ignore[call-overload]
        return known.label if known else "售后申请"
