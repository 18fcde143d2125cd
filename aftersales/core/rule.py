"""One rule: where a value comes from, what it applies to, and whether its source was read."""

from pydantic import BaseModel, ConfigDict

DEFAULT = "平台约定"  # how a rule of ours is named to people: an agreement of the platform, never law


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(Strict):
    """Where a value comes from. Unverified rules are defaults of ours, never facts shown to consumers."""

    rule_id: str
    source: str
    article: str = ""
    verified: bool
    applies_to: str = ""

    @property
    def clause(self) -> str:
        """《消费者权益保护法》第24条; empty for an unverified rule."""
        return f"《{self.source}》第{self.article}条" if self.verified and self.article else ""

    @property
    def basis(self) -> str:
        """What people read as the basis: the clause, or that it is an agreement of the platform."""
        return self.clause or DEFAULT
