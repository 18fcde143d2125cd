"""Rasa's files keep their comments, order and every line that is not touched."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from curation.core.corpus import Corpus
from curation.core.markup import marked, one_line, unmarked
from curation.core.masking import Span
from curation.core.nlu_file import About, Line, NluFile, read_lines

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "data" / "nlu").glob("*.yml"))
SOME = """\
# how people complain
version: "3.1"
nlu:
- intent: quality
  metadata: {sub_type: quality_damaged}   # broken
  examples: |
    - 杯子裂了

# a word between
- intent: greet   # hello
  examples: |
    - 你好
"""


@pytest.mark.parametrize("path", FILES[:: max(1, len(FILES) // 12)], ids=lambda path: path.name)
def test_the_projects_own_files_survive_a_round_trip_to_the_byte(path: Path) -> None:
    content = path.read_text(encoding="utf8")
    assert NluFile(content).content() == content


def test_a_line_goes_to_the_end_of_its_block_and_nothing_else_changes() -> None:
    file = NluFile(SOME)
    file.add("碗碎了", About("quality", "sub_type", "quality_damaged"))
    assert file.content() == SOME.replace("    - 杯子裂了\n", "    - 杯子裂了\n    - 碗碎了\n")


def test_a_meaning_without_a_block_gets_one_at_the_end() -> None:
    file = NluFile(SOME)
    file.add("人呢", About("greet", "topic", "calls"))
    assert file.content() == SOME + "- intent: greet\n  metadata: {topic: calls}\n  examples: |\n    - 人呢\n"
    empty = NluFile("")
    empty.add("你好", About("greet"))
    assert [line.about for line in read_lines("a.yml", empty.content())] == [About("greet")]


def test_what_was_added_is_removed_without_a_trace() -> None:
    about = About("quality", "sub_type", "quality_damaged")
    file = NluFile(SOME)
    file.add("碗[碎](defect_place)了", about)
    assert file.remove("碗碎了", about) == "碗[碎](defect_place)了"
    assert file.content() == SOME
    assert file.remove("碗碎了", about) is None
    assert file.remove("杯子裂了", About("quality")) is None


def test_a_block_that_loses_its_last_line_goes_too() -> None:
    file = NluFile(SOME)
    file.remove("你好", About("greet"))
    assert [line.about.intent for line in read_lines("a", file.content())] == ["quality"]


@pytest.mark.parametrize("content", ["- a\n- b\n", "nlu: 3\n", "nlu:\n- intent: a\n  examples: [x]\n"])
def test_what_is_not_rasas_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match=r"nlu|examples"):
        list(read_lines("a.yml", content))


@given(st.text(min_size=1, max_size=60))
def test_any_sentence_comes_back_as_it_went_in(text: str) -> None:
    line = one_line(text)
    if not line:
        return
    file = NluFile(SOME)
    file.add(line, About("greet"))
    content = file.content()
    assert [one.text for one in read_lines("a", content)][-1] == line
    out = io.StringIO()
    YAML().dump(YAML().load(content), out)  # and it is YAML for everybody


words = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="[](){}\n\r\x00"), min_size=1, max_size=30
)


@given(words, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4))
def test_marks_of_facts_come_back_at_their_places(text: str, places: list[tuple[int, int]]) -> None:
    facts = [
        Span("color", text[a:b], a, b)
        for a, b in map(sorted, places)
        if a < b <= len(text) and text[a:b].strip()
    ]
    kept, end = [], 0
    for fact in sorted(facts, key=lambda one: (one.start, -one.end)):
        if fact.start >= end:
            kept.append(fact)
            end = fact.end
    assert unmarked(marked(text, facts)) == (text, tuple(kept))


def test_a_value_that_is_not_the_words_is_written_beside_them() -> None:
    text = "四十五块的壶漏了"
    raw = marked(text, [Span("amount_fen", 4500, 0, 4)])
    assert raw == '[四十五块]{"entity": "amount_fen", "value": "4500"}的壶漏了'
    assert unmarked(raw) == (text, (Span("amount_fen", "4500", 0, 4),))


def test_a_sentence_of_the_data_is_found_whatever_its_marks_and_finds_its_file() -> None:
    lines = [
        Line("quality_more.yml", About("quality", "sub_type", "a"), f"坏了{n}号", f"坏了{n}号")
        for n in "甲乙"
    ]
    lines += [Line("quality.yml", About("quality", "sub_type", "b"), "裂了！", "裂了！")]
    corpus = Corpus(lines)
    assert [line.text for line in corpus.standing("裂了")] == ["裂了！"]
    assert corpus.home(About("quality", "sub_type", "a")) == "quality_more.yml"
    assert corpus.home(About("quality", "sub_type", "b")) == "quality.yml"
    assert corpus.home(About("quality", "sub_type", "new")) == "quality.yml"
    assert corpus.home(About("novel")) == "novel.yml"
    assert corpus.meanings == {"quality": {"a": "sub_type", "b": "sub_type"}}
    corpus.remove(lines[2])
    assert (
        corpus.standing("裂了") == [] and corpus.home(About("quality", "sub_type", "b")) == "quality_more.yml"
    )
