"""What consumers' clients may send."""

from pydantic import BaseModel, Field


class OpenBody(BaseModel):
    token: str | None = Field(
        default=None, max_length=8000, description="店铺签发的身份凭证（JWT）；不带则为匿名"
    )
    resume: bool = Field(default=False, description="true 时接着这位消费者最近的会话")


class MessageBody(BaseModel):
    client_msg_id: str = Field(min_length=1, max_length=80, description="客户端生成；重发同一条用同一个")
    text: str = Field(default="", description="最多 1000 字")
    files: list[str] = Field(default_factory=list, max_length=9, description="先上传得到的 file_id")
    choice: str | None = Field(default=None, max_length=40, description="按钮的 id")


class RestBody(BaseModel):
    sender: str = Field(min_length=1, max_length=60)
    message: str = Field(min_length=1)


class WaitBody(BaseModel):
    mode: str = Field(description="wait 继续等、ticket 留言、callback 约电话")
    phone: str = Field(default="", max_length=20, description="约电话时必填")
    wish: str = Field(default="", max_length=200, description="方便的时间，要说的事")
