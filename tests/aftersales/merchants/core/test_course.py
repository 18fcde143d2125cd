"""The course is short and answerable, and its quiz is marked fairly."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aftersales.merchants.books import load_course
from aftersales.merchants.core.course import Course, mark

COURSE = load_course()
RIGHT = {question.id: question.answer for question in COURSE.questions}


def test_the_course_is_eight_cards_and_twelve_questions() -> None:
    assert (len(COURSE.cards), len(COURSE.questions), COURSE.pass_mark) == (8, 12, 10)
    assert {question.card for question in COURSE.questions} == {card.id for card in COURSE.cards}


def test_a_learner_is_not_shown_the_answers() -> None:
    assert all(set(q) == {"id", "card", "text", "options"} for q in COURSE.shown()["questions"])


@given(st.dictionaries(st.sampled_from([*RIGHT, "q99"]), st.sampled_from(["a", "b", "c", "z", ""])))
def test_marks_count_right_answers_and_explain_the_others(answers: dict[str, str]) -> None:
    marked = mark(COURSE, answers)
    right = [q for q, answer in RIGHT.items() if answers.get(q) == answer]
    assert (marked.correct, marked.total) == (len(right), 12)
    assert {one["id"] for one in marked.wrong} == set(RIGHT) - set(right)
    assert marked.passed == (len(right) >= 10)


def test_the_pass_mark_is_enough() -> None:
    for wrong, passed in ((2, True), (3, False)):
        answers = {q: ("z" if place < wrong else a) for place, (q, a) in enumerate(RIGHT.items())}
        assert mark(COURSE, answers).passed is passed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pass_mark": 13}, "higher than the number"),
        ({"cards": []}, "unknown cards"),
        ({"questions": [COURSE.questions[0].model_dump() | {"answer": "z"}]}, "none of the options"),
        ({"questions": [COURSE.questions[0].model_dump()] * 10}, "used twice"),
    ],
)
def test_a_course_that_cannot_be_passed_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Course.model_validate(COURSE.model_dump() | change)
