"""What an agent knows when he opens a conversation: made from facts by rules, each line with the message it comes from.

Nothing here is guessed or summed up by a model; a line that cannot be shown in the record names the order, the ticket
or the rule it rests on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from handoff.core.mood import mood_of
from handoff.core.reasons import label_of
from kernel.times import SHANGHAI

TOPICS = {
    "who": "消费者",
    "order": "订单",
    "problem": "问题",
    "collected": "已收集",
    "missing": "还缺",
    "promised": "已承诺",
    "tried": "已尝试",
    "mood": "情绪",
    "deadlines": "时限",
    "eligibility": "权益",
    "earlier": "历史",
}
LANGUAGES = {"en": "英语", "yue": "粤语"}
ORDER_STATUS = {"paid": "待发货", "shipped": "运输中", "signed": "已签收", "finished": "已完成"}
KINDS = {"image": "图片", "video": "视频", "document": "文件"}
WINDOWS = {
    "not_shipped": "未发货退款",
    "no_reason": "七天无理由",
    "quality_return": "质量问题退货",
    "quality_exchange": "质量问题换货",
    "warranty": "保修",
    "durable": "耐用品举证",
}
ONLY_WHEN_ALLOWED = ("not_shipped", "durable")  # what does not apply here says nothing
SOON = timedelta(hours=4)
WORDS = 60  # of a quotation
FEWEST_WORDS = 6  # below which a message describes nothing


@dataclass(frozen=True)
class Facts:
    """Everything the rules look at. Rows are mappings as the record, the tickets' views and the audit trail have them."""

    conversation: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    now: datetime
    tickets: Sequence[Mapping[str, Any]] = ()
    steps: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)  # a ticket's history
    earlier: Sequence[Mapping[str, Any]] = ()  # the consumer's other tickets
    order: Mapping[str, Any] | None = None
    orders: int = 0
    entitlements: Mapping[str, Any] | None = None
    promises: Sequence[Mapping[str, Any]] = ()
    callbacks: Sequence[Mapping[str, Any]] = ()
    trail: Sequence[Mapping[str, Any]] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # of agents by id
    visits: int = 0


Line = dict[str, Any]


def brief(facts: Facts) -> list[Line]:
    """Lines `{topic, label, text, seq?, ref?, tone?}` in the order of TOPICS."""
    made: list[Line] = []
    for rule in (
        _who,
        _order,
        _problem,
        _collected,
        _missing,
        _promised,
        _tried,
        _mood,
        _deadlines,
        _eligibility,
        _earlier,
    ):
        made += rule(facts)
    return made


def _line(
    topic: str, text: str, *, seq: int | None = None, ref: str | None = None, tone: str | None = None
) -> Line:
    made: Line = {"topic": topic, "label": TOPICS[topic], "text": text}
    for key, value in (("seq", seq), ("ref", ref), ("tone", tone)):
        if value is not None:
            made[key] = value
    return made


def _who(facts: Facts) -> list[Line]:
    row = facts.conversation
    parts = [row["consumer_name"] or "匿名消费者"]
    if row["anonymous"]:
        parts.append("未登录，看不到订单，需要核实时请他登录后再来")
    language = LANGUAGES.get(row["queue_language"])
    if language:
        parts.append(f"使用{language}")
    if facts.visits > 1:
        parts.append(f"24 小时内第 {facts.visits} 次来访")
    return [_line("who", "，".join(parts), tone="warn" if facts.visits > 2 else None)]


def _order(facts: Facts) -> list[Line]:
    order = facts.order
    if order is None:
        if facts.orders:
            return [
                _line("order", f"还没确定是哪一件（名下有 {facts.orders} 件），可以直接点选", tone="warn")
            ]
        return []
    parts = [
        order["title"],
        " ".join((order.get("spec") or {}).values()),
        f"实付 {_money(order['paid_fen'])}",
    ]
    status = ORDER_STATUS.get(order.get("status") or "")
    if status:
        parts.append(status)
    if order.get("signed_at"):
        parts.append(f"{_time(order['signed_at'])}签收")
    return [_line("order", "，".join(part for part in parts if part), ref=order["order_no"])]


def _problem(facts: Facts) -> list[Line]:
    made = []
    for ticket in facts.tickets:
        wish = f"，希望{ticket['remedy_label']}" if ticket["remedy_label"] else ""
        text = f"{ticket['issue_label']}{wish}（工单 {ticket['id']}，{ticket['status_label']}）"
        made.append(_line("problem", text, ref=ticket["id"], seq=_ticket_seq(facts, ticket, "issue_type")))
    words = _own_words(facts)
    if words:
        made.append(_line("problem", f"原话：「{_short(words['text'])}」", seq=words["seq"]))
    reason = facts.conversation["queue_reason"] or _last_reason(facts)
    if reason:
        made.append(_line("problem", f"转人工原因：{label_of(reason)}", seq=_reason_seq(facts)))
    return made


