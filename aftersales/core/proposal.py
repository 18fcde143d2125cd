"""What is offered to a consumer, within the rulebook: remedy, amount, freight, and what proves it was done."""

import re
from typing import Any

from aftersales.core.deciding import Limit
from aftersales.core.money import yuan
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import Phase, first_phase
from kernel.errors import DomainError

FREIGHT = {"merchant": "商家承担", "consumer": "消费者承担", "none": "无运费"}
PROOFS = {"refund": "退款流水号", "waybill": "运单号", "note": "处理说明"}
MOST_NOTE, MOST_PROOF = 500, 200
ON_TOP = "compensation"  # 退一赔三, 假一赔十: beside the price, and more than was paid where the law says so
_NUMBER = re.compile(r"(?=[A-Za-z0-9-]*\d)[A-Za-z0-9][A-Za-z0-9-]{5,}")


def allowed_remedies(
    rulebook: Rulebook, issue_type: str, sub_type: str | None, *, unsent: bool = False
) -> list[str]:
    """The remedies for this complaint in the rulebook's order; with an open sub-type, those of all candidates.

    `unsent`: the order was not sent, so that its money can simply go back.
    """
    if unsent:
        return list(dict.fromkeys(["refund_only", *allowed_remedies(rulebook, issue_type, sub_type)]))
    try:
        names = rulebook.candidates(issue_type, sub_type if sub_type in rulebook.issues else None)
    except KeyError:
        return ["goodwill", "none"]
    return list(dict.fromkeys(remedy for name in names for remedy in rulebook.issues[name].remedies))


def allowed_payers(rulebook: Rulebook, sub_type: str | None) -> list[str]:
    """Who may bear the freight; where the law puts it on the merchant (L02), it is never the consumer."""
    issue = rulebook.issues.get(sub_type or "")
    return [payer for payer in FREIGHT if not (payer == "consumer" and issue and issue.freight_fixed)]


def rulable_remedies(
    rulebook: Rulebook, issue_type: str, sub_type: str | None, *, unsent: bool = False
) -> list[str]:
    """What the platform may decide on beyond the usual remedies: a refund or a compensation, case by case."""
    names = [
        *allowed_remedies(rulebook, issue_type, sub_type, unsent=unsent),
        "return_refund",
        "refund_only",
        "compensation",
        "none",
    ]
    return [name for name in dict.fromkeys(names) if name in rulebook.remedies]


def clause_options(rulebook: Rulebook, sub_type: str | None) -> list[str]:
    """The clauses a ruling may rest on: the complaint's own first, then the rulebook's others, then its published rules."""
    issue = rulebook.issues.get(sub_type or "")
    rules = [
        *([issue.rule] if issue else []),
        rulebook.no_reason,
        rulebook.warranty,
        *rulebook.terms.rules().values(),
        *(one.rule for one in rulebook.issues.values()),
    ]
    named = [rule.clause for rule in rules if rule.clause]
    return list(dict.fromkeys([*named, f"平台公示规则 {rulebook.version} 版"]))


def make_proposal(
    rulebook: Rulebook,
    issue_type: str,
    sub_type: str | None,
    paid_fen: int | None,
    data: dict[str, Any],
    *,
    decided_by_platform: bool = False,
    unsent: bool = False,
    limit: Limit | None = None,
) -> dict[str, Any]:
    """The proposal of `data`: remedy, amount_fen?, freight_payer?, note?, return_to?.

    `paid_fen` is what can still be given back of the line, None without an order; `limit` is the most that may be paid
    beside it, where the rulebook says so.

    `{remedy, remedy_label, amount_fen, freight_payer, freight_label, note, clause}`. Raises DomainError (422).
    """
    name = data["remedy"]
    allowed = rulable_remedies if decided_by_platform else allowed_remedies
    if name not in allowed(rulebook, issue_type, sub_type, unsent=unsent):
        raise DomainError("remedy_not_allowed", "这类问题不支持这种处理方式", 422, remedy=name)
    remedy, issue = rulebook.remedies[name], rulebook.issues.get(sub_type or "")
    payer = data.get("freight_payer") or (
        "none" if not remedy.moves_goods else issue.freight if issue else "merchant"
    )
    if payer not in FREIGHT:
        raise DomainError("bad_payer", "运费承担方不对", 422)
    if payer not in allowed_payers(rulebook, sub_type):
        raise DomainError(
            "freight_is_the_merchants",
            "这类问题的运费依法由商家承担",
            422,
            clause=issue.rule.clause if issue else "",
        )
    return {
        "remedy": name,
        "remedy_label": remedy.label,
        "amount_fen": agreed_amount(rulebook, name, data.get("amount_fen"), paid_fen, limit),
        "freight_payer": payer,
        "freight_label": FREIGHT[payer],
        "note": str(data.get("note") or "")[:MOST_NOTE],
        "return_to": str(data.get("return_to") or "")[:MOST_NOTE] if _goes_back(name) else "",
        "clause": issue.rule.clause if issue else "",
    }


