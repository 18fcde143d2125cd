"""Talks by phone and video: entered into the communication record by the agent who had them, never changed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from handoff.core.conversation import Owner
from handoff.files import wire_file
from handoff.ownership import lock, may_handle
from handoff.records import TALK, append, bump, line, note
from handoff.store import files
from handoff.stream import EventStream
from kernel.db import Database
from kernel.errors import DomainError, forbidden
from kernel.principal import Principal
from kernel.times import SHANGHAI, wire_time

KINDS = {"phone": "电话", "video": "视频"}


async def enter(
    db: Database,
    stream: EventStream | None,
    conversation_id: str,
    who: Principal,
    *,
    kind: str,
    summary: str,
    at: datetime,
    minutes: int | None,
    file_id: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Adds the talk as a line both sides see; returns `{seq}`.

    By the agent who has the conversation, or a supervisor. Raises `bad_time` (422) for a talk in the future,
    `unknown_file` (422), forbidden (403).
    """
    if at > now + timedelta(minutes=1):
        raise DomainError("bad_time", "通话时间不能晚于现在", 422)
    async with db.write() as tx:
        row = await lock(tx, conversation_id)
        may_handle(row, who)
        if not who.supervises and (row["owner"] != Owner.AGENT or row["agent_id"] != who.agent_id):
            raise forbidden("先接入这个会话，再登记通话")
        found = []
        if file_id:
            file = await tx.one(
                select(files).where(files.c.id == file_id, files.c.conversation_id == conversation_id)
            )
            if file is None:
                raise DomainError("unknown_file", "有文件没有上传成功，请重新上传", 422)
            found.append(wire_file(file))
        local = at.astimezone(SHANGHAI)
        lasted = f"，{minutes} 分钟" if minutes else ""
        when = f"{local.month}月{local.day}日{local:%H:%M}"
        entry = line(
            TALK,
            "agent",
            text=f"{KINDS[kind]}沟通记录（{when}{lasted}）：{summary.strip()}",
            sender_id=who.agent_id,
            sender_name=who.name,
            files=found,
            data={"kind": kind, "summary": summary.strip(), "at": wire_time(at), "minutes": minutes},
        )
        after = await bump(tx, conversation_id, 1, now)
        assert after is not None
        await append(tx, stream, after, [entry], now)
        await note(tx, "talk.entered", conversation_id, who.agent_id, now, talk=kind, seq=after["last_seq"])
    return {"seq": after["last_seq"]}
