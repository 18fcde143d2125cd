"""The shape of `rules.yml`: goals, weights, tiers and measures, as people may write them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Group = Literal["speed", "resolution", "disputes", "satisfaction"]
Kind = Literal["commend", "warn", "restrict", "freeze"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Goal(_Strict):
    """`goal` earns 100 points, `worst` none; whichever is larger tells whether more is better."""

    label: str
    unit: Literal["seconds", "hours", "share"]
    group: Group
    goal: float = Field(ge=0)
    worst: float = Field(ge=0)

    @property
    def more_is_better(self) -> bool:
        return self.goal > self.worst

    @model_validator(mode="after")
    def _differ(self) -> "Goal":
        if self.goal == self.worst:
            raise ValueError("goal and worst are the same")
        return self


class Tier(_Strict):
    label: str
    from_: float = Field(alias="from", ge=0, le=100)


class MeasureRule(_Strict):
    """`adverse`: a person signs it, and the merchant may appeal (L24)."""

    label: str
    adverse: bool
    clause: str
    rectify_days: int | None = None


class MerchantRules(_Strict):
    version: str
    window_days: int = Field(gt=0)
    least_cases: int = Field(gt=0)
    weights: dict[Group, int]
    group_labels: dict[Group, str]
    metrics: dict[str, Goal]
    tiers: dict[str, Tier]
    measures: dict[Kind, MeasureRule]
    appeal_days: int = Field(gt=0)

    @model_validator(mode="after")
    def _adds_up(self) -> "MerchantRules":
        if sum(self.weights.values()) != 100:
            raise ValueError("the weights do not add up to 100")
        if min(tier.from_ for tier in self.tiers.values()) != 0:
            raise ValueError("no tier begins at 0")
        return self

    def tier_of(self, score: float) -> str:
        """The highest tier that the score reaches."""
        reached = [(tier.from_, name) for name, tier in self.tiers.items() if score >= tier.from_]
        return max(reached)[1]
