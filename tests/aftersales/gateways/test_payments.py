"""One key, one refund."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.gateways.payments import DemoPayments
from kernel.errors import DomainError


async def test_the_same_key_returns_the_first_receipt_also_after_a_restart() -> None:
    payments = DemoPayments()
    first = await payments.refund("33001", 19900, "AX1:refund")
    assert await payments.refund("33001", 19900, "AX1:refund") == first
    assert await DemoPayments().refund("33001", 19900, "AX1:refund") == first
    assert (first.order_no, first.amount_fen) == ("33001", 19900)


@pytest.mark.parametrize(("order_no", "amount"), [("33001", 100), ("33002", 19900)])
async def test_a_key_used_for_something_else_is_refused(order_no: str, amount: int) -> None:
    payments = DemoPayments()
    await payments.refund("33001", 19900, "AX1:refund")
    with pytest.raises(DomainError) as caught:
        await payments.refund(order_no, amount, "AX1:refund")
    assert (caught.value.code, caught.value.status) == ("refund_conflict", 409)


@pytest.mark.parametrize("amount", [0, -1])
async def test_nothing_is_refunded_for_nothing(amount: int) -> None:
    with pytest.raises(DomainError):
        await DemoPayments().refund("33001", amount, "AX1:refund")


@given(st.lists(st.text(min_size=1), min_size=2, max_size=20, unique=True))
async def test_different_keys_have_different_receipts(keys: list[str]) -> None:
    payments = DemoPayments()
    numbers = {(await payments.refund("33001", 100, key)).receipt_no for key in keys}
    assert len(numbers) == len(keys)
    assert all(number.startswith("RF") and len(number) == 16 for number in numbers)
