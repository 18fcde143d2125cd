"""A rulebook as people read it: one clause a rule, in words; and what changed between two versions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from aftersales.core.proposal import FREIGHT
from aftersales.core.rule import DEFAULT, Rule
from aftersales.core.rulebook import EvidenceItem, Issue, Rulebook
from aftersales.core.terms import Burden, Days, Durable, ForGoods, Guarantees, Intact, Payer, Warranties
from aftersales.core.ticket import STATUS_LABELS, Status

Part = tuple[str, str]  # a label and its text

ON_TIMEOUT = {"accept": "自动受理", "withdraw": "撤下申请，可重新提交", None: "提醒并督促处理"}
PARTIES = {"merchant": "商家", "consumer": "消费者", "none": "无"}
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
    return [*_windows(book), *_terms(book), *_deadlines(book), *_issues(book)]


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
        label = STATUS_LABELS[Status(status)] if status in set(Status) else status
        ways = (
            (book.remedies[name].label if name in book.remedies else name, f"{hours} 小时")
            for name, hours in deadline.by_remedy.items()
        )
        value = (
            ("时限", f"{deadline.hours} 小时"),
            ("到期", ON_TIMEOUT.get(deadline.on_timeout, str(deadline.on_timeout))),
            *ways,
        )
        yield Clause(
            deadline, "处理时限", f"{label}的时限", deadline.applies_to or label, value, f"deadlines.{status}"
        )


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