def _own_words(facts: Facts) -> Mapping[str, Any] | None:
    """The consumer's fullest description: the longest of his messages that is no button."""
    said = [
        line
        for line in facts.lines
        if line["sender"] == "consumer" and not line["choice"] and len(line["text"]) >= FEWEST_WORDS
    ]
    return max(said, key=lambda line: (min(len(line["text"]), WORDS), -line["seq"]), default=None)


def _handoffs(facts: Facts) -> list[Mapping[str, Any]]:
    return [
        line for line in facts.lines if line["kind"] == "owner_changed" and line["data"]["owner"] == "queued"
    ]


def _last_reason(facts: Facts) -> str | None:
    handoffs = _handoffs(facts)
    return handoffs[-1]["data"].get("reason") if handoffs else None


def _reason_seq(facts: Facts) -> int | None:
    handoffs = _handoffs(facts)
    return handoffs[-1]["seq"] if handoffs else None


def _collected(facts: Facts) -> list[Line]:
    made = []
    shown: set[str] = set()
    for ticket in facts.tickets:
        for item in ticket["evidence"]:
            if item["status"] != "provided":
                continue
            ids = [file["file_id"] for file in item["files"]]
            shown.update(ids)
            what = _counted([file["kind"] for file in item["files"]]) or _short(item["text"] or "已确认")
            seq = _seq_of(facts, ids, item["text"])
            made.append(_line("collected", f"{item['label']}：{what}", seq=seq, ref=ticket["id"], tone="ok"))
    for line in facts.lines:
        loose = [file for file in line["files"] or () if file["file_id"] not in shown]
        if line["sender"] == "consumer" and loose:
            text = f"另发了 {_counted([file['kind'] for file in loose])}，还没归到凭证里"
            made.append(_line("collected", text, seq=line["seq"]))
    return made


def _seq_of(facts: Facts, file_ids: Sequence[str], text: str | None) -> int | None:
    """The message an item came with: by its file, else by its words."""
    for line in facts.lines:
        if any(file["file_id"] in file_ids for file in line["files"] or ()):
            return int(line["seq"])
    if text:
        for line in facts.lines:
            if line["sender"] == "consumer" and text.strip() and text.strip() in line["text"]:
                return int(line["seq"])
    return None


def _missing(facts: Facts) -> list[Line]:
    made = []
    for ticket in facts.tickets:
        required = [item for item in ticket["evidence"] if item["required"]]
        lacking = [item for item in required if item["status"] == "missing"]
        for item in lacking:
            made.append(_line("missing", item["label"], ref=ticket["id"], tone="warn"))
        if required and not lacking:
            made.append(_line("missing", "必需的凭证都齐了，不用再要", ref=ticket["id"], tone="ok"))
    return made


PROMISE_STATES = {"kept": "已兑现", "broken": "已逾期", "withdrawn": "已收回"}


def _promised(facts: Facts) -> list[Line]:
    made = []
    for promise in facts.promises:
        due = f"，{_time(promise['due_at'])}前" if promise.get("due_at") else ""
        state = PROMISE_STATES.get(promise.get("state", ""), "")
        by = (promise.get("agent") or {}).get("name") or "同事"
        late = promise.get("state") == "broken" or (promise.get("state") == "open" and _past(facts, promise))
        text = f"{by}答应：{_short(promise['text'])}{due}{f'（{state}）' if state else ''}"
        made.append(_line("promised", text, seq=promise.get("seq"), tone="warn" if late else None))
    for ticket in facts.tickets:
        proposal = ticket["proposal"]
        if proposal:
            amount = f" {_money(proposal['amount_fen'])}" if proposal.get("amount_fen") else ""
            text = f"商家方案：{proposal['remedy_label']}{amount}（{proposal.get('clause') or '平台约定'}）"
            made.append(_line("promised", text, ref=ticket["id"], seq=_ticket_seq(facts, ticket, "proposal")))
    for call in facts.callbacks:
        what = "回电" if call["kind"] == "callback" else "在这里回复"
        done = call["state"] == "done"
        late = not done and _at(call["due_at"]) < facts.now
        text = f"{_time(call['due_at'])}前{what}{'（已完成）' if done else ''}"
        text += f"：{_short(call['wish'])}" if call["wish"] else ""
        made.append(_line("promised", text, tone="warn" if late else None))
    return made


def _past(facts: Facts, promise: Mapping[str, Any]) -> bool:
    due = promise.get("due_at")
    return bool(due) and _at(due) < facts.now


def _ticket_seq(facts: Facts, ticket: Mapping[str, Any], key: str) -> int | None:
    """The line of the record that first showed this part of the ticket as it is now."""
    for line in facts.lines:
        shown = line["data"] or {}
        is_its = line["kind"] == "ticket_changed" and shown.get("id") == ticket["id"]
        if is_its and shown.get(key) == ticket.get(key):
            return int(line["seq"])
    return None


