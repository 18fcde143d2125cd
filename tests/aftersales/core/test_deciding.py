"""The table of decisions, the shares of spoiled goods, and the most that may lawfully be paid."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.deciding import compensation_limit, decision_for, spoiled_refund, spoiled_share
from aftersales.core.eligibility import entitlements
from aftersales.core.order import Promise
from aftersales.core.rulebook import Rulebook
from aftersales.rulebook_store import load_rulebook
from tests.aftersales.conftest import NOW, order_line

UNSENT = {"status": "paid", "shipped_at": None, "signed_at": None}
BOOK = load_rulebook()


def days(number: float) -> dict[str, Any]:
    return {"signed_at": NOW - timedelta(days=number)}


def row(sub_type: str | None, **line: Any) -> Any:
    goods = order_line(**line)
    return decision_for(goods, sub_type, entitlements(goods, BOOK, NOW, sub_type=sub_type), BOOK)


@pytest.mark.parametrize(
    ("sub_type", "line", "when", "first", "freight"),
    [
        ("quality_damaged", UNSENT, "not_shipped", "refund_only", "none"),
        ("no_reason_return", {}, "no_reason", "return_refund", "consumer"),
        ("no_reason_return", days(9), "no_reason_over", "none", "consumer"),
        ("size_unfit", {}, "no_reason", "return_refund", "consumer"),
        ("quality_damaged", days(3), "quality_return", "return_refund", "merchant"),
        ("quality_damaged", days(10), "quality_exchange", "exchange", "merchant"),
        ("quality_malfunction", days(40) | {"warranty_months": 12}, "quality_warranty", "repair", "merchant"),
        ("quality_malfunction", days(400), "quality_over", "repair", "consumer"),
        ("quality_spoiled", days(1) | {"category": "生鲜"}, "spoiled", "refund_only", "none"),
        ("quality_spoiled", days(3) | {"category": "生鲜"}, "food", "refund_only", "merchant"),
        ("quality_spoiled", days(1) | {"category": "食品"}, "food", "refund_only", "merchant"),
        ("wrong_item", {}, "wrong_item", "reship", "merchant"),
        ("missing_item", {}, "wrong_item", "reship", "merchant"),
        ("size_mislabeled", {}, "mismatch", "return_refund", "merchant"),
        ("not_as_described", {}, "mismatch", "return_refund", "merchant"),
        ("logistics_damage", {}, "transport", "reship", "merchant"),
        ("not_received", {}, "transport", "reship", "merchant"),
        ("quality_counterfeit", {}, "fraud", "return_refund", "merchant"),
        ("fake_pay_ten", UNSENT, "fraud", "return_refund", "merchant"),
        ("invoice", UNSENT, "account", "price_difference", "none"),
        (None, {}, "unclear", "return_refund", "consumer"),
    ],
)
def test_the_table_of_decisions_row_by_row(
    sub_type: str | None, line: dict[str, Any], when: str, first: str, freight: str
) -> None:
    found = row(sub_type, **line)
    assert (found.when, found.remedies[0], found.freight) == (when, first, freight)


def test_fraud_food_and_everything_late_or_unclear_is_for_people() -> None:
    by_rule = {one.when for one in BOOK.decisions if not one.people}
    assert by_rule == {"not_shipped", "no_reason", "quality_return"}


def test_without_an_order_the_case_is_unclear() -> None:
    found = decision_for(None, "quality_damaged", None, BOOK)
    assert found
    assert found.when == "unclear"


def test_a_version_without_the_table_has_no_row() -> None:
    assert decision_for(None, None, None, BOOK.model_copy(update={"decisions": []})) is None


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ("坏了一半", 50), ("一大半都烂了", 60), ("坏了一半多", 60), ("三成", 30), ("10个里坏了3个", 30), ("5斤中有1斤坏了", 20),
        ("三分之一", 33), ("十分之七", 70), ("大概30%", 30), ("坏了40％", 40), ("百分之80", 80), ("全烂了", 100),
        ("整箱都坏了", 100), ("都坏了", 100), ("全部变质", 100), ("坏了几个", None), ("坏了2斤", None), ("", None),
        ("零分之三", None), ("300%", None), ("3个里坏了10个", None),
    ],
)  # fmt: skip
def test_a_share_is_read_where_one_is_named(said: str, share: int | None) -> None:
    assert spoiled_share(said) == share


@given(st.text(max_size=60))
def test_whatever_is_said_a_share_is_a_percentage_or_none(said: str) -> None:
    share = spoiled_share(said)
    assert share is None or 0 < share <= 100


@pytest.mark.parametrize(
    ("said", "fen"),
    [("30%", 2670), ("31%", 4450), ("一半", 4450), ("51%", 8900), ("全坏了", 8900), ("几个", None)],
)
def test_spoiled_goods_give_back_their_share(said: str, fen: int | None) -> None:
    found = spoiled_refund(said, 8900, BOOK)
    assert (found.amount_fen if found else None) == fen


@pytest.mark.parametrize(
    ("sub_type", "paid", "loss", "most"),
    [
        ("quality_counterfeit", 19900, 0, 59700),  # 退一赔三 …
        ("quality_counterfeit", 9900, 0, 50000),  # … 不足五百按五百
        ("quality_spoiled", 3990, 0, 100_000),  # 价款十倍，不足一千按一千
        ("quality_spoiled", 12_800, 0, 128_000),
        ("quality_spoiled", 12_800, 60_000, 180_000),  # 损失三倍
        ("quality_damaged", 19900, 0, 19900),
        ("quality_damaged", 19900, 45000, 45000),
    ],
)
def test_the_most_that_may_be_paid_beside_the_price(
    rulebook: Rulebook, sub_type: str, paid: int, loss: int, most: int
) -> None:
    limit = compensation_limit(rulebook, sub_type, order_line(paid_fen=paid).to_json(), loss)
    assert limit
    assert limit.most_fen == most


def test_a_promise_that_is_better_than_the_law_prevails(rulebook: Rulebook) -> None:
    line = order_line(promises=(Promise("fake_pay", "假一赔十", 10),)).to_json()
    limit = compensation_limit(rulebook, "fake_pay_ten", line)
    assert limit
    assert (limit.most_fen, limit.reason) == (199_000, "商家承诺：假一赔十")
    assert compensation_limit(rulebook, "fake_pay_ten", None) is None
