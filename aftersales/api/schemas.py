"""What callers of the ticket APIs may send."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

# PostgreSQL keeps no NUL in a text, and nobody types one on purpose.
Words = Annotated[str, AfterValidator(lambda text: text.replace("\0", ""))]


class ReasonBody(BaseModel):
    """A consumer's step; `version` protects against deciding on something that has changed meanwhile."""

    reason: Words = Field(default="", max_length=1000)
    version: StrictInt | None = Field(default=None, description="工单的 version；过期则返回 409 stale_ticket")


class TransitionBody(ReasonBody):
    """`trigger` and, beside it, whatever `next[].needs` of the ticket names."""

    model_config = ConfigDict(extra="forbid")

    trigger: Words = Field(max_length=30)
    remedy: Words | None = Field(default=None, max_length=30)
    amount_fen: StrictInt | None = Field(default=None, ge=1, le=10**10, description="分")
    freight_payer: Words | None = Field(default=None, max_length=20, description="merchant、consumer 或 none")
    note: Words | None = Field(default=None, max_length=500)
    proof: Words | None = Field(default=None, max_length=200, description="运单号、流水号或处理说明")


class RateBody(BaseModel):
    score: StrictInt = Field(ge=1, le=5)
    note: Words = Field(default="", max_length=500)
