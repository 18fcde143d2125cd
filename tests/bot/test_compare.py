"""A new model beside the one in use: what turned, what was added, and rows that survive their file."""

from pathlib import Path
from typing import List

import pytest

from bot.compare import changed, fresh, latencies, learnt, side
from bot.evaluate import read_rows, write_rows
from bot.nlu.classifier import IssueModel
from bot.nlu.scores import Row
from bot.nlu.training import Example, Options, train

QUALITY = ["屏幕碎了", "鞋底开胶", "衣服破洞", "杯子漏水", "充不进电", "按键失灵", "刚到就坏", "有裂痕"]
LOGISTICS = [
    "快递没到",
    "物流不动",
    "还没收到货",
    "显示签收没收到",
    "快递丢了",
    "派件太慢",
    "包裹在哪",
    "一直没发货",
]
PLAIN = Options(reads=False, least=1)


def model(*added: Example) -> IssueModel:
    known = [Example(text, "quality") for text in QUALITY] + [
        Example(text, "logistics") for text in LOGISTICS
    ]
    return train([*known, *added], PLAIN)


def row(text: str, said: str, gold: str = "quality", confidence: float = 0.8) -> Row:
    return Row(text, gold, frozenset({gold}), said, confidence)


def test_rows_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    rows = [row("鞋底开胶", "quality"), Row("好", None, frozenset({"a", "b"}), "a", 0.1, "ask", ("a", "b"))]
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows(tmp_path / "rows.jsonl") == rows


def test_only_sentences_whose_verdict_turned_are_named_the_surest_first() -> None:
    before = [row("一", "size"), row("二", "quality"), row("三", "size", confidence=0.4), row("四", "size")]
    after = [
        row("一", "quality"),
        row("二", "size"),
        row("三", "quality"),
        row("四", "logistics"),
        row("五", "size"),
    ]
    found = changed(before, after)
    assert [one["text"] for one in found["sentences_better"]] == ["一", "三"]
    assert [one["text"] for one in found["sentences_worse"]] == ["二"]
    assert (found["better"], found["worse"]) == (2, 1)


@pytest.fixture(scope="module")
def added() -> List[Example]:
    return [
        Example(text, "logistics")
        for text in ("拉链卡在半路上了兄弟", "货卡半路上了老哥", "东西卡半路没动静")
    ]


def test_what_the_new_data_added_is_judged_by_both_models(added: List[Example]) -> None:
    live, new = model(), model(*added)
    before = [row(text, "quality") for text in QUALITY]
    after = before + [row(one.text, "logistics", "logistics") for one in added]
    found = fresh(live, before, after)
    assert found["n"] == 3 and found["right_after"] == 3
    assert {one["text"] for one in found["sentences"]} == {one.text for one in added}
    taught = learnt(live, new, before, after)
    assert all(one["after"]["said"] == "logistics" for one in taught)
    assert all(
        one["after"]["confidence"] > one["before"]["confidence"] or one["before"]["said"] != "logistics"
        for one in taught
    )


def test_one_side_holds_all_that_the_report_draws() -> None:
    found = side([row("一", "size"), row("二", "quality")])
    assert found["confusions"] == [{"gold": "quality", "said": "size", "n": 1, "examples": ["一"]}]
    assert len(found["curve"]) == 51 and found["calibration"][0][2] == 2


def test_both_models_are_timed_on_the_same_sentences() -> None:
    found = latencies({"after": model(), "before": model()}, QUALITY)
    assert set(found) == {"after", "before"} and all(one["p95"] >= one["p50"] > 0 for one in found.values())
