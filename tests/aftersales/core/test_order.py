"""An order line goes over the wire and back, and nothing else is taken for one."""

import json
from datetime import timedelta
from typing import Any

import pytest

from aftersales.core.order import OrderLine
from tests.aftersales.conftest import NOW, order_line


def test_the_line_id_is_order_number_and_line_number() -> None:
    assert order_line(order_no="33001", line_no=2).line_id == "33001-2"


def test_a_line_survives_json() -> None:
    line = order_line(
        gifts=("小样",), consent_at=NOW, no_reason=False, no_reason_exclusion="定作商品", warranty_months=12
    )
    value = json.loads(json.dumps(line.to_json()))
    assert OrderLine.from_json(value) == line
    assert value["line_id"] == line.line_id
    assert value["signed_at"].endswith("Z")


def test_fields_that_a_newer_service_adds_are_passed_over() -> None:
    assert OrderLine.from_json(order_line().to_json() | {"colour_of_the_box": "red"}) == order_line()


def test_an_unsigned_line_has_no_time_of_receipt() -> None:
    line = order_line(status="shipped", signed_at=None)
    assert OrderLine.from_json(line.to_json()).signed_at is None


@pytest.mark.parametrize(
    "change",
    [
        {"paid_fen": "199.00"},
        {"paid_fen": 199.0},
        {"quantity": None},
        {"signed_at": "2026-11-20T10:00:00"},
        {"signed_at": "yesterday"},
        {"signed_at": 1764000000},
        {"payment": [{"method": "微信支付"}]},
        {"payment": 5},
    ],
)
def test_what_is_no_order_line_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not an order line"):
        OrderLine.from_json(order_line().to_json() | change)


@pytest.mark.parametrize("value", [None, [], "line", {}, {"order_no": "1"}])
def test_something_else_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not an order line"):
        OrderLine.from_json(value)


def test_a_line_is_a_value() -> None:
    assert order_line() == order_line()
    assert order_line(signed_at=NOW) != order_line(signed_at=NOW - timedelta(seconds=1))
