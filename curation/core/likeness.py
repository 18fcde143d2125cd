"""Which sentences say nearly the same, so that one decision labels many. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from curation.core.masking import TAG

SHORT, SHORTEST = 10, 5  # signs of a flattened sentence
ALIKE_SHORT, ALIKE = 86.0, 80.0  # per cent of the signs of both, in order
# A sign that turns the meaning: sentences that differ in one of these are not alike, however much else they share.
WEIGHTY = frozenset(
    "不没无未别非勿莫大小多少长短厚薄宽窄快慢退换修补查改取消催发收丢漏错坏破新旧男女左右前后贵贱假真"
)
_REPEAT = re.compile(r"(.)\1{2,}")


def flat(text: str) -> str:
    """The sentence for comparing: no marks, no spaces, half width, lower case, numbers levelled, tags as one sign.

    What is nothing but marks or digits stays as it is.

    >>> flat("这鞋 38码，太大了！！！订单〔订单号〕")
    '这鞋0码太大了订单#'
    """
    plain = unicodedata.normalize("NFKC", TAG.sub("#", text)).lower()
    plain = re.sub(r"[^\w#]|_", "", plain)
    if not plain:
        return text.strip()  # a lone emoji or mark says something by itself
    if plain.isdigit():
        return plain  # 666 is no 88
    return _REPEAT.sub(r"\1\1", re.sub(r"\d+", "0", plain))


def is_alike(one: str, other: str) -> bool:
    """Whether two flattened sentences say nearly the same; symmetric, and true of a sentence and itself."""
    if one == other:
        return True
    shorter = min(len(one), len(other))
    if shorter < SHORTEST:
        return False
    needed = ALIKE_SHORT if shorter < SHORT else ALIKE
    if fuzz.ratio(one, other, score_cutoff=needed) < needed:
        return False
    a, b = Counter(one), Counter(other)
    return not WEIGHTY.intersection([*(a - b), *(b - a)])


def find_alike(one: str, others: Mapping[str, str], most: int = 8) -> str | None:
    """The key of the flattened sentence among `others` that is most like `one`, or None."""
    needed = ALIKE_SHORT if len(one) < SHORT else ALIKE
    found = process.extract(one, others, scorer=fuzz.ratio, processor=None, score_cutoff=needed, limit=most)
    return next((key for text, _, key in found if is_alike(one, text)), None)


def novelty(one: str, known: Sequence[str]) -> float:
    """How far a flattened sentence is from the nearest of `known`: 0 (it is there) to 1 (nothing like it)."""
    if not known:
        return 1.0
    best = process.extractOne(one, known, scorer=fuzz.ratio, processor=None)
    return 1.0 - (best[1] / 100 if best else 0.0)
