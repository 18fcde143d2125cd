"""How surely a wish for a person is recognised, and how seldom without one: figures over many ways of typing it."""

import os
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from handoff.core.triggers import asks_for_person, detect

ROOT = Path(__file__).resolve().parents[3]
SAID: dict[str, str] = YAML(typ="safe").load(
    Path(__file__).with_name("person.yml").read_text(encoding="utf8")
)
ASKING = SAID["forms"].split() + SAID["relatives"].split()
OTHERS = SAID["others"].strip().split("\n")
DEV = Path(os.environ.get("ANXIN_DEV_ROWS", ROOT.parent / "shared" / "nlu-dev.tsv"))
RECALL, FALSE_ALARMS = 0.98, 0.01
ENDS = ("", "！！", "。。。", "~", "😡", " 🙏🙏", "？", "…", "!!1"[:2])
STARTS = ("", " ", "，", "😤")


def is_asking(text: str) -> bool:
    seen = detect(text)
    return seen is not None and seen.kind == "human"


def typed(text: str) -> Iterator[str]:
    """The same words as people type them: with signs around and between, wide, in capitals."""
    for start in STARTS:
        for end in ENDS:
            yield start + text + end
    for between in (" ", "\u3000", ".", "，", "\u200b", "～"):
        yield between.join(text)
    yield text.upper()
    yield "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)
    yield unicodedata.normalize("NFD", text)


def training() -> list[tuple[str, str]]:
    rows = []
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for block in YAML(typ="safe").load(path.read_text(encoding="utf8"))["nlu"]:
            lines = (block.get("examples") or "").splitlines()
            rows += [(block["intent"], line[2:]) for line in lines if line.startswith("- ")]
    return rows


def test_every_form_of_the_norm_and_its_relatives_is_recognised_however_it_is_typed() -> None:
    asked = [variant for text in ASKING for variant in typed(text)]
    missed = [text for text in asked if not is_asking(text)]
    recall = 1 - len(missed) / len(asked)
    print(f"转人工 recall {recall:.4f} of {len(asked)} ways to ask; missed: {missed[:20]}")
    assert recall >= RECALL


@pytest.mark.parametrize("text", ASKING)
def test_as_plainly_typed_none_is_missed(text: str) -> None:
    assert is_asking(text)


@pytest.mark.parametrize("text", OTHERS)
def test_who_only_mentions_a_person_is_not_passed_on(text: str) -> None:
    assert not is_asking(text)


def test_hardly_anything_else_that_consumers_say_calls_a_person() -> None:
    others = [text for intent, text in training() if intent not in ("request_human", "bot_challenge")]
    false = [text for text in others if is_asking(text)]
    print(f"转人工 false alarms {len(false)} of {len(others)} other training sentences: {false}")
    assert len(others) > 5000
    assert len(false) / len(others) <= FALSE_ALARMS / 10


@pytest.mark.skipif(not DEV.is_file(), reason="the rows of real consumers are not here")
def test_hardly_any_real_consumers_sentence_calls_a_person_unasked() -> None:
    rows = [line.split("\t") for line in DEV.read_text(encoding="utf8").splitlines()[1:]]
    others = [row[1] for row in rows if "request_human" not in ",".join(row[2:])]
    false = sum(is_asking(text) for text in others)
    print(f"转人工 false alarms {false} of {len(others)} real sentences")
    assert false / len(others) <= FALSE_ALARMS


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    detect(text)


@given(
    st.sampled_from(["人工", "转人工", "真人客服"]),
    st.lists(st.sampled_from(" .。,，!！~～-_*#"), max_size=4),
)
def test_signs_between_the_letters_change_nothing(text: str, signs: list[str]) -> None:
    assert asks_for_person("".join(signs).join(text))


def test_a_whole_page_is_read_in_no_time() -> None:
    began = time.process_time()
    detect("客服说了三次还没给我转人" * 80)
    assert time.process_time() - began < 0.2
