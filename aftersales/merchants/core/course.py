"""The course and its quiz: their shape, and how answers are marked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Card(_Strict):
    id: str
    title: str
    text: str
    clause: str = ""


class Question(_Strict):
    """`options` by letter; `why` is told after the attempt."""

    id: str
    card: str
    text: str
    options: dict[str, str] = Field(min_length=2)
    answer: str
    why: str

    @model_validator(mode="after")
    def _answerable(self) -> "Question":
        if self.answer not in self.options:
            raise ValueError(f"{self.id}: the answer is none of the options")
        return self


class Course(_Strict):
    version: str
    pass_mark: int = Field(gt=0)
    cards: list[Card]
    questions: list[Question]

    @model_validator(mode="after")
    def _fits(self) -> "Course":
        ids = [question.id for question in self.questions]
        if len(set(ids)) != len(ids):
            raise ValueError("a question's id is used twice")
        cards = {card.id for card in self.cards}
        if unknown := {question.card for question in self.questions} - cards:
            raise ValueError(f"questions of unknown cards: {sorted(unknown)}")
        if self.pass_mark > len(self.questions):
            raise ValueError("the pass mark is higher than the number of questions")
        return self

    def shown(self) -> dict[str, Any]:
        """What a learner sees: no answers, no reasons."""
        asked = [q.model_dump(include={"id", "card", "text", "options"}) for q in self.questions]
        return {
            "version": self.version,
            "pass_mark": self.pass_mark,
            "cards": [card.model_dump() for card in self.cards],
            "questions": asked,
        }


@dataclass(frozen=True)
class Marked:
    correct: int
    total: int
    passed: bool
    wrong: tuple[
        dict[str, str], ...
    ]  # {id, card, answer, why} of every question that was not answered rightly


def mark(course: Course, answers: Mapping[str, str]) -> Marked:
    """Marks an attempt; a question without an answer is wrong, answers to unknown questions are passed over."""
    wrong = tuple(
        {"id": q.id, "card": q.card, "answer": q.answer, "why": q.why}
        for q in course.questions
        if answers.get(q.id) != q.answer
    )
    total = len(course.questions)
    correct = total - len(wrong)
    return Marked(correct, total, correct >= course.pass_mark, wrong)
