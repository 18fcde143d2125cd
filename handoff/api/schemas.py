"""What the desk's clients may send."""

from pydantic import BaseModel, Field


class LoginBody(BaseModel):
    username: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=200)


class ReplyBody(BaseModel):
    client_msg_id: str = Field(min_length=1, max_length=80)
    text: str = Field(default="", max_length=4000)
    files: list[str] = Field(default_factory=list, max_length=9)
    epoch: int


class EpochBody(BaseModel):
    epoch: int
    note: str = Field(default="", max_length=500)


class TransferBody(EpochBody):
    agent_id: str | None = None
    party: str | None = None
