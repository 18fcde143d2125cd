"""A refund over the parts of a payment: exact to the 分, along the original route, never more than was paid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.order import PaymentPart
from aftersales.core.refund import ORIGINAL, RefundPart, split
from kernel.errors import DomainError

METHODS = st.sampled_from(["微信支付", "支付宝", "平台优惠券", "积分", "礼品卡"])
PAYMENTS = st.lists(st.builds(PaymentPart, METHODS, st.integers(1, 10**7)), min_size=1, max_size=6)


def total(payment: list[PaymentPart]) -> int:
    return sum(part.paid_fen for part in payment)


def by_method(payment: list[PaymentPart]) -> dict[str, int]:
    paid: dict[str, int] = {}
    for part in payment:
        paid[part.method] = paid.get(part.method, 0) + part.paid_fen
    return paid


@given(PAYMENTS)
def test_a_full_refund_gives_every_part_back_as_it_was_paid(payment: list[PaymentPart]) -> None:
    parts = split(total(payment), total(payment), payment)
    assert {part.method: part.amount_fen for part in parts} == by_method(payment)


@given(PAYMENTS, st.data())
def test_any_part_of_it_sums_exactly_and_follows_the_shares(
    payment: list[PaymentPart], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(1, total(payment)))
    paid = by_method(payment)
    parts = split(amount, total(payment), payment)
    assert sum(part.amount_fen for part in parts) == amount
    for part in parts:
        assert 0 < part.amount_fen <= paid[part.method]
        assert abs(part.amount_fen - amount * paid[part.method] / total(payment)) < 1


@given(PAYMENTS, st.lists(st.integers(1, 10**6), max_size=8))
def test_refund_after_refund_never_gives_more_than_was_paid(
    payment: list[PaymentPart], asked: list[int]
) -> None:
    back: dict[str, int] = {}
    for amount in asked:
        left = total(payment) - sum(back.values())
        if amount > left:
            with pytest.raises(DomainError) as caught:
                split(amount, total(payment), payment, back)
            assert (caught.value.code, caught.value.details["left_fen"]) == ("amount_too_high", left)
            continue
        for part in split(amount, total(payment), payment, back):
            back[part.method] = back.get(part.method, 0) + part.amount_fen
    assert all(fen <= by_method(payment)[method] for method, fen in back.items())


def test_two_thirds_and_one_third_of_a_fen_more() -> None:
    payment = [PaymentPart("支付宝", 200), PaymentPart("积分", 100)]
    assert split(100, 300, payment) == (RefundPart("支付宝", 67), RefundPart("积分", 33))


def test_without_known_parts_it_goes_back_the_way_it_came() -> None:
    assert split(500, 19900, []) == (RefundPart(ORIGINAL, 500),)


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_is_no_refund(amount: int) -> None:
    with pytest.raises(DomainError, match="bad_amount"):
        split(amount, 19900, [])
