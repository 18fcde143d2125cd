"""Whether a model may go live: floors per label, money and handoff no worse than their margin, every dialogue passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LABELS = {
    "quality": "商品质量问题",
    "wrong_item": "发错或少发",
    "size": "尺码不合适",
    "no_reason": "七天无理由",
    "not_as_described": "和描述不符",
    "logistics": "物流问题",
    "refund_status": "退款进度",
    "request_human": "找人工",
    "service_complaint": "投诉服务",
    "after_sales_question": "售后咨询",
    "not_complaint": "非售后",
}
SETS = {"held_out": "交叉验证", "rows": "固定评测集"}


@dataclass(frozen=True)
class Margins:
    """By how much a label's F1 and recall, the macro-F1 and the share acted on wrongly may be worse than before."""

    labels: Mapping[str, float]
    default: float
    macro_f1: float
    acted_wrongly: float
    fewest_dialogues: int

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Margins":
        """From `gates.yml`."""
        labels = dict(said["margins"])
        return cls(
            labels, labels.pop("default"), said["macro_f1"], said["acted_wrongly"], said["fewest_dialogues"]
        )


@dataclass(frozen=True)
class Gate:
    """One condition: what was reached, what is needed, and a sentence when it is closed."""

    kind: str  # floor | margin | dialogues | complete
    name: str
    is_open: bool
    reached: float | None
    needed: float | None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "open": self.is_open,
            "reached": self.reached,
            "needed": self.needed,
            "reason": self.reason,
        }


def gates(
    report: Mapping[str, Any], floors: Mapping[str, Mapping[str, Any]], margins: Margins
) -> tuple[Gate, ...]:
    """Every gate of a run's report: `{held_out: {after, before}, rows?: {after, before}, dialogues}`."""
    found: list[Gate] = []
    for part, name in SETS.items():
        judged = report.get(part)
        if judged:
            found += _floors(name, judged["after"], floors.get(part) or {})
            found += _margins(name, judged["after"], judged["before"], margins)
    if not report.get("held_out"):
        found.append(Gate("complete", "交叉验证", False, None, None, "没有交叉验证的结果"))
    found.append(_dialogues(report.get("dialogues") or {}, margins.fewest_dialogues))
    return tuple(found)


def closed(found: tuple[Gate, ...]) -> tuple[Gate, ...]:
    """Those that forbid to go live; none is good."""
    return tuple(gate for gate in found if not gate.is_open)


def _floors(part: str, after: Mapping[str, Any], floors: Mapping[str, Any]) -> list[Gate]:
    found = []
    if "macro_f1" in floors:
        found.append(_floor(f"{part}·宏平均", after["macro_f1"], floors["macro_f1"]))
    for label, floor in (floors.get("labels") or {}).items():
        found.append(_floor(f"{part}·{LABELS.get(label, label)}", after["labels"][label]["f1"], floor))
    if "acted_wrongly" in floors:
        most = floors["acted_wrongly"]
        reached = after["acted_wrongly"]
        why = f"{part}：直接处理但判断错的占 {reached:.1%}，最多 {most:.1%}"
        found.append(
            Gate(
                "floor",
                f"{part}·直接处理出错",
                reached <= most,
                reached,
                most,
                "" if reached <= most else why,
            )
        )
    return found


def _floor(name: str, reached: float, floor: float) -> Gate:
    is_open = reached >= floor
    return Gate(
        "floor",
        name,
        is_open,
        reached,
        floor,
        "" if is_open else f"{name}的 F1 是 {reached:.3f}，底线 {floor:.3f}",
    )


def _margins(part: str, after: Mapping[str, Any], before: Mapping[str, Any], margins: Margins) -> list[Gate]:
    found = [_worse(f"{part}·宏平均", "F1", after["macro_f1"], before["macro_f1"], margins.macro_f1)]
    for label, now in after["labels"].items():
        then = before["labels"].get(label)
        if not then or not then["n"] or not now["n"]:
            continue
        name = f"{part}·{LABELS.get(label, label)}"
        margin = margins.labels.get(label, margins.default)
        found.append(_worse(name, "F1", now["f1"], then["f1"], margin))
        found.append(_worse(name, "召回率", now["recall"], then["recall"], margin))
    most = before["acted_wrongly"] + margins.acted_wrongly
    reached = after["acted_wrongly"]
    is_open = reached <= most
    why = (
        f"{part}：直接处理但判断错的从 {before['acted_wrongly']:.1%} 升到 {reached:.1%}，最多可到 {most:.1%}"
    )
    found.append(Gate("margin", f"{part}·直接处理出错", is_open, reached, most, "" if is_open else why))
    return found


def _worse(name: str, figure: str, reached: float, before: float, margin: float) -> Gate:
    needed = before - margin
    is_open = reached >= needed - 1e-9
    why = f"{name}的{figure}从 {before:.3f} 降到 {reached:.3f}，最多允许降 {margin:.3f}"
    return Gate("margin", f"{name} {figure}", is_open, reached, needed, "" if is_open else why)


def _dialogues(said: Mapping[str, Any], fewest: int) -> Gate:
    total, passed = int(said.get("total") or 0), int(said.get("passed") or 0)
    if total < fewest:
        return Gate("dialogues", "对话测试", False, passed, fewest, "对话测试没有跑完")
    why = "" if passed == total else f"{total} 个对话测试里有 {total - passed} 个没有通过"
    return Gate("dialogues", "对话测试", passed == total, passed, total, why)
