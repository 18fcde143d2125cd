"""What an agent might say or do next, from facts and rules: suggestions, which he takes, changes or leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REPLY, STEP = "reply", "step"
MOST = 6
SURE = 0.5
ALIKE = 0.34
_OVER = frozenset({"closed", "archived", "withdrawn"})
_COLLECTS = frozenset({"submitted", "pending_evidence"})


@dataclass(frozen=True)
class Suggestion:
    """`kind`: a reply to put into the box or a step of a ticket. `source`: rule, bot or canned. `why` is shown."""

    kind: str
    source: str
    title: str
    text: str
    why: str
    ref: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Understood:
    """What the brain reads in the consumer's last words."""

    intent: str = ""
    confidence: float = 0.0
    issue_type: str | None = None
    sub_type: str | None = None
    topic: str | None = None

    @classmethod
    def of(cls, parsed: Mapping[str, Any]) -> "Understood":
        intent = parsed.get("intent") or {}
        return cls(
            intent.get("name") or "",
            float(intent.get("confidence") or 0.0),
            parsed.get("issue_type"),
            parsed.get("sub_type"),
            parsed.get("topic"),
        )

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


def of_tickets(tickets: Sequence[Mapping[str, Any]]) -> list[Suggestion]:
    """What the rules say of open tickets: what is still missing, what may be done, where it stands.

    A ticket's `next` holds the steps that this agent may take.
    """
    found: list[Suggestion] = []
    for ticket in tickets:
        if ticket["status"] in _OVER:
            continue
        missing = [i["label"] for i in ticket["evidence"] if i["required"] and i["status"] == "missing"]
        if missing and ticket["status"] in _COLLECTS:
            items = "、".join(missing)
            text = f"还需要这几样：{items}。一次发在这里就行，补上马上继续；实在不方便提供的，告诉我一声。"
            found.append(Suggestion(REPLY, "rule", "请补凭证", text, f"凭证清单还缺 {len(missing)} 项"))
        for step in ticket.get("next", ())[:2]:
            why = "，".join(part for part in (step.get("due_label"), step.get("basis")) if part)
            ref = {"ticket_id": ticket["id"], "trigger": step["trigger"]}
            found.append(
                Suggestion(STEP, "rule", step["label"], f"工单 {ticket['id']}：{step['label']}", why, ref)
            )
        if ticket["due_label"]:
            text = f"您的工单{ticket['id']}现在是「{ticket['status_label']}」，{ticket['due_label']}。{ticket['next_step']}"
            found.append(Suggestion(REPLY, "rule", "告知进度", text, "工单的状态和时限"))
    return found


def of_words(
    heard: Understood,
    answer: str | None,
    request: str | None,
    verdict: Mapping[str, Any] | None,
    has_open: bool,
) -> list[Suggestion]:
    """What follows from the consumer's words: the rule's answer to a question, the list of what a complaint needs.

    `answer`: the bot's sentence on the topic; `request`: the one-pass request of the rulebook for the issue;
    `verdict`: the entitlement asked about (`reason`, `until_label`, `basis`).
    """
    if not heard.is_sure:
        return []
    found: list[Suggestion] = []
    if verdict:
        until = f"，到{verdict['until_label']}" if verdict.get("until_label") else ""
        text = f"{verdict['reason']}{until}（依据：{verdict['basis']}）。"
        found.append(Suggestion(REPLY, "rule", verdict["label"], text, "按这件商品的订单算出"))
    if answer:
        found.append(Suggestion(REPLY, "bot", "规则解答", answer, "智能助手对这个问题的答法"))
    if request and not has_open:
        found.append(Suggestion(REPLY, "bot", "一次告知凭证", request, "智能助手的判断，还没有工单"))
    return found


def pick(*groups: Sequence[Suggestion]) -> list[Suggestion]:
    """The first MOST in order, no text twice."""
    kept: dict[tuple[str, str], Suggestion] = {}
    for one in (one for group in groups for one in group):
        kept.setdefault((one.kind, one.text), one)
    return list(kept.values())[:MOST]
