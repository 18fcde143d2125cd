"""Words that consumers use and no training sentence holds: the first sign of a topic nobody has taught."""

import re
from collections import defaultdict
from collections.abc import Iterable

_HAN = re.compile(r"[\u4e00-\u9fff]+")
SHORTEST, LONGEST = 2, 5
FEWEST = 3  # conversations
# What holds a sentence together begins or ends no word.
_GLUE = frozenset(
    "的了是我你您他她它们在有和就都也还又很太吗呢吧啊呀哦嗯这那个不没要给把被到说去来一上下们着过么啦"
)


def new_words(
    said: Iterable[tuple[str, str]], taught: Iterable[str], fewest: int = FEWEST, most: int = 40
) -> list[tuple[str, int, str]]:
    """`(word, conversations, an example)` of what at least `fewest` conversations said, the most frequent first.

    `said` are pairs of conversation and sentence. Of words within each other that the same number of conversations
    said only the longest is named.
    """
    where: dict[str, set[str]] = defaultdict(set)
    example: dict[str, str] = {}
    for conversation, sentence in said:
        for gram in set(_grams(sentence)):
            where[gram].add(conversation)
            example.setdefault(gram, sentence)
    often = {gram: len(found) for gram, found in where.items() if len(found) >= fewest}
    if not often:
        return []
    known = _those_in(taught, often)
    fresh = {gram: n for gram, n in often.items() if gram not in known}
    longest = [
        gram
        for gram, n in fresh.items()
        if not any(gram != other and gram in other and fresh[other] >= n for other in fresh)
    ]
    longest.sort(key=lambda gram: (-fresh[gram], -len(gram), gram))
    return [(gram, fresh[gram], example[gram]) for gram in longest[:most]]


def _grams(sentence: str) -> Iterable[str]:
    for run in _HAN.findall(sentence):
        for size in range(SHORTEST, LONGEST + 1):
            for start in range(len(run) - size + 1):
                gram = run[start : start + size]
                if gram[0] not in _GLUE and gram[-1] not in _GLUE:
                    yield gram


def _those_in(taught: Iterable[str], grams: Iterable[str]) -> set[str]:
    wanted, known = set(grams), set()
    for sentence in taught:
        for gram in wanted.intersection(_grams(sentence)):
            known.add(gram)
        wanted -= known
    return known
