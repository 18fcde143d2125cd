"""What callers of the archive's API may send."""

from pydantic import BaseModel, ConfigDict, Field

from aftersales.api.schemas import Words


class WhyBody(BaseModel):
    """An act that is logged with its reason."""

    model_config = ConfigDict(extra="forbid")

    reason: Words = Field(min_length=1, max_length=500)


class DeletionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words = Field(default="", max_length=500)


class DeskDeletionBody(WhyBody):
    consumer_id: Words = Field(min_length=1, max_length=80)
