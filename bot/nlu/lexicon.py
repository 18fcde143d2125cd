"""The words of goods, colours and places in `bot/dictionary`, found over characters with spaCy's matcher."""

import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

from bot.nlu.fact import Fact, longest

DICTIONARY = Path(__file__).parent.parent / "dictionary"
# 花, 包 and 米 are goods in "这个包坏了" and something else in 花了, 包邮 and 米色.
_LONE_BEFORE = re.compile(
    r"(?:[的个条件本双把盒袋张台口只瓶支斤箱款这那种朵束部买换收寄退,，。.!！?？;；、\s]|^)$"
)
_LONE_AFTER = re.compile(
    r"^(?:[,，。.!！?？;；\s]|$|[坏破烂碎漏有都是太很不开掉断上里的啊呢呀吧少缺脏湿皱折旧没漏松裂变发有才也还就收,怎一到把盖封只])"
)
# 肩, 腰 and 领 are parts of the goods when something is said of them.
_LONE_PLACE_AFTER = re.compile(r"^(?:太|有点|偏|处|那里|那块|这里|这块|有|很|也|都)")
_FILES = {"product": "goods.txt", "color": "colors.txt", "defect_place": "places.txt"}


def words_of(name: str) -> List[str]:
    """The words of one dictionary file, in jieba's format `word tag`."""
    lines = (DICTIONARY / name).read_text(encoding="utf8").splitlines()
    return [line.split(" ")[0] for line in lines if line.strip()]


def _spacy() -> Any:
    # thinc imports TensorFlow when it finds it, twenty seconds that nothing here needs.
    hidden = "tensorflow" not in sys.modules
    if hidden:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        import spacy
        from spacy.matcher import PhraseMatcher
    finally:
        if hidden:
            del sys.modules["tensorflow"]
    return spacy, PhraseMatcher


def _stands_alone(text: str, start: int, end: int) -> bool:
    if text[start:end] == "鞋":
        return text[end : end + 1] not in ("码", "盒")
    return bool(_LONE_BEFORE.search(text[:start]) and _LONE_AFTER.match(text[end:]))


def _is_spoken_of(text: str, start: int, end: int) -> bool:
    return bool(_LONE_PLACE_AFTER.match(text[end:]))


_LONE = {"product": _stands_alone, "color": _is_spoken_of, "defect_place": _is_spoken_of}


class Lexicon:
    """Finds the dictionaries' words in an aligned text. Built once; `find` takes well under a millisecond."""

    def __init__(self) -> None:
        spacy, phrase_matcher = _spacy()
        self._nlp = spacy.blank("zh")  # without a model it cuts into characters, which is what we want
        self._matcher = phrase_matcher(self._nlp.vocab)
        self._keys: Dict[int, str] = {}
        for key, name in _FILES.items():
            self._matcher.add(key, [self._doc(word.lower()) for word in words_of(name)])
            self._keys[self._nlp.vocab.strings[key]] = key

    def find(self, text: str) -> Dict[str, List[Fact]]:
        """Per key the longest words that do not overlap."""
        doc = self._doc(text.lower())
        found: Dict[str, List[Fact]] = {key: [] for key in _FILES}
        for match_id, start, end in self._matcher(doc):
            key = self._keys[match_id]
            if end - start == 1 and not _LONE[key](text, start, end):
                continue
            found[key].append(Fact(key, text[start:end], start, end))
        return {key: _whole_words(text, longest(facts)) for key, facts in found.items()}

    def _doc(self, text: str) -> Any:
        from spacy.tokens import Doc

        return Doc(self._nlp.vocab, words=list(text) or [" "], spaces=[False] * (len(text) or 1))


def _whole_words(text: str, facts: List[Fact]) -> List[Fact]:
    """Latin words count only whole: no "logo" in "logos", no "t恤" after another letter."""

    def is_inside(fact: Fact) -> bool:
        def latin(sign: str) -> bool:
            return sign.isascii() and sign.isalnum()

        edges: List[Tuple[str, str]] = []
        if fact.start > 0:
            edges.append((text[fact.start - 1], text[fact.start]))
        if fact.end < len(text):
            edges.append((text[fact.end - 1], text[fact.end]))
        return any(latin(left) and latin(right) for left, right in edges)

    return [fact for fact in facts if not is_inside(fact)]
