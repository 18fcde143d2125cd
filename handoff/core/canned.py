"""Canned replies: found by their words, by pinyin and by its initials; their variables filled in."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pypinyin import lazy_pinyin

VARIABLES = ("消费者", "订单", "商品", "工单号", "截止时间", "坐席")
_VARIABLE = re.compile(r"\{([^{}\s]{1,12})\}")
_LATIN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Filled:
    """A text with its variables filled; `missing` names those nobody knows, which stay in braces."""

    text: str
    missing: tuple[str, ...]


def syllables(text: str) -> str:
    """The pinyin of a text, syllables apart by spaces: 退款进度 -> tui kuan jin du. Latin words stay words."""
    plain = re.sub(r"[^\w]+", " ", _fold(text))
    return " ".join(part for part in lazy_pinyin(plain, errors=lambda rest: rest.strip()) if part)


def rank(query: str, title: str, text: str, pinyin: str) -> int | None:
    """How well a reply answers a search, 0 the best; None when it does not. An empty search finds everything.

    `pinyin` is `syllables(title)`. Chinese is looked for in title and text, latin letters as initials (tkjd) or as
    the beginning of syllables (tuikuan, tuik) of the title.
    """
    wanted = re.sub(r"\s+", "", _fold(query))
    if not wanted:
        return 0
    name, words = _fold(title), _fold(text)
    if name.startswith(wanted):
        return 0
    if wanted in name:
        return 1
    if _LATIN.fullmatch(wanted):
        parts = pinyin.split()
        initials = "".join(part[0] for part in parts)
        if initials.startswith(wanted) or "".join(parts).startswith(wanted):
            return 2
        if wanted in initials or any("".join(parts[i:]).startswith(wanted) for i in range(len(parts))):
            return 3
    return 4 if wanted in words else None


def unknown_variables(text: str) -> list[str]:
    """Names in braces that are no variable, in the order of the text."""
    return [name for name in dict.fromkeys(_VARIABLE.findall(text)) if name not in VARIABLES]


def fill(text: str, values: Mapping[str, str | None]) -> Filled:
    """The text with every known variable in its place."""
    missing: list[str] = []

    def place(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value:
            return value
        if match[1] not in missing:
            missing.append(match[1])
        return match.group()

    return Filled(_VARIABLE.sub(place, text), tuple(missing))


def alike(one: str, other: str) -> float:
    """How much two texts have in common, by pairs of characters, 0 to 1 of the shorter one's pairs."""
    mine, theirs = _pairs(one), _pairs(other)
    if not mine or not theirs:
        return 0.0
    return len(mine & theirs) / min(len(mine), len(theirs))


def _pairs(text: str) -> set[str]:
    plain = re.sub(r"[\W_]+", "", _fold(text))
    return {plain[i : i + 2] for i in range(len(plain) - 1)}


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
