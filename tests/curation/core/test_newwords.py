"""New words: said by several, taught by nobody."""

from hypothesis import given
from hypothesis import strategies as st

from curation.core.newwords import new_words

SAID = [(f"c{n}", text) for n, text in enumerate(("快递放丰巢柜了", "丰巢柜打不开", "放在丰巢柜里取不出"))]


def test_the_longest_form_of_a_word_is_named_once() -> None:
    assert new_words(SAID, []) == [("丰巢柜", 3, "快递放丰巢柜了")]


def test_a_word_of_the_training_data_is_not_new() -> None:
    assert new_words(SAID, ["请从丰巢柜取件"]) == []


def test_one_who_repeats_himself_is_one() -> None:
    assert new_words([("c1", text) for _, text in SAID], []) == []


def test_what_holds_sentences_together_is_no_word() -> None:
    said = [(f"c{n}", "他们的") for n in range(9)]
    assert new_words(said, []) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text("退款货了的丰巢柜", max_size=8)), max_size=20))
def test_every_word_named_was_really_said_so_often(said: list[tuple[str, str]]) -> None:
    for word, n, example in new_words(said, [], fewest=2):
        assert word in example
        assert n == len({who for who, text in said if word in text}) >= 2
