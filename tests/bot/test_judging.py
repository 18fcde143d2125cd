"""Every sentence is judged by a model that has not seen it."""

import numpy as np
import pytest

from bot.nlu.judging import judge
from bot.nlu.training import Example, Options

SAID = {
    "quality": "坏了用不了 用不了坏掉了 裂了坏了 屏幕坏了用不了 坏了一个 买来就坏了 才用就坏了 灯坏了",
    "thanks": "谢谢你 多谢谢谢 谢谢啦 谢谢谢谢 好的谢谢 非常谢谢 谢谢老板 真的谢谢",
    "size": "太大了 大了一号 尺码大了 穿着大了 裤子大了 鞋大了 腰大了 偏大了",
}
EXAMPLES = [Example(text, intent) for intent, texts in SAID.items() for text in texts.split()]
SMALL = Options(least=1, features=8, rounds=3)


def test_a_sentence_under_a_wrong_label_is_not_defended_by_itself() -> None:
    wrong = Example("又坏了用不了了", "thanks")
    told: list = []  # type: ignore[type-arg]
    judged = judge([*EXAMPLES, wrong], SMALL, told.append)
    assert judged.chances.shape == (len(EXAMPLES) + 1, 3) and np.allclose(judged.chances.sum(axis=1), 1)
    assert judged.classes[int(judged.chances[-1].argmax())] == "quality"
    right = (judged.chances.argmax(axis=1) == judged.given)[:-1]
    assert right.mean() > 0.8 and len(told) == 3
    assert judged.vectors.shape == (len(EXAMPLES) + 1, 512)


def test_without_the_reader_nothing_is_judged() -> None:
    with pytest.raises(ValueError, match="reader"):
        judge(EXAMPLES, Options(reads=False))
