"""What the desk's clients may send."""

from pydantic import AwareDatetime, BaseModel, Field


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
    team: str | None = None
    party: str | None = None


class HoursBody(BaseModel):
    workdays: list[str] = Field(description="工作日的时段，如 09:00-18:00；空为不上班")
    days_off: list[str] = Field(description="休息日（周末和法定节假日）的时段；空为不上班")
    closed_days: list[str] = Field(default_factory=list, description="整天关闭的日期，如 2027-02-05")


class NoteBody(BaseModel):
    note: str = Field(min_length=1, max_length=500, description="为什么")


class ReassignBody(NoteBody):
    agent_id: str = Field(min_length=1, max_length=40)


class DeclineBody(BaseModel):
    reason: str = Field(default="", max_length=200)


class PresenceBody(BaseModel):
    state: str = Field(description="online、busy、away 或 offline")
    auto_accept: bool | None = Field(default=None, description="true：分配即接入，不用点")


class AgentBody(BaseModel):
    """How an agent works; what is left out stays as it is."""

    capacity: int | None = Field(default=None, ge=1, le=100)
    skills: list[str] | None = Field(default=None, max_length=30)
    languages: list[str] | None = Field(default=None, min_length=1, max_length=10)
    team_id: str | None = Field(default=None, max_length=40, description="空字符串：不属于任何团队")
    auto_accept: bool | None = None


class TeamBody(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    party: str = Field(min_length=1, max_length=40)
    skills: list[str] = Field(default_factory=list, max_length=30)


class TalkBody(BaseModel):
    """A talk by phone or video, entered into the communication record."""

    kind: str = Field(pattern="^(phone|video)$")
    summary: str = Field(min_length=2, max_length=2000)
    at: AwareDatetime
    minutes: int | None = Field(default=None, ge=0, le=600)
    file_id: str | None = Field(default=None, max_length=40)
