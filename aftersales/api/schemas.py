"""What callers of the ticket APIs may send."""

from pydantic import BaseModel, ConfigDict, Field


class TransitionBody(BaseModel):
    """`trigger` and, beside it, whatever `next[].needs` of the ticket names."""

    model_config = ConfigDict(extra="forbid")

    trigger: str = Field(max_length=30)
    reason: str = Field(default="", max_length=1000)
    version: int | None = Field(default=None, description="工单的 version；过期则返回 409 stale_ticket")
    remedy: str | None = None
    amount_fen: int | None = Field(default=None, description="分")
    freight_payer: str | None = None
    note: str | None = Field(default=None, max_length=500)
    proof: str | None = Field(default=None, max_length=200)


class ReasonBody(BaseModel):
    reason: str = Field(default="", max_length=1000)
    version: int | None = None


class RateBody(BaseModel):
    score: int = Field(ge=1, le=5)
    note: str = Field(default="", max_length=500)
