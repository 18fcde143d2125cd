"""A rulebook as people read it: one clause a rule, in words; and what changed between two versions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from aftersales.core.deadline import ON_THE_WAY, SIGNED_FOR, UNSENT
from aftersales.core.money import yuan
from aftersales.core.proposal import FREIGHT
from aftersales.core.rule import DEFAULT, Rule
from aftersales.core.rulebook import EvidenceItem, Issue, Rulebook
from aftersales.core.terms import Burden, Days, Durable, ForGoods, Guarantees, Intact, Payer, Warranties
from aftersales.core.ticket import PHASE_LABELS, STATUS_LABELS, Phase, Status

Part = tuple[str, str]  # a label and its text

ON_TIMEOUT = {
    "accept": "自动受理",
    "withdraw": "撤下申请，可重新提交",
    "respond": "未发货的退款；退货退款和换货视为同意；其余转平台",
    "intervene": "转平台介入",
    "offer_intervention": "提示可以申请平台介入",
    "close_evidence": "按现有凭证判定",
    "goods_received": "视为收货无误，继续退款或换修",
    "escalate": "升级到主管",
    "close": "完结",
    "archive": "归档",
    None: "提醒并督促处理",
}
_CASES = {
    "not_shipped": "未发货退款",
    "no_reason": "七天无理由退货",
    "quality": "七天内凭证齐全的质量问题",
    "missing_item": "低额漏发补发",
}
PARTIES = {"merchant": "商家", "consumer": "消费者", "none": "无"}
_PERIODS = {
    SIGNED_FOR: "退回签收",
    UNSENT: "未发货的受理",
    ON_THE_WAY: "寄出送达",
}  # beside statuses and phases
_TERMS = {
    "consent": "不适用七天无理由须经确认",
    "promise": "承诺更有利的从承诺",
    "quality_return": "质量问题退货",
    "durable": "耐用商品举证",
    "durable_goods": "耐用商品的范围",
    "guarantees": "三包",
    "warranties": "默认保修期",
    "intact": "商品完好的标准",
    "quality_freight": "质量问题的运费",
    "no_reason_freight": "七天无理由的运费",
    "transport_freight": "运输破损和丢失",
    "not_shipped": "未发货退款",
    "burden": "举证",
}


_SAID = {  # rules whose content is not a number
    "consent": ("要求", "不适用的商品须在购买时逐次确认；没有确认记录的，照常适用"),
    "promise": ("要求", "商家的承诺比法律规定更有利于消费者的，按承诺履行"),
    "not_shipped": ("要求", "还没有发货的订单可以直接申请退款"),
}


@dataclass(frozen=True)
class Clause:
    """One rule in words. `value` holds what it says; `place` is where it stands in the file."""

    rule: Rule
    group: str
    title: str
    applies_to: str
    value: tuple[Part, ...]
    place: str

    def to_json(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule.rule_id,
            "group": self.group,
            "title": self.title,
            "applies_to": self.applies_to,
            "source": self.rule.source if self.rule.verified else "",
            "article": self.rule.article if self.rule.verified else "",
            "clause": self.rule.clause,
            "basis": self.rule.basis,
            "verified": self.rule.verified,
            "value": [{"label": label, "text": text} for label, text in self.value],
        }


@dataclass(frozen=True)
class Change:
    """What became of one rule: `parts` are label, before, after; empty texts where a side has nothing."""

    kind: Literal["added", "removed", "changed"]
    clause: Clause
    parts: tuple[tuple[str, str, str], ...]

    def to_json(self) -> dict[str, Any]:
        shown = self.clause.to_json()
        return {key: shown[key] for key in ("rule_id", "group", "title", "clause", "basis")} | {
            "kind": self.kind,
            "parts": [{"label": label, "before": old, "after": new} for label, old, new in self.parts],
        }


def clauses(book: Rulebook) -> list[Clause]:
    """Every rule of a version, in the order people read them."""
    return [
        *_windows(book),
        *_terms(book),
        *_deadlines(book),
        *_decisions(book),
        *_sums(book),
        *_issues(book),
    ]


def _windows(book: Rulebook) -> Iterator[Clause]:
    hours = (("期限", f"签收次日零时起满 {book.no_reason.hours} 小时"),)
    applies = book.no_reason.applies_to or "网购商品，不适用的除外"
    yield Clause(book.no_reason, "期限与资格", "七天无理由退货", applies, hours, "no_reason")
    counted = (("计算", "从签收或装完起按月计算，修理时间不计入，换货后重新计算"),)
    yield Clause(
        book.warranty,
        "期限与资格",
        "保修期",
        book.warranty.applies_to or "登记了保修期的商品",
        counted,
        "warranty",
    )


def _terms(book: Rulebook) -> Iterator[Clause]:
    for place, rule in book.terms.rules().items():
        value = tuple(_term_parts(rule, book)) or (_SAID[place],)
        title = _TERMS[place.split(".")[0]]
        yield Clause(rule, "期限与资格", title, rule.applies_to, value, f"terms.{place}")


def _term_parts(rule: Rule, book: Rulebook) -> Iterator[Part]:
    if isinstance(rule, Days):
        yield "期限", f"签收次日零时起 {rule.days} 天"
    elif isinstance(rule, Durable):
        yield "期限", f"收货起 {rule.months} 个月内由商家举证"
    elif isinstance(rule, ForGoods):
        yield "类目", "、".join(rule.categories)
    elif isinstance(rule, Guarantees):
        yield "退货", f"{rule.return_days} 天"
        yield "换货", f"{rule.exchange_days} 天"
        yield "多次维修", f"保修期内修过 {rule.repairs} 次仍有问题可换可退"
        yield "类目", "、".join(rule.categories)
    elif isinstance(rule, Warranties):
        for category, months in rule.months.items():
            yield category, f"{months} 个月"
    elif isinstance(rule, Intact):
        yield "一般商品", rule.otherwise
        yield from rule.categories.items()
    elif isinstance(rule, Payer):
        yield "运费", FREIGHT[rule.payer]
    elif isinstance(rule, Burden):
        yield "先举证的一方", PARTIES[rule.party]
        if rule.issues:
            yield "问题", "、".join(book.issues[name].label for name in rule.issues)


def _deadlines(book: Rulebook) -> Iterator[Clause]:
    for status, deadline in book.deadlines.items():
        label = _name_of(status)
        ways = (
            (book.remedies[name].label if name in book.remedies else name, f"{hours} 小时")
            for name, hours in deadline.by_remedy.items()
        )
        value = (
            ("时限", f"{deadline.workdays} 个工作日" if deadline.workdays else f"{deadline.hours} 小时"),
            ("到期", ON_TIMEOUT.get(deadline.on_timeout, str(deadline.on_timeout))),
            *(
                (("提醒", "、".join(f"第 {hours} 小时" for hours in deadline.remind_hours)),)
                if deadline.remind_hours
                else ()
            ),
            *((("最长", f"无论如何不超过 {deadline.most_hours} 小时"),) if deadline.most_hours else ()),
            *((("顺延", "到期日是休息日的，顺延到下一个工作日"),) if deadline.postpone else ()),
            *ways,
        )
        yield Clause(
            deadline, "处理时限", f"{label}的时限", deadline.applies_to or label, value, f"deadlines.{status}"
        )


def _name_of(key: str) -> str:
    """What people call a status or a phase."""
    if key in set(Status):
        return STATUS_LABELS[Status(key)]
    return PHASE_LABELS[Phase(key)] if key in set(Phase) else _PERIODS.get(key, key)


def _automatic(book: Rulebook) -> Iterator[Clause]:
    rule = book.automatic
    value = (
        ("按规则直接处理", "、".join(_CASES[case] for case in rule.cases)),
        ("上限", f"实付 {yuan(rule.limit_fen)} 元以内"),
        ("两人复核", f"超过 {yuan(rule.two_people_fen)} 元"),
    )
    yield Clause(rule, "处理时限", "直接处理和复核", "全部", value, "automatic")


def _decisions(book: Rulebook) -> Iterator[Clause]:
    for row in book.decisions:
        value = (
            ("可以选择", "、".join(book.remedies[name].label for name in row.remedies)),
            ("运费", FREIGHT[row.freight]),
            ("时限", row.within),
            ("由谁决定", "人工" if row.people else "证据充分且在限额内按规则直接处理，其余人工"),
        )
        yield Clause(row, "处理方案", row.label, row.applies_to or row.label, value, f"decisions.{row.when}")


def _sums(book: Rulebook) -> Iterator[Clause]:
    if book.spoiled:
        shares = tuple(
            (f"坏了 {share.spoiled}% 以内", "全退" if share.refund == 100 else f"退 {share.refund}%")
            for share in book.spoiled.shares
        )
        value = (("期限", f"签收 {book.spoiled.hours} 小时内"), *shares)
        yield Clause(book.spoiled, "处理方案", "生鲜变质的退款", book.spoiled.applies_to, value, "spoiled")
    if book.compensation:
        for name, rule in (
            ("fraud", book.compensation.fraud),
            ("food_safety", book.compensation.food_safety),
        ):
            loss = f"，或损失的 {rule.loss_times} 倍" if rule.loss_times else ""
            value = (("最多", f"价款的 {rule.times} 倍{loss}"), ("不足", f"{yuan(rule.least_fen)} 元的按 {yuan(rule.least_fen)} 元"))  # fmt: skip
            yield Clause(rule, "处理方案", "惩罚性赔偿", rule.applies_to, value, f"compensation.{name}")
        other = book.compensation.otherwise
        value = (("最多", "实付金额或有凭证的损失"),)
        yield Clause(other, "处理方案", "其他赔付", other.applies_to, value, "compensation.otherwise")


def _issues(book: Rulebook) -> Iterator[Clause]:
    for name, issue in book.issues.items():
        value = tuple(_issue_parts(issue, book))
        yield Clause(
            issue.rule,
            "问题与处理",
            issue.label,
            issue.rule.applies_to or issue.label,
            value,
            f"issues.{name}",
        )


def _issue_parts(issue: Issue, book: Rulebook) -> Iterator[Part]:
    yield f"可以选择（{DEFAULT}）", "、".join(book.remedies[name].label for name in issue.remedies)
    yield "运费", FREIGHT[issue.freight]
    needed = [_item(item) for item in issue.items if item.required]
    if needed:
        yield f"需要提供（{DEFAULT}）", "、".join(needed)
    welcome = [_item(item) for item in issue.items if not item.required]
    if welcome:
        yield f"有就提供（{DEFAULT}）", "、".join(welcome)
    if issue.human:
        yield "认定", "一律由专员认定"


def _item(item: EvidenceItem) -> str:
    return item.label + (f"（{item.count} 份）" if item.count > 1 else "")


def changes(old: Rulebook, new: Rulebook) -> list[Change]:
    """What a reader of `old` has to know of `new`: rules added, removed, or saying something else."""
    before = {clause.rule.rule_id: clause for clause in clauses(old)}
    after = {clause.rule.rule_id: clause for clause in clauses(new)}
    found = []
    for rule_id, clause in after.items():
        known = before.get(rule_id)
        parts = _altered(known, clause)
        if parts:
            found.append(Change("changed" if known else "added", clause, parts))
    found += [
        Change("removed", clause, tuple((label, text, "") for label, text in clause.value))
        for rule_id, clause in before.items()
        if rule_id not in after
    ]
    return found


def _altered(old: Clause | None, new: Clause) -> tuple[tuple[str, str, str], ...]:
    was, now = _said(old) if old else {}, _said(new)
    labels = list(dict.fromkeys([*was, *now]))
    return tuple(
        (label, was.get(label, ""), now.get(label, ""))
        for label in labels
        if was.get(label) != now.get(label)
    )


def _said(clause: Clause) -> dict[str, str]:
    """Everything a clause says to a reader, by label."""
    return {"规则": clause.title, "适用": clause.applies_to, "依据": clause.rule.basis, **dict(clause.value)}
