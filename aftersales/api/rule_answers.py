"""What the rule and eligibility APIs answer, for the OpenAPI description and for the tests."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BasisJson(_Answer):
    rule_id: str
    clause: str = Field(description="法规条款；未核验的规则为空")
    basis: str = Field(description="给人看的依据：条款，或「平台约定」")


class VerdictJson(BasisJson):
    allowed: bool
    until: str | None
    days_left: int | None = Field(description="还剩几天，已开始的一天算一天")
    reason: str


class FindingJson(BasisJson):
    about: str
    party: Literal["merchant", "consumer", "insurance", "none"]
    reason: str


class IntactJson(BasisJson):
    text: str


class PromiseJson(_Answer):
    kind: str
    text: str
    value: int | None


class EligibilityJson(_Answer):
    line_id: str
    rule_version: str
    at: str
    not_shipped: VerdictJson
    no_reason: VerdictJson
    quality_return: VerdictJson
    quality_exchange: VerdictJson
    warranty: VerdictJson
    durable: VerdictJson
    burden_of_proof: list[FindingJson]
    freight: list[FindingJson]
    intact: IntactJson
    promises: list[PromiseJson]


class Eligibility(_Answer):
    eligibility: EligibilityJson


class PartJson(_Answer):
    label: str
    text: str


class ClauseJson(BasisJson):
    group: str
    title: str
    applies_to: str
    source: str
    article: str
    verified: bool
    value: list[PartJson]


class VersionJson(_Answer):
    version: str
    status: Literal["announced", "in_force", "past"]
    status_label: str
    published_at: str
    effective_from: str
    weighty: bool
    note: str
    rules: int


class Versions(_Answer):
    versions: list[VersionJson]
    in_force: str


class PublishedJson(VersionJson):
    clauses: list[ClauseJson]


class Published(_Answer):
    rulebook: PublishedJson


class AlterationJson(_Answer):
    label: str
    before: str
    after: str


class ChangeJson(BasisJson):
    kind: Literal["added", "removed", "changed"]
    group: str
    title: str
    parts: list[AlterationJson]


class DifferenceJson(_Answer):
    from_: str = Field(alias="from")
    to: str
    changes: list[ChangeJson]


class Difference(_Answer):
    diff: DifferenceJson
