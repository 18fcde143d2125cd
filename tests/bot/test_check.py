"""Likely label errors are found where labels were exchanged on purpose, and not where they are right."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from bot.check import astray, doubted, fact_findings
from bot.nlu.examples import read_examples
from bot.nlu.normalise import flatten
from bot.nlu.training import Example


def test_confident_learning_doubts_the_exchanged_labels_alone() -> None:
    random = np.random.RandomState(3)
    truth = np.repeat([0, 1, 2], 60)
    chances = np.full((180, 3), 0.1) + random.rand(180, 3) * 0.05
    chances[np.arange(180), truth] = 0.75 + random.rand(180) * 0.15
    given = truth.copy()
    wrong = [5, 70, 130]
    for row in wrong:
        given[row] = (truth[row] + 1) % 3
        chances[row, truth[row]] = 0.95  # surer than its label usually is
    found = doubted(chances, given)
    assert sorted(row for row, _, _ in found) == wrong
    assert all(label == truth[row] for row, label, _ in found)


def test_a_vector_among_anothers_is_astray_and_its_own_does_not_count() -> None:
    random = np.random.RandomState(5)
    centres = np.eye(3, 16)
    given = np.repeat([0, 1, 2], 20)
    vectors = centres[given] + random.randn(60, 16) * 0.05
    vectors[7] = centres[2]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert [(row, label) for row, label, _ in astray(vectors, given, 3)] == [(7, 2)]


def test_a_marked_fact_that_the_finder_misses_is_told() -> None:
    raws = ["黑色的[卫衣](product)", "这个[噗噗机](product)坏了"]
    texts = ["黑色的卫衣", "这个噗噗机坏了"]
    found = fact_findings(raws, [Example(text, "quality") for text in texts])
    assert [(one["text"], one["other"]["missed"]) for one in found] == [(texts[1], [["product", "噗噗机"]])]


def test_facts_are_marks_and_no_words_of_the_sentence(tmp_path: Path) -> None:
    block = 'nlu:\n- intent: quality\n  examples: |\n    - [卫衣](product)花了[四十]{"entity": "amount_fen", "value": "4000"}[微笑]\n'
    (tmp_path / "a.yml").write_text(block, encoding="utf8")
    assert [example.text for example in read_examples(tmp_path)] == ["卫衣花了四十[微笑]"]


def test_a_number_that_was_taken_out_reads_as_any_other() -> None:
    assert flatten("快递〔运单号〕一直不动") == flatten("快递SF1390246813579一直不动")
    assert flatten("打〔手机号〕没人接") == flatten("打13812345678没人接")


def test_the_command_writes_its_findings_as_json(tmp_path: Path) -> None:
    data = tmp_path / "nlu"
    data.mkdir()
    faults = [
        f"这{thing}{what}"
        for thing in ("壶", "锅", "碗", "灯", "伞", "表")
        for what in ("漏了", "裂了", "坏了", "碎了")
    ]
    sizes = [
        f"这{thing}{what}"
        for thing in ("鞋", "裤子", "衣服", "帽子", "手套", "裙子")
        for what in ("太大", "太小", "太紧", "太长")
    ]
    blocks = [("quality", faults), ("size", [*sizes, "这壶漏水了"])]
    text = "nlu:\n" + "".join(
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {line}\n" for line in lines)
        for intent, lines in blocks
    )
    (data / "a.yml").write_text(text, encoding="utf8")
    out = tmp_path / "found.json"
    ran = subprocess.run(
        [sys.executable, "-m", "bot.check", "--data", str(data), "--out", str(out)],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert ran.returncode == 0
    assert all("step" in json.loads(line) for line in ran.stdout.splitlines())
    found = json.loads(out.read_text(encoding="utf8"))
    assert "这壶漏水了" in [one["text"] for one in found]
