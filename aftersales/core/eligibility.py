"""What an order line entitles its consumer to, before anything is asked: each answer with its reason and rule."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aftersales.core.order import OrderLine, Promise
from aftersales.core.rule import DEFAULT, Rule
from aftersales.core.rulebook import Rulebook
from aftersales.core.times import months_later, next_midnight
from kernel.times import wire_time


@dataclass(frozen=True)
class Eligible:
    """Yes, until `until` (at that moment it is over), or without an end known yet."""

    until: datetime | None
    reason: str
    rule: Rule

    @property
    def clause(self) -> str:
        return self.rule.clause


@dataclass(frozen=True)
class Refused:
    """No, because of `reason`, by `rule`; `until` is when it ended, where it ended."""

    reason: str
    rule: Rule
    until: datetime | None = None

    @property
    def clause(self) -> str:
        return self.rule.clause


Verdict = Eligible | Refused
_PARTIES = {"merchant": "商家", "consumer": "消费者"}


@dataclass(frozen=True)
class Finding:
    """Who has a duty: `about` what, `party` (merchant, consumer, insurance, none), why, by which rule."""

    about: str
    party: str
    reason: str
    rule: Rule


@dataclass(frozen=True)
class History:
    """What happened to the line since its receipt: finished repairs and the last exchange."""

    repairs: tuple[tuple[datetime, datetime], ...] = ()
    exchanged_at: datetime | None = None


@dataclass(frozen=True)
class Entitlements:
    """The whole answer for one line at `at`, under one version of the rulebook."""

    line_id: str
    rule_version: str
    at: datetime
    not_shipped: Verdict
    no_reason: Verdict
    quality_return: Verdict
    quality_exchange: Verdict
    warranty: Verdict
    durable: Verdict
    burden: tuple[Finding, ...]
    freight: tuple[Finding, ...]
    intact: str
    intact_rule: Rule
    promises: tuple[Promise, ...]

    def to_json(self) -> dict[str, Any]:
        """The answer as plain JSON; `clause` is empty and `basis` is 平台约定 where the rule is our default."""
        windows = ("not_shipped", "no_reason", "quality_return", "quality_exchange", "warranty", "durable")
        return {
            "line_id": self.line_id,
            "rule_version": self.rule_version,
            "at": wire_time(self.at),
            **{name: verdict_json(getattr(self, name), self.at) for name in windows},
            "burden_of_proof": [_finding(one) for one in self.burden],
            "freight": [_finding(one) for one in self.freight],
            "intact": {"text": self.intact, **_basis(self.intact_rule)},
            "promises": [{"kind": p.kind, "text": p.text, "value": p.value} for p in self.promises],
        }


def entitlements(
    line: OrderLine,
    rulebook: Rulebook,
    now: datetime,
    *,
    sub_type: str | None = None,
    history: History | None = None,
) -> Entitlements:
    """Everything the order alone decides at `now`, the moment of the application.

    With a known `sub_type` of the rulebook, burden of proof and freight are one answer each; else one for each case.
    """
    past = history or History()
    covered = warranty(line, rulebook, now, past)
    intact = rulebook.terms.intact
    return Entitlements(
        line.line_id,
        rulebook.version,
        now,
        not_shipped(line, rulebook),
        no_reason_return(line, rulebook, now),
        *quality_windows(line, rulebook, now, covered, past),
        covered,
        durable(line, rulebook, now),
        burden_of_proof(line, rulebook, now, sub_type),
        freight(line, rulebook, sub_type),
        intact.categories.get(line.category, intact.otherwise),
        intact,
        line.promises,
    )


def not_shipped(line: OrderLine, rulebook: Rulebook) -> Verdict:
    """Whether the order can still be cancelled for a refund because nothing was sent."""
    if line.status == "paid" and line.shipped_at is None:
        return Eligible(None, "还没有发货，可以直接申请退款", rulebook.terms.not_shipped)
    return Refused("已经发货", rulebook.terms.not_shipped, line.shipped_at)


def no_reason_return(line: OrderLine, rulebook: Rulebook, now: datetime) -> Verdict:
    """Whether the line may be returned without a reason at `now`, the moment of the application.

    The period begins at midnight in Shanghai after the day of receipt and lasts 168 hours (L13), or longer where the
    merchant promised so (L07). Excluded goods are refused only where the consumer's consent at purchase is on record
    (L03, L09, L11) and the merchant promised nothing else.
    """
    rule, terms = rulebook.no_reason, rulebook.terms
    promised = _promise(line, "no_reason_days")
    if line.no_reason_exclusion and not line.no_reason and line.consent_at and not promised:
        return Refused(f"这件商品属于{line.no_reason_exclusion}，下单时已确认不适用七天无理由", terms.consent)
    if line.signed_at is None:
        return Eligible(None, "还没有签收，可以申请退款或拒收", rule)
    hours = max(rule.hours, 24 * (promised.value or 0) if promised else 0)
    basis: Rule = terms.promise if hours > rule.hours else rule
    name = f"{hours // 24}天无理由" if hours > rule.hours else "七天无理由"
    until = next_midnight(line.signed_at) + timedelta(hours=hours)
    if now >= until:
        return Refused(f"已超过{name}期限", basis, until)
    if line.no_reason_exclusion and not line.no_reason and not promised:
        return Eligible(until, "下单时没有确认过不适用七天无理由，所以适用", terms.consent)
    return Eligible(until, f"在{name}期限内", basis)


def quality_windows(
    line: OrderLine, rulebook: Rulebook, now: datetime, covered: Verdict, past: History
) -> tuple[Verdict, Verdict]:
    """Return and exchange for a quality problem: days from receipt, or the repairs that did not help (L02, L26)."""
    law, three = rulebook.terms.quality_return, rulebook.terms.guarantees
    if line.signed_at is None:
        return (
            Eligible(None, "还没有签收，收到后有质量问题可以退货", law),
            Eligible(None, "还没有签收，收到后有质量问题可以换货", three),
        )
    start = next_midnight(line.signed_at)
    if len(past.repairs) >= three.repairs and isinstance(covered, Eligible):
        often = f"保修期内修过{len(past.repairs)}次仍有问题，可以换货或退货"
        return Eligible(covered.until, often, three), Eligible(covered.until, often, three)
    until_return = start + timedelta(days=law.days)
    until_exchange = start + timedelta(days=three.exchange_days)
    return (
        Eligible(until_return, f"收货{law.days}天内有质量问题可以退货", law)
        if now < until_return
        else Refused(
            f"收货已超过{law.days}天，符合法定解除合同条件的仍可退货，其他可以换货或维修", law, until_return
        ),
        Eligible(until_exchange, f"收货{three.exchange_days}天内有质量问题可以换货", three)
        if now < until_exchange
        else Refused(f"收货已超过{three.exchange_days}天，保修期内可以维修", three, until_exchange),
    )


def warranty(line: OrderLine, rulebook: Rulebook, now: datetime, history: History | None = None) -> Verdict:
    """Whether the line is in its warranty at `now`: calendar months from receipt or installation (L18).

    The longer of the seller's registration and promise counts, else the category's default. An exchange begins it
    anew; the time in repair is not counted.
    """
    past, terms = history or History(), rulebook.terms
    promised = _promise(line, "warranty_months")
    registered, longer = line.warranty_months or 0, (promised.value or 0) if promised else 0
    months, rule = max(registered, longer), rulebook.warranty
    if longer > registered:
        rule = terms.promise
    elif not months:
        months, rule = terms.warranties.months.get(line.category, 0), terms.warranties
    if not months:
        return Refused("这件商品没有登记保修期", rulebook.warranty)
    if line.signed_at is None:
        return Refused("还没有签收，保修期从签收那天算起", rulebook.warranty)
    start = max(at for at in (line.signed_at, line.installed_at, past.exchanged_at) if at)
    paused = sum((to - since for since, to in past.repairs if since >= start and to > since), timedelta())
    until = months_later(start, months) + paused
    if now < until:
        return Eligible(until, f"在{months}个月保修期内", rule)
    return Refused(f"已超过{months}个月保修期", rule, until)


def durable(line: OrderLine, rulebook: Rulebook, now: datetime) -> Verdict:
    """Whether the merchant has to prove that a defect was not his: durable goods, six months from receipt (L01)."""
    rule, kinds = rulebook.terms.durable, rulebook.terms.durable_goods
    if line.category not in kinds.categories:
        return Refused("这类商品不按耐用商品处理", kinds)
    if line.signed_at is None:
        return Eligible(None, f"耐用商品，收货{rule.months}个月内发现瑕疵由商家举证", rule)
    until = months_later(line.signed_at, rule.months)
    if now < until:
        return Eligible(until, f"耐用商品，收货{rule.months}个月内发现瑕疵由商家举证", rule)
    return Refused(f"耐用商品，收货已超过{rule.months}个月", rule, until)


def burden_of_proof(
    line: OrderLine, rulebook: Rulebook, now: datetime, sub_type: str | None = None
) -> tuple[Finding, ...]:
    """Who shows the facts first. For defects of durable goods the law decides, before any default of ours."""
    found = []
    lasting = durable(line, rulebook, now)
    issue = rulebook.issues.get(sub_type or "")
    if isinstance(lasting, Eligible) and (issue is None or issue.issue_type == "quality"):
        found.append(Finding("quality", "merchant", lasting.reason, lasting.rule))
    rows = sorted(rulebook.terms.burden, key=lambda row: not row.issues)
    for row in rows:
        if issue is None or sub_type in row.issues or not row.issues:
            names = "、".join(rulebook.issues[name].label for name in row.issues) or "其他问题"
            said = f"{names}：{_PARTIES[row.party]}先举证"
            found.append(Finding(",".join(row.issues) or "other", row.party, said, row))
    return tuple(found[:1] if issue else found)


def freight(line: OrderLine, rulebook: Rulebook, sub_type: str | None = None) -> tuple[Finding, ...]:
    """Who pays the freight of a return: by law, or better for the consumer where the merchant promised so."""
    terms, issue = rulebook.terms, rulebook.issues.get(sub_type or "")
    if issue and issue.freight != "consumer":
        reason = f"{issue.label}：{'运费由商家承担' if issue.freight == 'merchant' else '不产生运费'}"
        return (Finding(sub_type or "", issue.freight, reason, issue.rule),)
    free, insured = _promise(line, "free_return"), _promise(line, "freight_insurance")
    if free:
        without = Finding("no_reason", "merchant", f"商家承诺：{free.text}", terms.promise)
    elif insured:
        without = Finding("no_reason", "insurance", f"有{insured.text}，退回运费由运费险赔付", terms.promise)
    else:
        payer = terms.no_reason_freight.payer
        said = "不产生运费" if payer == "none" else f"退回运费由{_PARTIES[payer]}承担"
        without = Finding("no_reason", payer, f"无理由退货：{said}", terms.no_reason_freight)
    if issue:
        return (Finding(sub_type or "", without.party, without.reason, without.rule),)
    return (
        without,
        Finding("quality", terms.quality_freight.payer, "质量问题：运费由商家承担", terms.quality_freight),
        Finding(
            "logistics",
            terms.transport_freight.payer,
            "运输破损或丢失：由商家承担，再向承运方追偿",
            terms.transport_freight,
        ),
    )


def verdict_json(verdict: Verdict, now: datetime) -> dict[str, Any]:
    """A verdict as JSON; `days_left` counts the day that has begun."""
    allowed = isinstance(verdict, Eligible)
    left = math.ceil((verdict.until - now) / timedelta(days=1)) if allowed and verdict.until else None
    return {
        "allowed": allowed,
        "until": wire_time(verdict.until) if verdict.until else None,
        "days_left": left,
        "reason": verdict.reason,
        **_basis(verdict.rule),
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {"about": one.about, "party": one.party, "reason": one.reason, **_basis(one.rule)}


def _basis(rule: Rule) -> dict[str, Any]:
    return {"rule_id": rule.rule_id, "clause": rule.clause, "basis": rule.clause or DEFAULT}


def _promise(line: OrderLine, kind: str) -> Promise | None:
    return next((promise for promise in line.promises if promise.kind == kind), None)
