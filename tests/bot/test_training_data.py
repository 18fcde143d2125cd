"""The training data stay apart from the sentences that the bot is measured on."""

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
DEV = Path(os.environ.get("ANXIN_NLU_DEV", ROOT.parent / "shared" / "nlu-dev.tsv"))
SHORTEST = 7  # signs; shorter sentences are alike because there are not many ways to say them
ALIKE = 0.65  # share of the 3-grams of both


def written() -> Iterator[Tuple[str, str, str]]:
    """`(file, intent, sentence)` of every training sentence, those for the tuned models alone too."""
    for path in sorted(
        [*(ROOT / "data" / "nlu").glob("*.yml"), *(ROOT / "bot" / "tuning" / "data").glob("*.yml")]
    ):
        for block in YAML(typ="safe").load(path)["nlu"]:
            for line in (block.get("examples") or "").splitlines():
                yield path.name, block["intent"], line[2:].strip()


def plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def grams(text: str) -> Set[str]:
    return {text[i : i + 3] for i in range(len(text) - 2)}


def near_copies(sentences: List[Tuple[str, str]], measured: List[str]) -> List[str]:
    """`file: sentence` of each that is nearly one of `measured`."""
    index: Dict[str, Set[int]] = defaultdict(set)
    known = [grams(plain(text)) for text in measured if len(plain(text)) >= SHORTEST]
    for place, found in enumerate(known):
        for gram in found:
            index[gram].add(place)
    copies = []
    for name, sentence in sentences:
        own = grams(plain(sentence))
        shared: Dict[int, int] = defaultdict(int)
        for gram in own:
            for place in index.get(gram, ()):
                shared[place] += 1
        if any(count / len(own | known[place]) >= ALIKE for place, count in shared.items()):
            copies.append(f"{name}: {sentence}")
    return copies


def test_a_near_copy_is_found_and_a_likeness_is_not() -> None:
    measured = ["我买的杯子到手就裂了一道口子"]
    assert near_copies([("a", "我买的杯子，到手就裂了一道口子！")], measured)
    assert near_copies([("a", "我买的杯子到手就裂了一道大口子")], measured)
    assert not near_copies([("a", "我买的盘子到手时碎成两半")], measured)


@pytest.mark.skipif(not DEV.is_file(), reason="the sentences to measure on are not here")
def test_no_training_sentence_is_nearly_one_that_is_measured_on() -> None:
    measured = [line.split("\t")[1] for line in DEV.read_text(encoding="utf8").splitlines()[1:]]
    sentences = [(name, sentence) for name, _, sentence in written()]
    assert near_copies(sentences, measured) == []


def test_there_are_enough_sentences_and_none_twice_under_two_labels() -> None:
    seen: Dict[str, Set[str]] = defaultdict(set)
    for _, intent, sentence in written():
        seen[sentence].add(intent)
    assert len(seen) >= 5000
    assert {text: labels for text, labels in seen.items() if len(labels) > 1} == {}
