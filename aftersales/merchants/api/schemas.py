"""What callers of the merchants' API may send."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from aftersales.api.schemas import Words


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProposeBody(_Strict):
    """A measure beside the monthly ones, for example 重大假冒、食品安全."""

    kind: Words = Field(max_length=12, description="commend、warn、restrict 或 freeze")
    facts: Words = Field(min_length=1, max_length=4000)
    reason: Words = Field(min_length=1, max_length=2000)
    tickets: list[Annotated[Words, Field(max_length=20)]] = Field(default=[], max_length=200)


class DecideBody(_Strict):
    reason: Words = Field(min_length=1, max_length=2000)


class AttemptBody(_Strict):
    answers: dict[Annotated[Words, Field(max_length=20)], Annotated[Words, Field(max_length=2)]] = Field(
        max_length=100
    )
