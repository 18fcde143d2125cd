"""The tuned language models vote where they can know better, and only there."""

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
from bot.nlu.tuned import NAMES, shipped
from tests.bot.test_classifier import EXAMPLES

UNTAUGHT = "拉链才拉两下就卡死"


@dataclass
class Stubborn:
    """Always says the same, and keeps what it was asked."""

    says: str
    classes: Sequence[str]

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
    """The first of two, believed at once, so that the second has nothing to say."""
    made, second = Stubborn("size", model.intents.classes), Stubborn("quality", model.intents.classes)
    monkeypatch.setattr(classifier, "shipped", lambda: [made, second])
    monkeypatch.setattr(classifier, "SURE_WITHOUT_THE_NEXT", (0.9, 0.0))
    monkeypatch.setattr(classifier, "TUNED_SHARE", 0.9)
    return made


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_they_know_the_intents_of_the_training_data(place: int) -> None:
    assert set(shipped()[place].classes) == {example.intent for example in read_examples()}


@pytest.mark.parametrize("place", range(len(NAMES)))
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        (UNTAUGHT, "quality"),
        ("盒子里数来数去就两包,我拍的明明是三包", "wrong_item"),
        ("别绕弯子,让活人来跟我讲", "request_human"),
        ("老婆已经买了一台,这台给我退掉", "no_reason"),
    ],
)
def test_they_understand_what_nobody_taught_in_these_words(place: int, text: str, intent: str) -> None:
    tuned = shipped()[place]
    assert tuned.classes[int(tuned.vote(flatten(text), tuned.classes).argmax())] == intent


@given(
    st.sampled_from(range(len(NAMES))),
    st.text(max_size=400),
    st.lists(st.sampled_from(["quality", "size", "made_later"]), unique=True, min_size=1),
)
def test_any_text_gets_chances_of_the_classes_asked_for(place: int, text: str, classes: List[str]) -> None:
    votes = shipped()[place].vote(flatten(text), classes)
    assert (votes >= 0).all()
    assert votes.sum() == pytest.approx(0 if classes == ["made_later"] else 1, abs=1e-3)
    assert all(votes[place] == 0 for place, name in enumerate(classes) if name == "made_later")


def test_it_is_asked_about_what_was_not_taught_where_the_others_are_unsure(
    model: IssueModel, stubborn: Stubborn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model.understand(UNTAUGHT).intent == "size"
    assert stubborn.asked == [flatten(UNTAUGHT)]
    monkeypatch.setattr(classifier, "SURE_WITHOUT_THE_NEXT", (0.0, 0.0))
    assert model.understand(UNTAUGHT).intent != "size"
    assert len(stubborn.asked) == 1


def test_the_second_is_asked_where_all_before_it_are_unsure_and_both_count_alike(
    model: IssueModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Stubborn("size", model.intents.classes), Stubborn("quality", model.intents.classes)
    monkeypatch.setattr(classifier, "shipped", lambda: [first, second])
    monkeypatch.setattr(classifier, "TUNED_SHARE", 1.0)
    monkeypatch.setattr(classifier, "SURE_WITHOUT_THE_NEXT", (1.1, 0.7))
    assert model.understand(UNTAUGHT).confidence == pytest.approx(1)
    assert (len(first.asked), len(second.asked)) == (1, 0)
    monkeypatch.setattr(classifier, "SURE_WITHOUT_THE_NEXT", (1.1, 1.1))
    chances = dict(model.understand(UNTAUGHT).ranking)
    assert chances["size"] == pytest.approx(0.5) and chances["quality"] == pytest.approx(0.5)
    assert (len(first.asked), len(second.asked)) == (2, 1)


def test_of_several_clauses_it_is_asked_once(model: IssueModel, stubborn: Stubborn) -> None:
    model.understand("拉链才拉两下就卡死，根本合不上，袖子也开线")
    assert len(stubborn.asked) == 1


def test_what_was_taught_is_understood_as_taught(model: IssueModel, stubborn: Stubborn) -> None:
    assert model.understand("屏幕花了").intent == "quality"
    assert stubborn.asked == []


def test_an_intent_made_after_it_is_not_outvoted(model: IssueModel, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Stubborn("size", [name for name in model.intents.classes if name != "quality"])
    monkeypatch.setattr(classifier, "shipped", lambda: [old, old])
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
