"""The classifier on a small corpus of its own: it learns, survives storage unchanged, and knows when it is unsure."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from bot.nlu.classifier import IssueModel
from bot.nlu.decision import decide
from bot.nlu.features import Vocabulary, grams
from bot.nlu.heads import sharpen, softmax
from bot.nlu.labels import ISSUE_TYPES, by_issue_type, issue_type_of
from bot.nlu.training import ENOUGH, Example, Options, held_out, train

CORPUS = {
    ("quality", "quality_malfunction"): "不制冷了 开不了机 没声音了 屏幕花了 充不进电 一直漏水 老是死机",
    ("quality", "quality_damaged"): "收到就碎了 外壳裂了 打开是破的 摔坏了一角 杯子碎了 玻璃裂开了",
    ("quality", None): "质量太差了 东西有问题 坏了 是坏的 用不了",
    ("size", "size_unfit"): "衣服太大了 鞋子挤脚 裤子长了 穿着紧 尺码偏小 不合身 小了一号",
    ("request_human", None): "转人工 找真人客服 叫经理来 我要人工 换个人来",
    ("check_ticket", None): "工单处理到哪了 我的申请怎么样了 售后进度查一下 服务单好了没",
    ("correct", None): "不是 不对 我说错了 搞错了重新说 不是这个 你理解错了 我是说另外一个",
    ("thanks", None): "谢谢 谢谢你 多谢了 感谢 辛苦了",
}
EXAMPLES = [
    Example(text, intent, detail) for (intent, detail), texts in CORPUS.items() for text in texts.split()
]


@pytest.fixture(scope="module")
def model() -> IssueModel:
    return train(EXAMPLES, Options(least=1, reads=True))


@pytest.fixture(scope="module")
def light() -> IssueModel:
    return train(EXAMPLES, Options(least=1, reads=False))


@pytest.mark.parametrize("text", ["冰箱不制冷", "鞋子太小了挤脚", "我要找人工客服", "谢谢啦"])
def test_it_learns_what_it_was_shown(model: IssueModel, text: str) -> None:
    expected = {"冰": "quality", "鞋": "size", "我": "request_human", "谢": "thanks"}[text[0]]
    assert model.understand(text).intent == expected


def test_it_tells_sub_types_apart_and_leaves_open_what_the_text_leaves_open(model: IssueModel) -> None:
    assert model.understand("手机开不了机").sub_type == "quality_malfunction"
    assert model.understand("收到杯子就碎了").sub_type == "quality_damaged"
    assert model.understand("东西有问题").sub_type is None


@pytest.mark.parametrize("which", ["model", "light"])
def test_storage_changes_no_prediction(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    model: IssueModel = request.getfixturevalue(which)
    model.save(tmp_path)
    again = IssueModel.load(tmp_path)
    for example in EXAMPLES:
        before, after = model.understand(example.text), again.understand(example.text)
        assert before.ranking[0][0] == after.ranking[0][0] and before.sub_type == after.sub_type
        assert before.confidence == pytest.approx(after.confidence, abs=0.01)


def test_what_is_stored_can_hold_no_code(light: IssueModel, tmp_path: Path) -> None:
    light.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "model.npz"]
    json.loads((tmp_path / "model.json").read_text(encoding="utf8"))
    with np.load(tmp_path / "model.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fiu" for name in arrays.files)


def test_the_same_data_give_the_same_model(light: IssueModel) -> None:
    again = train(EXAMPLES, Options(least=1, reads=False))
    assert [u.ranking for u in again.understand_all(["坏了", "挤脚"])] == [
        u.ranking for u in light.understand_all(["坏了", "挤脚"])
    ]


@given(st.text(max_size=300))
def test_any_text_is_understood_with_probabilities(text: str) -> None:
    understood = MODEL.understand(text)
    assert understood.issue_type in ISSUE_TYPES and understood.decision.name in ("act", "ask", "offer")
    assert 0 <= understood.confidence <= 1.0001


MODEL = train(EXAMPLES, Options(least=1, reads=False))


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=8), st.floats(0.2, 4))
def test_calibration_keeps_the_order_and_the_sum(scores: list, exponent: float) -> None:  # type: ignore[type-arg]
    chances = softmax(np.array(scores))
    sharper = sharpen(chances, exponent)
    assert sharper.sum() == pytest.approx(1)
    assert chances[sharper.argmax()] == pytest.approx(chances.max())


def test_batches_and_single_sentences_are_understood_alike(model: IssueModel) -> None:
    texts = ["坏了", "", "鞋子挤脚", "谢谢"]
    batch = model.understand_all(texts)
    assert [u.text for u in batch] == texts
    for text, understood in zip(texts, batch, strict=True):
        assert model.understand(text).intent == understood.intent


def test_short_answers_are_marked_at_both_ends() -> None:
    assert {"^好$", "^好", "好$"} <= set(grams("好", 3, False))


def test_rare_n_grams_are_left_out() -> None:
    vocabulary, _ = Vocabulary.learn(["坏了", "坏了", "碎了"], 2, False, 2)
    assert "坏" in vocabulary.index and "碎" not in vocabulary.index


def test_a_taught_sentence_has_the_same_vector_when_it_is_asked_again() -> None:
    texts = ["坏了坏了", "坏了", "", "碎了"]
    vocabulary, vectors = Vocabulary.learn(texts, 2, True, 2)
    for text, (places, values) in zip(texts, vectors, strict=True):
        again = vocabulary.vector(text)
        assert places.tolist() == again[0].tolist() and values.tolist() == again[1].tolist()
    assert len(vectors[0][0]) and vectors[0][1] @ vectors[0][1] == pytest.approx(1)


def test_dialogue_intents_stand_for_an_issue_type() -> None:
    assert issue_type_of("thanks", []) == "not_complaint"
    assert (
        issue_type_of("check_ticket", [("refund_status", 0.3), ("after_sales_question", 0.1)])
        == "refund_status"
    )
    assert (
        issue_type_of("bot_challenge", [("service_complaint", 0.0), ("request_human", 0.2)])
        == "request_human"
    )
    assert sum(by_issue_type([("quality", 0.7), ("thanks", 0.2), ("affirm", 0.1)]).values()) == pytest.approx(
        1
    )


def test_in_doubt_it_asks_with_the_likeliest_and_without_hope_it_offers() -> None:
    sure = decide("quality", [("quality", 0.97), ("size", 0.03)])
    torn = decide("quality", [("quality", 0.45), ("not_as_described", 0.4), ("size", 0.1), ("thanks", 0.05)])
    lost = decide("thanks", [("thanks", 0.2)] + [(name, 0.08) for name in ISSUE_TYPES[:10]])
    assert sure.name == "act"
    assert torn.name == "ask" and torn.candidates[:2] == ("quality", "not_as_described")
    assert lost.name == "offer"
    assert "not_complaint" not in torn.candidates + lost.candidates


@pytest.mark.parametrize("text", ["不是，我是说尺码小了", "说错了，是衣服太大了不合身"])
def test_a_correction_names_what_is_meant_instead(model: IssueModel, text: str) -> None:
    understood = model.understand(text)
    assert understood.intent != "correct" or understood.decision.candidates == ("size",)


def test_a_bare_correction_names_nothing(model: IssueModel) -> None:
    understood = model.understand("不对")
    assert understood.intent == "correct" and understood.decision.candidates == ()


def test_an_intent_with_one_sub_type_is_always_that_one(model: IssueModel, tmp_path: Path) -> None:
    assert model.understand("鞋子挤脚").sub_type == "size_unfit"
    model.save(tmp_path)
    assert IssueModel.load(tmp_path).understand("鞋子挤脚").sub_type == "size_unfit"


@pytest.mark.parametrize(("many", "judged"), [(ENOUGH - 2, ENOUGH - 2), (ENOUGH, ENOUGH // 3)])
def test_all_of_few_sentences_are_held_out_and_a_third_of_many(many: int, judged: int) -> None:
    kinds = np.arange(many) % 2
    columns = csr_matrix(np.eye(2, dtype=np.float32)[kinds])
    chances, by_vectors, rows = held_out(columns, None, kinds, 2, Options())
    assert len(set(rows)) == len(rows) == judged and by_vectors is None
    assert (chances.argmax(axis=1) == kinds[rows]).all()
