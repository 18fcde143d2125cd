"""Bodies of training runs, promotions and wording."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunBody(Body):
    """为什么训练。"""

    reason: Reason


class PromoteBody(Body):
    """上线的模型、灰度比例（新会话的百分之几，100 为全部）和理由。"""

    model: str = Field(min_length=6, max_length=64)
    share: int = Field(ge=1, le=100)
    reason: Reason


class RollbackBody(Body):
    """回到哪个模型、理由。"""

    model: str = Field(min_length=6, max_length=64)
    reason: Reason


class ShareBody(Body):
    share: int = Field(ge=1, le=100)


class ReasonBody(Body):
    reason: Reason


class CheckBody(Body):
    """一条回复的全部说法。"""

    variants: list[dict[str, Any]] = Field(min_length=1, max_length=10)


class WordingBody(CheckBody):
    """一条回复的全部说法和改动理由。"""

    reason: Reason


class BackBody(Body):
    """回到第几版（0：软件自带的）、理由。"""

    number: int = Field(ge=0)
    reason: Reason
