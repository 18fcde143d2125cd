"""Every state x trigger x actor of a measure, and what L24 asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aftersales.merchants.books import load_rules
from aftersales.merchants.core.measure import (
    STATE_LABELS,
    STATES,
    TABLE,
    TRIGGERS,
    check,
    deadlines,
    is_in_force,
    signature,
)
from kernel.errors import DomainError

RULES = load_rules()
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
ACTORS = ("merchant", "platform", "system")
EXPECTED = {
    ("proposed", "sign", "platform"): "notified",
    ("proposed", "dismiss", "platform"): "dismissed",
    ("notified", "appeal", "merchant"): "appealed",
    ("notified", "finish", "system"): "final",
    ("appealed", "uphold", "platform"): "upheld",
    ("appealed", "overturn", "platform"): "overturned",
}


def measure(state: str, **given: Any) -> dict[str, Any]:
    until = NOW - timedelta(days=1) if state == "notified" else None
    values = {"id": "mm_1", "merchant_id": "m_1", "kind": "warn", "state": state, "facts": "f", "reason": "r"}
    return values | {"clause": "c", "evidence": {}, "signed_by": "a_1", "appeal_until": until} | given


def tried(row: dict[str, Any], trigger: str, actor: str, **given: Any) -> str:
    """The state after the step, or the code of the refusal."""
    values = {"actor_id": "a_2", "role": "supervisor", "reason": "因为", "now": NOW} | given
    rule = RULES.measures[row["kind"]]
    try:
        return check(
            row, trigger, actor, values["actor_id"], values["role"], values["reason"], rule, values["now"]
        ).to
    except DomainError as refused:
        return refused.code


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_trigger_and_actor(state: str, trigger: str, actor: str) -> None:
    given = measure(state)
    if trigger == "appeal":
        given["appeal_until"] = NOW
    found = tried(given, trigger, actor)
    if (state, trigger, actor) in EXPECTED:
        assert found == EXPECTED[state, trigger, actor]
    else:
        assert found == ("not_allowed" if (state, trigger) in TABLE else "illegal_transition")


@pytest.mark.parametrize("role", ["platform_agent", "merchant_agent", "trainer"])
@pytest.mark.parametrize(("state", "trigger"), [pair for pair, row in TABLE.items() if row.signs])
def test_a_signature_is_a_supervisors_or_an_administrators(state: str, trigger: str, role: str) -> None:
    assert tried(measure(state), trigger, "platform", role=role) == "not_allowed"
    assert tried(measure(state), trigger, "platform", role="admin") == TABLE[state, trigger].to


@pytest.mark.parametrize("trigger", ["uphold", "overturn"])
def test_an_appeal_is_reviewed_by_somebody_else_than_who_signed(trigger: str) -> None:
    assert tried(measure("appealed"), trigger, "platform", actor_id="a_1") == "same_person"


@pytest.mark.parametrize(("state", "trigger", "actor"), list(EXPECTED))
def test_nothing_happens_without_a_reason(state: str, trigger: str, actor: str) -> None:
    assert tried(measure(state), trigger, actor, reason=" ") == "missing_reason"


def test_an_appeal_is_possible_to_the_last_moment_and_the_system_waits_for_it() -> None:
    until = measure("notified", appeal_until=NOW)
    assert tried(until, "appeal", "merchant") == "appealed"
    assert tried(until, "finish", "system") == "appeal_open"
    later = NOW + timedelta(microseconds=1)
    assert tried(until, "appeal", "merchant", now=later) == "appeal_over"
    assert tried(until, "finish", "system", now=later) == "final"


def test_a_commendation_is_nothing_to_appeal_against() -> None:
    assert (
        tried(measure("notified", kind="commend", appeal_until=None), "appeal", "merchant")
        == "nothing_to_appeal"
    )


def test_a_warning_gives_seven_days_to_appeal_and_seven_to_put_things_right() -> None:
    week = NOW + timedelta(days=7)
    assert deadlines("warn", NOW, RULES) == {"notified_at": NOW, "appeal_until": week, "rectify_until": week}
    assert deadlines("restrict", NOW, RULES)["rectify_until"] is None
    assert deadlines("commend", NOW, RULES)["appeal_until"] is None


def test_a_signature_changes_with_what_was_signed() -> None:
    one = signature(measure("proposed"), "sign", "属实", "郑主管")
    assert one["name"] == "郑主管" and len(one["sha256"]) == 64
    assert one != signature(measure("proposed", facts="别的"), "sign", "属实", "郑主管")
    assert one["sha256"] != signature(measure("proposed"), "sign", "不属实", "郑主管")["sha256"]


def test_an_appeal_stops_a_measure_until_it_is_decided() -> None:
    assert {state for state in STATES if is_in_force(state)} == {"notified", "upheld", "final"}
    assert set(STATE_LABELS) == set(STATES)
