"""The audit trail, read: every view, note, owner change and refusal, by whom and when. Nothing here writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from handoff.core.reasons import label_of
from handoff.store import agents, audit, conversations
from kernel.db import Database
from kernel.errors import forbidden
from kernel.principal import Principal
from kernel.times import wire_time

KINDS = {
    "agent.changed": "改坐席设置",
    "team.added": "新建团队",
    "brief.viewed": "看接手摘要",
    "callback.done": "完成约定",
    "callback.overdue": "约定逾期",
    "conversation.viewed": "查看会话",
    "conversation.transferred": "转接",
    "conversation.reassigned": "主管改派",
    "conversation.stepped_in": "主管接管",
    "hours.changed": "改工作时间",
    "hand_back.asked": "征求转回智能助手",
    "hand_back.answered": "消费者答复是否转回",
    "handoff.requested": "转人工",
    "handoff.raised": "提高优先级",
    "note.written": "写内部备注",
    "offer.made": "分配",
    "offer.declined": "不接分配",
    "offer.reason": "不接的原因",
    "offer.expired": "分配超时",
    "offer.offline": "分配时离线",
    "owner.asks_person": "易主：进入排队",
    "owner.platform_comes_in": "易主：平台介入",
    "owner.leaves_queue": "易主：离开排队",
    "owner.agent_accepts": "易主：坐席接入",
    "owner.consumer_agrees": "易主：消费者同意转回",
    "owner.supervisor_steps_in": "易主：主管接管",
    "owner.agent_requeues": "易主：重新排队",
    "owner.agent_passes_on": "易主：转给同事",
    "owner.agent_closes": "易主：结束会话",
    "owner.consumer_returns": "易主：消费者回来",
    "presence.changed": "改状态",
    "promise.broken": "承诺逾期",
    "promise.kept": "承诺兑现",
    "promise.kept_late": "承诺逾期后兑现",
    "promise.made": "作出承诺",
    "promise.withdrawn": "写明不算承诺",
    "queue.accepted": "接入",
    "queue.overflowed": "溢出到平台",
    "record.copied": "消费者取副本",
    "reply.refused": "回复被拒（已易主）",
    "reply.superseded": "智能助手的回复作废",
    "talk.entered": "登记通话",
    "ticket.retyped": "更改工单的问题类型",
    "whisper.written": "主管悄悄提示",
    "wait.chosen": "选择等待方式",
}


async def page(
    db: Database,
    who: Principal,
    *,
    kind: str | None = None,
    actor: str | None = None,
    conversation_id: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """`{entries, next}`, newest first; `next` goes into `before`. A merchant's supervisor sees his own. 403 for others."""
    if not who.supervises:
        raise forbidden("审计记录由主管查看")
    query = select(audit).order_by(audit.c.id.desc()).limit(limit + 1)
    for column, value in (
        (audit.c.kind, kind),
        (audit.c.actor, actor),
        (audit.c.conversation_id, conversation_id),
    ):
        if value:
            query = query.where(column == value)
    if start:
        query = query.where(audit.c.at >= start)
    if end:
        query = query.where(audit.c.at < end)
    if before:
        query = query.where(audit.c.id < before)
    if not who.handles_all_parties:
        his = select(conversations.c.id).where(conversations.c.party == who.party)
        people = select(agents.c.id).where(agents.c.party == who.party)
        query = query.where(
            audit.c.conversation_id.in_(his) | (audit.c.conversation_id.is_(None) & audit.c.actor.in_(people))
        )
    async with db.read() as tx:
        rows = await tx.all(query)
        named = await tx.all(
            select(agents.c.id, agents.c.name).where(agents.c.id.in_({row["actor"] for row in rows}))
        )
    names = {row["id"]: row["name"] for row in named} | {"system": "系统", "bot": "智能助手"}
    entries = [
        {
            "id": row["id"],
            "kind": row["kind"],
            "kind_label": KINDS.get(row["kind"], row["kind"]),
            "conversation_id": row["conversation_id"],
            "actor": row["actor"],
            "actor_name": names.get(row["actor"], "消费者"),
            "data": _shown(row["data"]),
            "at": wire_time(row["at"]),
        }
        for row in rows[:limit]
    ]
    return {"entries": entries, "next": entries[-1]["id"] if len(rows) > limit else None}


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    reason = data.get("reason")
    return data | {"reason_label": label_of(reason)} if reason else data
