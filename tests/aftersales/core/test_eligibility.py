"""What an order line entitles to, before anything is asked: one answer, each part with its reason and its rule."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.eligibility import (
    Eligible,
    Entitlements,
    History,
    Refused,
    entitlements,
    no_reason_return,
    verdict_json,
    warranty,
)
from aftersales.core.order import OrderLine, Promise
from aftersales.core.rulebook import Rulebook
from aftersales.gateways.demo_orders import CONSUMERS, DemoOrders
from aftersales.rulebook_store import load_rulebook
from kernel.times import SHANGHAI
from tests.aftersales.conftest import NOW, order_line

SIGNED = datetime(2026, 11, 10, 15, 0, tzinfo=SHANGHAI)
DAY_AFTER = datetime(2026, 11, 11, 0, 0, tzinfo=SHANGHAI)


def washer(**given_: Any) -> OrderLine:
    return order_line(**({"category": "大家电", "warranty_months": 12, "signed_at": SIGNED} | given_))


def of(line: OrderLine, at: datetime = NOW, **given_: Any) -> Entitlements:
    return entitlements(line, load_rulebook(), at, **given_)


# ---- 七天无理由


def test_days_left_count_the_day_that_has_begun(rulebook: Rulebook) -> None:
    end = DAY_AFTER + timedelta(days=7)
    for before, left in ((timedelta(hours=168), 7), (timedelta(hours=25), 2), (timedelta(minutes=1), 1)):
        verdict = no_reason_return(order_line(signed_at=SIGNED), rulebook, end - before)
        assert verdict_json(verdict, end - before)["days_left"] == left
    assert (
        verdict_json(no_reason_return(order_line(signed_at=SIGNED), rulebook, end), end)["days_left"] is None
    )


def test_a_longer_promise_prevails_and_says_so(rulebook: Rulebook) -> None:
    line = order_line(signed_at=SIGNED, promises=(Promise("no_reason_days", "15天无理由", 15),))
    found = no_reason_return(line, rulebook, DAY_AFTER + timedelta(days=14))
    assert isinstance(found, Eligible)
    assert (found.until, found.reason) == (DAY_AFTER + timedelta(days=15), "在15天无理由期限内")
    assert found.clause == "《消费者权益保护法实施条例》第12条"
    assert no_reason_return(line, rulebook, DAY_AFTER + timedelta(days=15)).reason == "已超过15天无理由期限"


def test_a_shorter_promise_shortens_nothing(rulebook: Rulebook) -> None:
    line = order_line(signed_at=SIGNED, promises=(Promise("no_reason_days", "3天", 3),))
    found = no_reason_return(line, rulebook, NOW.replace(day=12))
    assert found == no_reason_return(order_line(signed_at=SIGNED), rulebook, NOW.replace(day=12))


def test_excluded_goods_whose_seller_promised_seven_days_may_be_returned(rulebook: Rulebook) -> None:
    line = order_line(
        signed_at=NOW - timedelta(days=1),
        no_reason=False,
        no_reason_exclusion="鲜活易腐商品",
        consent_at=NOW - timedelta(days=3),
    )
    assert isinstance(no_reason_return(line, rulebook, NOW), Refused)
    promised = order_line(
        signed_at=line.signed_at,
        no_reason=False,
        no_reason_exclusion="鲜活易腐商品",
        consent_at=line.consent_at,
        promises=(Promise("no_reason_days", "七天无理由", 7),),
    )
    assert isinstance(no_reason_return(promised, rulebook, NOW), Eligible)


# ---- quality: return, exchange, repair


@pytest.mark.parametrize(
    ("days", "returned", "exchanged", "covered"),
    [(6.9, True, True, True), (7, False, True, True), (14.9, False, True, True), (15, False, False, True)],
)
def test_the_windows_of_a_quality_problem_close_one_after_the_other(
    days: float, returned: bool, exchanged: bool, covered: bool
) -> None:
    found = of(washer(), DAY_AFTER + timedelta(days=days))
    allowed = [
        isinstance(one, Eligible) for one in (found.quality_return, found.quality_exchange, found.warranty)
    ]
    assert allowed == [returned, exchanged, covered]


def test_after_two_repairs_that_did_not_help_the_goods_are_exchanged_or_taken_back() -> None:
    once = (SIGNED + timedelta(days=30), SIGNED + timedelta(days=40))
    twice = (SIGNED + timedelta(days=60), SIGNED + timedelta(days=65))
    at = SIGNED + timedelta(days=100)
    assert isinstance(of(washer(), at, history=History((once,))).quality_exchange, Refused)
    found = of(washer(), at, history=History((once, twice)))
    assert isinstance(found.quality_exchange, Eligible) and isinstance(found.quality_return, Eligible)
    assert "修过2次" in found.quality_return.reason
    late = of(washer(), SIGNED + timedelta(days=500), history=History((once, twice)))
    assert isinstance(late.quality_exchange, Refused)


def test_the_time_in_repair_is_added_and_an_exchange_begins_anew(rulebook: Rulebook) -> None:
    end = datetime(2027, 11, 10, 15, 0, tzinfo=SHANGHAI)
    repaired = History(((SIGNED + timedelta(days=30), SIGNED + timedelta(days=40)),))
    assert warranty(washer(), rulebook, NOW).until == end
    assert warranty(washer(), rulebook, NOW, repaired).until == end + timedelta(days=10)
    exchanged = History(repaired.repairs, SIGNED + timedelta(days=50))
    assert warranty(washer(), rulebook, NOW, exchanged).until == datetime(
        2027, 12, 30, 15, 0, tzinfo=SHANGHAI
    )


def test_what_is_installed_is_covered_from_its_installation(rulebook: Rulebook) -> None:
    installed = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
    assert warranty(washer(installed_at=installed), rulebook, NOW).until == installed.replace(year=2027)


def test_the_longer_of_registration_and_promise_counts(rulebook: Rulebook) -> None:
    longer = washer(promises=(Promise("warranty_months", "保修两年", 24),))
    found = warranty(longer, rulebook, NOW)
    assert (found.until, found.rule) == (SIGNED.replace(year=2028), rulebook.terms.promise)
    shorter = washer(promises=(Promise("warranty_months", "保修半年", 6),))
    assert warranty(shorter, rulebook, NOW).until == SIGNED.replace(year=2027)


def test_a_category_default_is_no_law(rulebook: Rulebook) -> None:
    found = warranty(order_line(category="手机", signed_at=SIGNED), rulebook, NOW)
    assert isinstance(found, Eligible)
    assert (found.clause, verdict_json(found, NOW)["basis"]) == ("", "平台约定")


# ---- burden of proof, freight


def test_for_six_months_the_merchant_proves_that_a_durable_article_was_sound() -> None:
    end = datetime(2027, 5, 10, 15, 0, tzinfo=SHANGHAI)
    inside = of(washer(), end - timedelta(seconds=1), sub_type="quality_malfunction").burden
    assert [(one.party, one.rule.clause) for one in inside] == [("merchant", "《消费者权益保护法》第23条")]
    assert [one.party for one in of(washer(), end, sub_type="quality_malfunction").burden] == ["consumer"]
    assert [one.party for one in of(washer(), sub_type="size_unfit").burden] == ["consumer"]
    assert [one.party for one in of(order_line(), sub_type="quality_defect").burden] == ["consumer"]


@pytest.mark.parametrize("sub_type", ["quality_counterfeit", "not_received", "missing_item"])
def test_what_a_consumer_cannot_know_the_merchant_shows(sub_type: str) -> None:
    (found,) = of(order_line(), sub_type=sub_type).burden
    assert found.party == "merchant"


@pytest.mark.parametrize(
    ("promises", "party"),
    [
        ((), "consumer"),
        ((Promise("freight_insurance", "运费险"),), "insurance"),
        ((Promise("free_return", "退货包邮"), Promise("freight_insurance", "运费险")), "merchant"),
    ],
)
def test_a_return_without_a_reason_is_paid_by_the_consumer_unless_promised(
    promises: tuple[Promise, ...], party: str
) -> None:
    line = order_line(promises=promises)
    assert [one.party for one in of(line, sub_type="no_reason_return").freight] == [party]
    assert of(line).freight[0].party == party


@given(st.sampled_from(sorted(load_rulebook().issues)))
def test_where_the_law_puts_the_freight_on_the_merchant_it_stays_there(sub_type: str) -> None:
    issue = load_rulebook().issues[sub_type]
    (found,) = of(order_line(), sub_type=sub_type).freight
    assert found.party == issue.freight
    if issue.freight_fixed:
        assert (found.party, bool(found.rule.clause)) == ("merchant", True)


# ---- the whole answer


async def test_every_part_of_every_demo_answer_has_a_reason_and_a_basis() -> None:
    orders = DemoOrders(NOW)
    for consumer in CONSUMERS:
        for line in await orders.lines_of(consumer.id):
            shown = of(line).to_json()
            parts = [
                shown[name] for name in ("no_reason", "warranty", "durable", "quality_return", "not_shipped")
            ]
            for part in [*parts, *shown["burden_of_proof"], *shown["freight"]]:
                assert part["reason"] and part["basis"] and part["rule_id"]
                assert part["basis"] == part["clause"] or (part["clause"], part["basis"]) == ("", "平台约定")


@given(st.floats(-2, 900), st.sampled_from(["大家电", "服装", "手机", "生鲜"]), st.integers(0, 36))
def test_a_window_that_is_open_ends_later_and_one_that_ended_ended_before(
    days: float, category: str, months: int
) -> None:
    line = order_line(category=category, warranty_months=months or None, signed_at=NOW - timedelta(days=days))
    found = of(line)
    for one in (found.no_reason, found.quality_return, found.quality_exchange, found.warranty, found.durable):
        assert one.until is None or isinstance(one, Eligible) == (one.until > NOW)


def test_what_was_not_sent_can_be_cancelled() -> None:
    waiting = order_line(status="paid", shipped_at=None, signed_at=None)
    assert isinstance(of(waiting).not_shipped, Eligible)
    assert isinstance(of(order_line()).not_shipped, Refused)
