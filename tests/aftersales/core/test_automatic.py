"""What fixed rules settle at once, and everything that they leave to people."""

from datetime import timedelta
from typing import Any

import pytest

from aftersales.core.automatic import needs_two, settle
from aftersales.core.eligibility import entitlements
from aftersales.core.rulebook import Rulebook
from tests.aftersales.conftest import NOW, order_line

DONE = [{"required": 1, "status": "provided"}, {"required": 0, "status": "missing"}]
UNSENT = {"status": "paid", "shipped_at": None, "signed_at": None}


def granted(rulebook: Rulebook, sub_type: str, remedy: str | None, evidence: Any = DONE, **line: Any) -> Any:
    goods = order_line(**line)
    found = settle(
        goods,
        sub_type,
        remedy,
        evidence,
        entitlements(goods, rulebook, NOW, sub_type=sub_type),
        rulebook,
        NOW,
    )
    return found and found.remedy


@pytest.mark.parametrize(
    ("sub_type", "remedy", "line", "expected"),
    [
        ("no_reason_return", None, UNSENT, "refund_only"),
        ("no_reason_return", None, {}, "return_refund"),
        ("no_reason_return", "return_refund", {}, "return_refund"),
        ("quality_damaged", "return_refund", {}, "return_refund"),
        ("quality_malfunction", "exchange", {"category": "手机"}, "exchange"),
        ("missing_item", "reship", {}, "reship"),
        # left to people
        ("no_reason_return", "exchange", {}, None),
        ("no_reason_return", None, {"signed_at": NOW - timedelta(days=9)}, None),
        ("no_reason_return", None, {"paid_fen": 20001}, None),
        ("quality_damaged", None, {}, None),  # he has not said what he wants
        ("quality_damaged", "refund_only", {}, None),  # sent goods would stay with him (L25)
        ("quality_damaged", "goodwill", {}, None),
        ("quality_damaged", "return_refund", {"signed_at": NOW - timedelta(days=9)}, None),
        ("quality_damaged", "exchange", {"signed_at": NOW - timedelta(days=9)}, None),  # 8 to 15 days: people
        ("quality_damaged", "return_refund", {"signed_at": None, "status": "shipped"}, None),
        ("quality_damaged", "return_refund", {"paid_fen": 20001}, None),
        ("quality_counterfeit", "return_refund", {}, None),
        ("quality_spoiled", "refund_only", {}, None),
        ("missing_item", "return_refund", {}, None),
        ("wrong_item", "exchange", {}, None),
        ("size_unfit", "exchange", {}, None),
        ("unknown", "exchange", {}, None),
    ],
)
def test_the_table_of_decisions(
    rulebook: Rulebook, sub_type: str, remedy: str | None, line: dict[str, Any], expected: str | None
) -> None:
    assert granted(rulebook, sub_type, remedy, **line) == expected


@pytest.mark.parametrize("status", ["missing", "waived"])
def test_what_could_not_be_shown_is_looked_at_by_people(rulebook: Rulebook, status: str) -> None:
    gap = [{"required": 1, "status": "provided"}, {"required": 1, "status": status}]
    assert granted(rulebook, "quality_damaged", "return_refund", gap) is None


def test_a_case_that_the_rulebook_does_not_list_is_left_to_people(rulebook: Rulebook) -> None:
    rule = rulebook.automatic.model_copy(update={"cases": []})
    strict = rulebook.model_copy(update={"automatic": rule})
    assert granted(strict, "quality_damaged", "return_refund") is None
    assert granted(strict, "no_reason_return", None, **UNSENT) is None
    assert granted(strict, "missing_item", "reship") is None


def test_without_an_order_nothing_is_settled(rulebook: Rulebook) -> None:
    assert settle(None, "quality_damaged", "return_refund", DONE, None, rulebook, NOW) is None


@pytest.mark.parametrize(("fen", "two"), [(None, False), (0, False), (200_000, False), (200_001, True)])
def test_two_people_sign_above_the_limit(rulebook: Rulebook, fen: int | None, two: bool) -> None:
    assert needs_two(fen, rulebook) is two