def _tried(facts: Facts) -> list[Line]:
    made = []
    for line in facts.lines:
        if line["kind"] == "owner_changed" and line["data"]["owner"] == "agent" and line["data"]["agent"]:
            made.append(_line("tried", f"{line['data']['agent']['name']}接待过", seq=line["seq"]))
        if line["sender"] == "bot" and (line["card"] or {}).get("type") == "evidence_request":
            items = "、".join(item["label"] for item in line["card"]["items"] if item.get("required"))
            made.append(_line("tried", f"智能助手一次性要过凭证：{items}", seq=line["seq"]))
        if line["kind"] == "record":
            made.append(_line("tried", _short(line["text"]), seq=line["seq"]))
    for entry in facts.trail:
        note, by = entry["data"].get("note"), facts.names.get(entry["actor"], "同事")
        if entry["kind"] in ("conversation.transferred", "conversation.reassigned") and note:
            made.append(_line("tried", f"{by}转来时说：{_short(note)}"))
        if entry["kind"] == "hand_back.answered" and not entry["data"].get("yes"):
            made.append(_line("tried", "消费者不同意转回智能助手"))
    for ticket in facts.tickets:
        for step in facts.steps.get(ticket["id"], ())[1:]:
            why = f"：{_short(step['reason'])}" if step["reason"] else ""
            who = step["actor_name"] or "系统"
            made.append(
                _line("tried", f"{_time(step['at'])} {who}{step['trigger_label']}{why}", ref=ticket["id"])
            )
    return made


def _mood(facts: Facts) -> list[Line]:
    said = [(line["seq"], line["text"]) for line in facts.lines if line["sender"] == "consumer"]
    mood = mood_of(said)
    if not said:
        return []
    advice = "，先安抚再谈方案" if mood.is_upset else ""
    return [_line("mood", f"{mood.label}{advice}", seq=mood.seq, tone="warn" if mood.is_upset else None)]


def _deadlines(facts: Facts) -> list[Line]:
    made = []
    for ticket in facts.tickets:
        if not ticket["due_at"]:
            continue
        left = _at(ticket["due_at"]) - facts.now
        basis = next((step["basis"] for step in ticket.get("steps") or () if step.get("basis")), "")
        basis = f"（{basis}）" if basis else ""
        text = f"{ticket['due_label'] or _time(ticket['due_at'])}{basis}，{_left(left)}"
        made.append(_line("deadlines", text, ref=ticket["id"], tone="warn" if left < SOON else None))
    row = facts.conversation
    if row["queued_at"]:
        waited = (facts.now - row["queued_at"]).total_seconds()
        made.append(_line("deadlines", f"已等人工 {_spoken(waited)}", tone="warn" if waited > 180 else None))
    return made


def _eligibility(facts: Facts) -> list[Line]:
    found = facts.entitlements
    if not found:
        return []
    made = []
    for name, label in WINDOWS.items():
        verdict = found[name]
        if not verdict["allowed"] and name in ONLY_WHEN_ALLOWED:
            continue
        clause = verdict.get("clause") or verdict.get("basis") or ""
        until = f"，到 {_time(verdict['until'])}" if verdict["allowed"] and verdict.get("until") else ""
        text = f"{label}：{'可以' if verdict['allowed'] else '不可以'}，{verdict['reason']}{until}"
        text += f"（{clause}）" if clause else ""
        made.append(
            _line(
                "eligibility",
                text,
                ref=verdict.get("clause") or None,
                tone="ok" if verdict["allowed"] else None,
            )
        )
    for key, label in (("burden_of_proof", "举证"), ("freight", "运费")):
        if len(found[key]) == 1:  # one answer: the case is known
            one = found[key][0]
            made.append(_line("eligibility", f"{label}：{one['reason']}", ref=one.get("clause") or None))
    for promise in found["promises"]:
        made.append(_line("eligibility", f"商家承诺：{promise['text']}", tone="ok"))
    return made


def _earlier(facts: Facts) -> list[Line]:
    return [
        _line(
            "earlier",
            f"{_time(ticket['opened_at'])} {ticket['issue_label']}，{ticket['status_label']}（{ticket['id']}）",
            ref=ticket["id"],
        )
        for ticket in facts.earlier
    ]


def _counted(kinds: Sequence[str]) -> str:
    parts = [f"{kinds.count(kind)} {'个' if kind == 'video' else '张' if kind == 'image' else '份'}{name}"
             for kind, name in KINDS.items() if kind in kinds]  # fmt: skip
    return "、".join(parts)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= WORDS else plain[: WORDS - 1] + "…"


def _money(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02d}" if fen % 100 else f"¥{fen // 100}"


def _at(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _time(value: Any) -> str:
    at = _at(value).astimezone(SHANGHAI)
    return f"{at.month}月{at.day}日{at:%H:%M}"


def _left(left: timedelta) -> str:
    seconds = left.total_seconds()
    return f"还有 {_spoken(seconds)}" if seconds > 0 else f"已超时 {_spoken(-seconds)}"


def _spoken(seconds: float) -> str:
    if seconds < 60:
        return f"{int(seconds)} 秒"
    if seconds < 3600:
        return f"{int(seconds // 60)} 分钟"
    if seconds < 86400 * 2:
        return f"{int(seconds // 3600)} 小时"
    return f"{int(seconds // 86400)} 天"
