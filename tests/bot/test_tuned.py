"""The tuned language model votes where it can know better, and only there."""

from dataclasses import dataclass
from pathlib import Path
from typing import List, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu import classifier
from bot.nlu.classifier import IssueModel
from bot.nlu.examples import read_examples
from bot.nlu.normalise import flatten
from bot.nlu.taught import Taught
from bot.nlu.training import Options, train
from bot.nlu.tuned import shipped
from tests.bot.test_classifier import EXAMPLES

UNTAUGHT = "拉链才拉两下就卡死"


@dataclass
class Stubborn:
    """Always says the same, and keeps what it was asked."""

    says: str
    classes: Sequence[str]
    share: float = 0.9
    sharpness: float = 1.0

    def __post_init__(self) -> None:
        self.asked: List[str] = []

    def vote(self, flat: str, classes: Sequence[str]) -> np.ndarray:
        self.asked.append(flat)
        return np.array([float(name == self.says) for name in classes])


@pytest.fixture(scope="module")
def model() -> IssueModel:
    return train(EXAMPLES, Options(least=1))


@pytest.fixture
def stubborn(model: IssueModel, monkeypatch: pytest.MonkeyPatch) -> Stubborn:
    made = Stubborn("size", model.intents.classes)
    monkeypatch.setattr(classifier, "shipped", lambda: made)
    return made


def test_it_knows_the_intents_of_the_training_data() -> None:
    assert set(shipped().classes) == {example.intent for example in read_examples()}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        (UNTAUGHT, "quality"),
        ("盒子里数来数去就两包,我拍的明明是三包", "wrong_item"),
        ("别绕弯子,让活人来跟我讲", "request_human"),
        ("老婆已经买了一台,这台给我退掉", "no_reason"),
    ],
)
def test_it_understands_what_nobody_taught_in_these_words(text: str, intent: str) -> None:
    votes = shipped().vote(flatten(text), shipped().classes)
    assert shipped().classes[int(votes.argmax())] == intent


@given(
    st.text(max_size=400),
    st.lists(st.sampled_from(["quality", "size", "made_later"]), unique=True, min_size=1),
)
def test_any_text_gets_chances_of_the_classes_asked_for(text: str, classes: List[str]) -> None:
    votes = shipped().vote(flatten(text), classes)
    assert (votes >= 0).all()
    assert votes.sum() == pytest.approx(0 if classes == ["made_later"] else 1, abs=1e-3)
    assert all(votes[place] == 0 for place, name in enumerate(classes) if name == "made_later")


def test_it_is_asked_about_what_was_not_taught_where_the_others_are_unsure(
    model: IssueModel, stubborn: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.understand(UNTAUGHT).intent == "size"
    assert stubborn.asked == [flatten(UNTAUGHT)]
    monkeypatch.setattr(classifier, "SURE_BY_TWO", 0.0)
    assert model.understand(UNTAUGHT).intent != "size"
    assert len(stubborn.asked) == 1


def test_of_several_clauses_it_is_asked_once(model: IssueModel, stubborn: Stubborn) -> None:
    model.understand("拉链才拉两下就卡死，根本合不上，袖子也开线")
    assert len(stubborn.asked) == 1


def test_what_was_taught_is_understood_as_taught(model: IssueModel, stubborn: Stubborn) -> None:
    assert model.understand("屏幕花了").intent == "quality"
    assert stubborn.asked == []


def test_an_intent_made_after_it_is_not_outvoted(model: IssueModel, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Stubborn("size", [name for name in model.intents.classes if name != "quality"])
    monkeypatch.setattr(classifier, "shipped", lambda: old)
    assert model.understand("冰箱完全不制冷了").intent == "quality"
    assert old.asked == []


def test_storage_keeps_what_was_taught(model: IssueModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = IssueModel.load(tmp_path)
    assert again.taught is not None and all(flatten(example.text) in again.taught for example in EXAMPLES)


@given(st.sets(st.text(max_size=20)), st.sets(st.text(max_size=20)))
def test_the_taught_are_told_from_all_others(taught: set, others: set) -> None:  # type: ignore[type-arg]
    known = Taught.of(sorted(taught))
    assert all(text in known for text in taught)
    assert not any(text in known for text in others - taught)
