"""The consumer's copy of the communication record: what he saw, nothing left out, and a hash over it."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select

from handoff.records import MESSAGE, TALK, note, wire_event
from handoff.store import conversations, messages
from kernel.db import Database
from kernel.errors import not_found
from kernel.times import SHANGHAI, wire_time

WHO = {"consumer": "我", "bot": "智能助手（AI）", "agent": "客服", "system": "系统"}


async def copy_of(db: Database, conversation_id: str, now: datetime) -> dict[str, Any]:
    """`{conversation_id, made_at, events, sha256}`; `sha256` is over the events as canonical JSON."""
    async with db.write() as tx:
        row = await tx.one(select(conversations).where(conversations.c.id == conversation_id))
        if row is None:
            raise not_found("会话")
        lines = await tx.all(
            select(messages).where(messages.c.conversation_id == conversation_id).order_by(messages.c.seq)
        )
        await note(tx, "record.copied", conversation_id, row["consumer_id"], now, lines=len(lines))
    events = [wire_event(line) for line in lines]
    plain = json.dumps(events, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {
        "conversation_id": conversation_id,
        "made_at": wire_time(now),
        "events": events,
        "sha256": hashlib.sha256(plain.encode()).hexdigest(),
    }


def as_text(copy: dict[str, Any]) -> str:
    """The copy for reading: one line a message, times in Shanghai."""
    lines = [f"安心售后 沟通记录 {copy['conversation_id']}", ""]
    for event in copy["events"]:
        at = datetime.fromisoformat(event["at"]).astimezone(SHANGHAI)
        if event["type"] == MESSAGE:
            message = event["message"]
            who = WHO[message["sender"]]
            if message["sender"] == "agent":
                who += message["sender_name"] or ""
            files = "".join(f" [{file['name']} sha256:{file['sha256']}]" for file in message["files"])
            lines.append(f"{at:%Y-%m-%d %H:%M:%S} {who}：{message['text']}{files}")
        else:
            by = f"客服{event['record']['by']['name']}：" if event["type"] == TALK else "系统："
            lines.append(f"{at:%Y-%m-%d %H:%M:%S} {by}{event['text']}")
    lines += ["", f"以上共 {len(copy['events'])} 条，校验码 {copy['sha256']}"]
    return "\n".join(lines) + "\n"
