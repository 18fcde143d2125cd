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
    loss_fen: StrictInt | None = Field(default=None, ge=1, le=10**10, description="分；有凭证的损失")
    return_to: Words | None = Field(default=None, max_length=200, description="退货地址、收货人和电话")
    freight_payer: Words | None = Field(default=None, max_length=20, description="merchant、consumer 或 none")
    note: Words | None = Field(default=None, max_length=500)
    proof: Words | None = Field(default=None, max_length=200, description="运单号、流水号或处理说明")
    ask: Words | None = Field(default=None, max_length=80, description="请消费者补充什么")
    liability: Words | None = Field(default=None, max_length=20)
    clause: Words | None = Field(default=None, max_length=200)
    carrier: Words | None = Field(default=None, max_length=40)
    waybill_no: Words | None = Field(default=None, max_length=60)


class RetypeBody(BaseModel):
    """What the ticket is really about; `types` of the detail has the choices."""

    model_config = ConfigDict(extra="forbid")

    issue_type: Words = Field(max_length=40)
    sub_type: Words | None = Field(default=None, max_length=40)
    reason: Words = Field(default="", max_length=1000, description="为什么改，必填")
    version: StrictInt | None = Field(default=None, description="工单的 version；过期则返回 409 stale_ticket")


class StepBody(ReasonBody):
    """A consumer's step: `trigger` and what `steps[].needs` of the ticket names."""

    model_config = ConfigDict(extra="forbid")

    trigger: Words = Field(max_length=30)
    remedy: Words | None = Field(default=None, max_length=30, description="不同意方案时，希望的处理方式")
    amount_fen: StrictInt | None = Field(default=None, ge=1, le=10**10, description="分")
    text: Words | None = Field(default=None, max_length=1000)
    files: list[Words] = Field(default_factory=list, max_length=9, description="这个会话里的 file_id")
    carrier: Words | None = Field(default=None, max_length=40)
    waybill_no: Words | None = Field(default=None, max_length=60)


class SupplyBody(ReasonBody):
    text: Words = Field(default="", max_length=1000)
    files: list[Words] = Field(default_factory=list, max_length=9)


class SendBackBody(ReasonBody):
    carrier: Words = Field(min_length=1, max_length=40)
    waybill_no: Words = Field(min_length=4, max_length=60)


class StatementBody(BaseModel):
    text: Words = Field(default="", max_length=2000)
    files: list[Words] = Field(default_factory=list, max_length=9)


class CountersignBody(BaseModel):
    agrees: bool
    reason: Words = Field(default="", max_length=1000)


class RateBody(BaseModel):
    score: StrictInt = Field(ge=1, le=5, description="对处理结果")
    service: StrictInt | None = Field(default=None, ge=1, le=5, description="对服务")
    note: Words = Field(default="", max_length=500)