def _goes_back(remedy: str) -> bool:
    return first_phase(remedy) is Phase.AWAITING_RETURN


def agreed_amount(
    rulebook: Rulebook, remedy: str, asked: Any, paid_fen: int | None, limit: Limit | None = None
) -> int | None:
    """The money of a remedy in 分, or None where it pays none (an amount given with an exchange is left out).

    A full refund is what was really paid (L18) unless another amount is agreed on; a part, a difference or a
    compensation has to be named. Only a compensation may exceed what was paid, up to its `limit`. Raises DomainError
    (422).
    """
    rule = rulebook.remedies[remedy]
    if rule.proof != "refund":
        return None
    if paid_fen == 0 and remedy != ON_TOP:
        raise DomainError("amount_too_high", "这件商品的实付金额已经退完了", 422, paid_fen=0)
    if asked in (None, ""):
        if rule.whole or paid_fen is None:
            return paid_fen
        raise DomainError("missing_field", f"请填写{rule.label}的金额", 422, field="amount_fen")
    if isinstance(asked, bool) or not isinstance(asked, int) or asked <= 0:
        raise DomainError("bad_amount", "金额应为大于 0 的整数（分）", 422)
    if remedy == ON_TOP:
        if limit and asked > limit.most_fen:
            raise DomainError(
                "above_the_law",
                f"赔付最多 {yuan(limit.most_fen)} 元：{limit.reason}",
                422,
                most_fen=limit.most_fen,
                clause=limit.rule.clause,
            )
        return asked
    if paid_fen is not None and asked > paid_fen:
        raise DomainError(
            "amount_too_high", f"退款金额不能超过还能退的 {yuan(paid_fen)} 元", 422, paid_fen=paid_fen
        )
    return asked


def proposal_text(proposal: dict[str, Any] | None) -> str:
    """退货退款 199.00 元，运费商家承担（请带上赠品）."""
    if not proposal:
        return ""
    amount = f" {yuan(proposal['amount_fen'])} 元" if proposal["amount_fen"] else ""
    freight = "" if proposal["freight_payer"] == "none" else f"，运费{proposal['freight_label']}"
    note = f"（{proposal['note']}）" if proposal["note"] else ""
    return f"{proposal['remedy_label']}{amount}{freight}{note}"


def proof_needed(remedy: str | None, rulebook: Rulebook) -> str:
    """What proves the execution: a `refund`'s receipt, a `waybill`, or a `note`."""
    found = rulebook.remedies.get(remedy or "none")
    return found.proof if found else "note"


def checked_proof(remedy: str | None, rulebook: Rulebook, given: Any) -> str:
    """The proof of execution without which nothing is 完结. Raises DomainError `missing_proof` (422).

    A receipt or a waybill is a number; "已经寄了" is none.
    """
    kind = proof_needed(remedy, rulebook)
    proof = str(given or "").strip()[:MOST_PROOF]
    if not proof or (kind != "note" and not _NUMBER.search(proof)):
        raise DomainError("missing_proof", f"完结前请填写{PROOFS[kind]}", 422, field="proof", kind=kind)
    return proof
