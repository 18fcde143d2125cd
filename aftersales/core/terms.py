"""The part of the rulebook that an order alone decides: windows, exclusions, freight, burden of proof."""

from typing import Literal

from pydantic import Field

from aftersales.core.rule import Rule, Strict

Party = Literal["merchant", "consumer"]


class Days(Rule):
    """A window of whole days, from midnight in Shanghai after the day of receipt."""

    days: int = Field(gt=0)


class ForGoods(Rule):
    """A list of categories: which goods a rule means is set by the platform."""

    categories: list[str]


class Durable(Rule):
    """Durable goods: within these months of receipt the merchant proves that a defect was not his (L01)."""

    months: int = Field(gt=0)


class Guarantees(Rule):
    """Three guarantees: days for return and exchange, and the repairs after which goods are exchanged (L26)."""

    return_days: int = Field(gt=0)
    exchange_days: int = Field(gt=0)
    repairs: int = Field(gt=0)
    categories: list[str]


class Warranties(Rule):
    """Months of warranty by category where the seller promised none (L27)."""

    months: dict[str, int]


class Intact(Rule):
    """What 完好 means, by category; `otherwise` for all others (L12)."""

    otherwise: str
    categories: dict[str, str]


class Payer(Rule):
    payer: Literal["merchant", "consumer", "none"]


class Burden(Rule):
    """Who shows the facts first; `issues`: the sub-types it is about, empty for every other one."""

    party: Party
    issues: list[str] = Field(default_factory=list)


class Terms(Strict):
    """Everything that eligibility is computed from, see `core.eligibility`."""

    consent: Rule  # an exclusion needs the recorded consent at purchase
    promise: Rule  # a promise that is better for the consumer prevails
    quality_return: Days
    durable: Durable
    durable_goods: ForGoods
    guarantees: Guarantees
    warranties: Warranties
    intact: Intact
    quality_freight: Payer
    no_reason_freight: Payer
    transport_freight: Payer
    not_shipped: Rule  # before it is sent, an order can be cancelled for a refund
    burden: list[Burden] = Field(min_length=1)

    def rules(self) -> dict[str, Rule]:
        """Every rule by its place here."""
        found: dict[str, Rule] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Rule):
                found[name] = value
            else:
                found |= {f"{name}.{place}": rule for place, rule in enumerate(value)}
        return found
