"""What closes the way to going live, each with its reason."""

import copy
from typing import Any

import pytest

from curation.core.gates import LABELS, Margins, closed, gates
from curation.promoting import margins
from service.settings import ROOT

FLOORS = {"held_out": {"macro_f1": 0.78, "labels": {"quality": 0.78, "request_human": 0.8}}}


def figures(**labels: float) -> dict[str, Any]:
    chosen = {label: labels.get(label, 0.85) for label in LABELS}
    return {
        "macro_f1": sum(chosen.values()) / len(chosen),
        "acted_wrongly": 0.02,
        "labels": {
            label: {"f1": f1, "precision": f1, "recall": f1, "n": 100} for label, f1 in chosen.items()
        },
    }


def report(after: dict[str, Any], before: dict[str, Any], passed: int = 45) -> dict[str, Any]:
    return {
        "held_out": {"after": after, "before": before},
        "dialogues": {"total": 45, "passed": passed, "failed": []},
    }


def reasons(said: dict[str, Any], given: Margins | None = None) -> list[str]:
    return [gate.reason for gate in closed(gates(said, FLOORS, given or margins()))]


def test_a_model_that_is_as_good_passes() -> None:
    assert reasons(report(figures(), figures())) == []


def test_a_label_below_its_floor_closes_the_way() -> None:
    assert any("底线 0.780" in why for why in reasons(report(figures(quality=0.77), figures(quality=0.77))))


@pytest.mark.parametrize("label", ["refund_status", "request_human", "no_reason", "service_complaint"])
def test_money_and_handoff_may_not_get_worse_than_their_margin(label: str) -> None:
    margin = margins().labels[label]
    just = figures(**{label: 0.9 - margin})
    worse = figures(**{label: 0.9 - margin - 0.002})
    assert reasons(report(just, figures(**{label: 0.9}))) == []
    found = reasons(report(worse, figures(**{label: 0.9})))
    assert len(found) == 2 and all(LABELS[label] in why for why in found)  # F1 and recall


def test_a_handoff_that_is_missed_more_often_is_seen_although_f1_holds() -> None:
    after = figures()
    after["labels"]["request_human"] = {"f1": 0.85, "precision": 0.95, "recall": 0.77, "n": 100}
    assert any("召回率" in why for why in reasons(report(after, figures())))


def test_acting_wrongly_more_often_closes_the_way() -> None:
    after = figures() | {"acted_wrongly": 0.03}
    assert any("直接处理但判断错" in why for why in reasons(report(after, figures())))


def test_every_dialogue_must_pass_and_some_must_have_run() -> None:
    assert reasons(report(figures(), figures(), passed=44)) == ["45 个对话测试里有 1 个没有通过"]
    said = report(figures(), figures())
    assert reasons(said | {"dialogues": {"total": 0, "passed": 0}}) == ["对话测试没有跑完"]
    assert reasons({key: value for key, value in said.items() if key != "dialogues"}) == ["对话测试没有跑完"]


def test_the_fixed_evaluation_set_has_the_same_gates_where_there_is_one() -> None:
    said = report(figures(), figures())
    said["rows"] = {"after": figures(refund_status=0.5), "before": figures()}
    found = reasons(said)
    assert found and all("固定评测集" in why for why in found)


def test_without_a_cross_validation_nothing_goes_live() -> None:
    said = report(figures(), figures())
    del said["held_out"]
    assert "没有交叉验证的结果" in reasons(said)
    assert reasons({})


def test_a_label_nobody_had_before_has_no_margin_to_hold() -> None:
    before = copy.deepcopy(figures())
    before["labels"]["size"]["n"] = 0
    found = [gate.name for gate in gates(report(figures(), before), FLOORS, margins())]
    assert "交叉验证·尺码不合适 F1" not in found and "交叉验证·物流问题 F1" in found


def test_the_margins_name_the_labels_that_the_brain_has() -> None:
    text = (ROOT / "bot" / "nlu" / "labels.py").read_text(encoding="utf8")
    assert set(margins().labels) <= set(LABELS)
    assert all(f'"{label}"' in text for label in LABELS)
