"""From metrics to a score: bounded, explained, and silent where there is too little to go by."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from aftersales.merchants.books import load_rules
from aftersales.merchants.core.cases import Case
from aftersales.merchants.core.metrics import METRICS, Counts, Tally
from aftersales.merchants.core.rules import Goal, MerchantRules
from aftersales.merchants.core.score import assess, due_measures, points_of
from tests.aftersales.merchants.core.test_metrics import WINDOW, any_case, case

RULES = load_rules()
goals = st.builds(
    lambda goal, worst: Goal(label="x", unit="share", group="speed", goal=goal, worst=worst),
    st.floats(0, 100),
    st.floats(101, 1000),
) | st.builds(
    lambda goal, worst: Goal(label="x", unit="share", group="speed", goal=goal, worst=worst),
    st.floats(101, 1000),
    st.floats(0, 100),
)


@given(goals, st.floats(0, 2000))
def test_points_are_between_0_and_100_with_all_for_the_goal(goal: Goal, value: float) -> None:
    assert 0 <= points_of(value, goal) <= 100
    assert points_of(goal.goal, goal) == 100 and points_of(goal.worst, goal) == 0


@given(goals, st.floats(0, 2000), st.floats(0, 2000))
def test_better_never_earns_less(goal: Goal, one: float, other: float) -> None:
    low, high = sorted((one, other))
    worse, better = (low, high) if goal.more_is_better else (high, low)
    assert points_of(better, goal) >= points_of(worse, goal)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 40).flatmap(lambda n: st.tuples(*[any_case(k) for k in range(n)])))
def test_a_score_is_bounded_and_has_a_tier(cases: tuple[Case, ...]) -> None:
    report = assess(cases, WINDOW, Counts(), RULES)
    assert (report.score is None) == (report.tier is None)
    if report.score is not None:
        assert 0 <= report.score <= 100 and report.cases >= RULES.least_cases


def many(count: int, **given_: object) -> list[Case]:
    return [
        case((2, "executing"), (8, "closed"), ticket_id=f"T{n}", order_no=f"O{n}", rating=5, **given_)
        for n in range(count)
    ]


@pytest.mark.parametrize(("count", "scored"), [(19, False), (20, True)])
def test_under_twenty_cases_are_only_shown(count: int, scored: bool) -> None:
    report = assess(many(count), WINDOW, Counts(), RULES)
    assert (report.score is not None) is scored
    assert report.metrics["csat"].value == 1.0  # shown either way
    assert (report.points["csat"] is not None) is scored


def test_a_metric_of_few_cases_is_shown_and_not_graded() -> None:
    counts = Counts(first_response=Tally(9000, 19), handoff_answered=Tally(0, 20))
    report = assess(many(20), WINDOW, counts, RULES)
    assert report.metrics["first_response_time"].value == pytest.approx(473.7, abs=0.1)
    assert report.points["first_response_time"] is None
    assert report.points["handoff_answer_rate"] == 0


def test_the_score_is_the_weighted_mean_of_its_groups() -> None:
    report = assess(many(20), WINDOW, Counts(handoff_answered=Tally(0, 20)), RULES)
    assert report.groups == {
        "speed": pytest.approx(200 / 3),
        "resolution": 100,
        "disputes": 100,
        "satisfaction": 100,
    }
    assert report.score == 90 and report.tier == "gold"


def test_groups_without_anything_graded_are_left_out() -> None:
    cases = [one for one in many(20, days=2)]  # nothing for 解决 yet: three days are not over
    report = assess(cases, WINDOW, Counts(handoff_answered=Tally(0, 20)), RULES)
    assert report.groups["resolution"] is None
    assert report.score == pytest.approx((30 * 200 / 3 + 20 * 100 + 20 * 100) / 70, abs=0.01)


@pytest.mark.parametrize(
    ("score", "tier"),
    [(100, "gold"), (90, "gold"), (89.99, "standard"), (75, "standard"), (74.9, "warning"), (60, "warning"), (59.9, "restricted"), (0, "restricted")],
)  # fmt: skip
def test_tiers_begin_at_their_score(score: float, tier: str) -> None:
    assert RULES.tier_of(score) == tier


@pytest.mark.parametrize(
    ("score", "earlier", "kinds"),
    [
        (None, 10, []),
        (95, None, ["commend"]),
        (80, 10, []),
        (70, 10, ["warn"]),
        (50, None, ["restrict"]),
        (50, 60, ["restrict"]),
        (50, 59, ["restrict", "freeze"]),
    ],
)
def test_what_follows_from_a_score(score: float | None, earlier: float | None, kinds: list[str]) -> None:
    assert due_measures(score, earlier, RULES) == kinds


def test_the_rules_name_every_metric_and_weigh_as_the_norm_says() -> None:
    assert set(RULES.metrics) == set(METRICS)
    assert dict(RULES.weights) == {"speed": 30, "resolution": 30, "disputes": 20, "satisfaction": 20}
    assert (RULES.window_days, RULES.least_cases) == (30, 20)


def test_rules_whose_weights_do_not_add_up_are_refused() -> None:
    broken = RULES.model_dump(by_alias=True) | {"weights": {"speed": 50, "resolution": 30}}
    with pytest.raises(ValidationError, match="do not add up to 100"):
        MerchantRules.model_validate(broken)


def test_a_report_says_for_every_metric_what_was_asked_and_what_was_found() -> None:
    shown = assess(many(20), WINDOW, Counts(), RULES).to_json(RULES)
    handle = next(m for m in shown["metrics"] if m["name"] == "avg_handle_time")
    assert handle["value"] == 8 and handle["goal"] == 72 and handle["meets"] and handle["count"] == 20
    assert next(m for m in shown["metrics"] if m["name"] == "dispute_rate")["meets"] is None
    assert [group["weight"] for group in shown["groups"]] == [30, 30, 20, 20]
