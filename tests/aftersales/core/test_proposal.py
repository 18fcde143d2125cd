"""What may be offered, at whose cost, and what proves that it was done."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.proposal import (
    agreed_amount,
    allowed_payers,
    allowed_remedies,
    checked_proof,
    make_proposal,
    proposal_text,
)
from aftersales.core.rulebook import Rulebook
from aftersales.rulebook_store import load_rulebook
from kernel.errors import DomainError

BOOK = load_rulebook()
REFUNDS = [name for name, remedy in BOOK.remedies.items() if remedy.proof == "refund"]
OTHERS = [name for name in BOOK.remedies if name not in REFUNDS]
WHOLE = ["refund_only", "return_refund"]
PAID = st.integers(1, 10**9)


def propose(sub_type: str = "quality_damaged", paid_fen: int | None = 19900, **data: Any) -> dict[str, Any]:
    return make_proposal(BOOK, BOOK.issues[sub_type].issue_type, sub_type, paid_fen, data)


def refusal(**given: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        propose(**given)
    return caught.value


@given(PAID, st.sampled_from(WHOLE))
def test_a_full_refund_is_what_was_really_paid(paid: int, remedy: str) -> None:
    assert agreed_amount(BOOK, remedy, None, paid) == paid


@given(PAID, st.data())
def test_no_refund_exceeds_what_was_paid(paid: int, data: st.DataObject) -> None:
    remedy = data.draw(st.sampled_from([name for name in REFUNDS if name != "compensation"]))
    asked = data.draw(st.integers(-10, paid * 2))
    try:
        agreed = agreed_amount(BOOK, remedy, asked, paid)
    except DomainError as error:
        assert (asked <= 0, asked > paid) == (error.code == "bad_amount", error.code == "amount_too_high")
    else:
        assert agreed == asked
        assert 0 < asked <= paid


@given(PAID, st.one_of(st.none(), st.integers(1, 10**9)), st.sampled_from(OTHERS))
def test_what_is_no_refund_carries_no_money(paid: int, asked: int | None, remedy: str) -> None:
    assert agreed_amount(BOOK, remedy, asked, paid) is None


@pytest.mark.parametrize("remedy", [name for name in REFUNDS if name not in WHOLE])
def test_a_part_a_difference_or_a_compensation_has_to_be_named(remedy: str) -> None:
    with pytest.raises(DomainError) as caught:
        agreed_amount(BOOK, remedy, None, 19900)
    assert (caught.value.code, caught.value.details["field"]) == ("missing_field", "amount_fen")


def test_a_compensation_may_exceed_the_price() -> None:
    assert agreed_amount(BOOK, "compensation", 199000, 19900) == 199000


@pytest.mark.parametrize("asked", [True, 0, -1, 1.5, "100", [100]])
def test_an_amount_is_a_whole_positive_number_of_fen(asked: Any) -> None:
    with pytest.raises(DomainError) as caught:
        agreed_amount(BOOK, "refund_only", asked, 19900)
    assert caught.value.code == "bad_amount"


def test_without_an_order_the_amount_stays_open() -> None:
    assert agreed_amount(BOOK, "refund_only", None, None) is None
    assert agreed_amount(BOOK, "goodwill", 500, None) == 500


def test_a_proposal_carries_labels_freight_and_clause() -> None:
    assert propose(remedy="return_refund", note="带上配件") == {
        "remedy": "return_refund",
        "remedy_label": "退货退款",
        "amount_fen": 19900,
        "freight_payer": "merchant",
        "freight_label": "商家承担",
        "note": "带上配件",
        "return_to": "",
        "clause": "《消费者权益保护法》第24条",
    }


def test_where_no_goods_move_there_is_no_freight() -> None:
    assert propose(remedy="refund_only")["freight_payer"] == "none"


@pytest.mark.parametrize("sub_type", [name for name, issue in BOOK.issues.items() if issue.freight_fixed])
def test_what_the_law_puts_on_the_merchant_is_never_charged_to_the_consumer(sub_type: str) -> None:
    assert allowed_payers(BOOK, sub_type) == ["merchant", "none"]
    remedy = BOOK.issues[sub_type].remedies[0]
    error = refusal(sub_type=sub_type, remedy=remedy, amount_fen=100, freight_payer="consumer")
    assert error.code == "freight_is_the_merchants"
    assert error.details["clause"]


def test_a_merchant_may_bear_a_freight_that_is_the_consumers() -> None:
    assert propose("no_reason_return", remedy="return_refund")["freight_payer"] == "consumer"
    offered = propose("no_reason_return", remedy="return_refund", freight_payer="merchant")
    assert offered["freight_payer"] == "merchant"


@pytest.mark.parametrize("payer", ["platform", "我", "merchants"])
def test_an_unknown_payer_is_refused(payer: str) -> None:
    assert refusal(remedy="exchange", freight_payer=payer).code == "bad_payer"


@pytest.mark.parametrize("remedy", ["invoice", "reship", "free_lunch", "", None, ["refund_only"]])
def test_a_remedy_outside_the_rulebook_is_refused(remedy: Any) -> None:
    assert refusal(remedy=remedy).code == "remedy_not_allowed"


def test_an_open_sub_type_allows_what_any_candidate_allows() -> None:
    allowed = allowed_remedies(BOOK, "quality", None)
    assert {"return_refund", "exchange", "repair", "compensation"} <= set(allowed)
    assert len(allowed) == len(set(allowed))
    assert allowed_remedies(BOOK, "service_complaint", None) == ["goodwill", "none"]


def test_a_refund_that_is_already_due_is_chased_and_never_paid_again() -> None:
    assert "refund" not in {BOOK.remedies[name].proof for name in BOOK.issues["refund_not_arrived"].remedies}


def test_a_proposal_reads_as_a_sentence() -> None:
    assert proposal_text(propose(remedy="return_refund")) == "退货退款 199.00 元，运费商家承担"
    assert proposal_text(propose(remedy="refund_only", amount_fen=105, note="先退这些")) == (
        "仅退款 1.05 元（先退这些）"
    )
    assert proposal_text(propose(remedy="exchange", amount_fen=19900)) == "换货，运费商家承担"
    assert proposal_text(None) == ""


@pytest.mark.parametrize(
    ("remedy", "given", "is_proof"),
    [
        ("refund_only", "RF20261124000001", True),
        ("refund_only", "已经退了", False),
        ("exchange", "顺丰 SF7300000001", True),
        ("exchange", "中通：7300-0000-01", True),
        ("exchange", "明天就寄", False),
        ("exchange", "SF123", False),
        ("exchange", "shunfeng", False),
        ("invoice", "电子发票已发到邮箱", True),
        ("none", "依据已说明", True),
        (None, "电话里说清楚了", True),
        ("invoice", "   ", False),
        ("refund_only", None, False),
    ],
)
def test_each_remedy_has_its_own_proof(remedy: str | None, given: str | None, is_proof: bool) -> None:
    if is_proof:
        assert checked_proof(remedy, BOOK, given) == given
    else:
        with pytest.raises(DomainError) as caught:
            checked_proof(remedy, BOOK, given)
        assert caught.value.code == "missing_proof"
        assert caught.value.message.startswith("完结前请填写")


def test_every_remedy_of_every_rule_can_be_offered(rulebook: Rulebook) -> None:
    for name, issue in rulebook.issues.items():
        for remedy in issue.remedies:
            offered = propose(name, remedy=remedy, amount_fen=100)
            assert offered["remedy_label"] == rulebook.remedies[remedy].label
