"""The figures of an evaluation are those one would count by hand."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation_page import page
from bot.nlu import scores
from bot.nlu.labels import ISSUE_TYPES
from bot.nlu.scores import Row


def row(gold: Any, predicted: str, confidence: float = 0.9, **given: Any) -> Row:
    return Row("句子<b>", gold, frozenset({gold} if gold else {"size"}), predicted, confidence, **given)


ROWS = [
    row("quality", "quality", 0.9),
    row("quality", "size", 0.7),
    row("size", "size", 0.6, decision="ask", candidates=("size", "quality")),
    row(None, "size", 0.4, decision="offer"),
]


def test_precision_recall_and_f1_are_counted_over_rows_with_a_gold_label() -> None:
    labels = scores.by_label(ROWS)
    assert labels["quality"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "n": 2}
    assert labels["size"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "n": 1}
    assert scores.macro_f1(labels) == pytest.approx(2 / 3)


def test_the_threshold_is_the_lowest_that_keeps_errors_down() -> None:
    rows = [row("quality", "quality", 0.9)] * 97 + [row("quality", "size", 0.5)] * 4
    assert scores.threshold_for(rows) == pytest.approx(0.51)
    assert scores.threshold_for(rows, 0.5) == 0.0


def test_a_summary_says_what_was_acted_on_and_whether_buttons_helped() -> None:
    found = scores.summary(ROWS)
    assert (found["acted"], found["acted_wrongly"], found["asked"], found["helped"]) == (0.5, 0.25, 0.25, 1.0)


def test_floors_that_are_missed_are_named() -> None:
    found = scores.summary(ROWS)
    assert scores.below(found, {"macro_f1": 0.5, "labels": {"quality": 0.6}}) == []
    missed = scores.below(found, {"macro_f1": 0.9, "labels": {"quality": 0.7}, "acted_wrongly": 0.03})
    assert [sentence.split(" is")[0] for sentence in missed[:2]] == ["macro-F1", "F1 of quality"]
    assert len(missed) == 3


some_rows = st.lists(
    st.builds(
        row,
        st.sampled_from([*ISSUE_TYPES, None]),
        st.sampled_from(ISSUE_TYPES),
        st.floats(0, 1),
    ),
    max_size=40,
)


@given(some_rows)
def test_curves_fall_and_shares_stay_shares(rows: Any) -> None:
    points = scores.curve(rows)
    for (_, acted, wrong), (_, later, later_wrong) in itertools.pairwise(points):
        assert 0 <= later_wrong <= wrong <= acted <= 1
        assert later <= acted
    assert sum(count for _, _, count in scores.calibration(rows)) == len(rows)


@given(some_rows)
def test_the_page_draws_whatever_was_found(rows: Any) -> None:
    found = scores.summary(rows)
    drawn = page(rows, found, found)
    assert "<b>句子" not in drawn and "</html>" in drawn and "和上次一样" in drawn


def test_the_page_tells_what_was_tried() -> None:
    assert "试过什么" in page(ROWS, scores.summary(ROWS), None)
    assert "n-gram 与 reader 投票" in page(ROWS, scores.summary(ROWS), None)
