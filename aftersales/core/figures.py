"""The part of the rulebook that says what may be granted: the table of decisions, spoiled goods, lawful compensation."""

from typing import Literal

from pydantic import Field, model_validator

from aftersales.core.rule import Rule, Strict

When = Literal[
    "not_shipped",
    "no_reason",
    "no_reason_over",
    "quality_return",
    "quality_exchange",
    "quality_warranty",
    "quality_over",
    "spoiled",
    "wrong_item",
    "mismatch",
    "transport",
    "fraud",
    "food",
    "account",
    "unclear",
]


class Decision(Rule):
    """One row of the table of decisions (domain-rules §4): what the consumer may choose, and whose freight it is.

    `people`: never settled by rule alone. What a merchant grants beyond the row is his own free will.
    """

    when: When
    label: str
    remedies: list[str] = Field(min_length=1)
    freight: Literal["merchant", "consumer", "none"]
    within: str  # in words
    people: bool


class Share(Strict):
    """Up to `spoiled` percent gone bad, `refund` percent of the price goes back."""

    spoiled: int = Field(gt=0, le=100)
    refund: int = Field(gt=0, le=100)


class Spoiled(Rule):
    """Fresh goods that went bad, reported within `hours` of receipt; `shares` from the lowest to 100 percent."""

    hours: int = Field(gt=0)
    shares: list[Share] = Field(min_length=1)

    @model_validator(mode="after")
    def _covers_all(self) -> "Spoiled":
        bad = [share.spoiled for share in self.shares]
        if bad != sorted(set(bad)) or bad[-1] != 100:
            raise ValueError("shares must rise to spoiled: 100")
        return self


class Punitive(Rule):
    """`times` the price or `loss_times` the loss, `least_fen` where that is more; for a person to find."""

    times: int = Field(gt=0)
    loss_times: int = Field(default=0, ge=0)
    least_fen: int = Field(gt=0)


class Compensation(Strict):
    """What may be paid beside the price: lawful damages and promises; anything else up to the price or the loss."""

    fraud: Punitive
    food_safety: Punitive
    otherwise: Rule
