"""In which language a consumer writes: enough to find an agent who reads it."""

import re
from collections.abc import Iterable

_LATIN = re.compile(r"[A-Za-z]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CANTONESE = re.compile(r"[唔喺嘅咗嚟佢哋冇嘢啲咁]|係咪|點解|幾時")
FEWEST_LETTERS = 12


def language_of(texts: Iterable[str]) -> str:
    """`zh`, `yue` (written Cantonese) or `en`; without a clear sign it is `zh`."""
    text = " ".join(texts)
    if len(_CANTONESE.findall(text)) >= 2:
        return "yue"
    latin, han = len(_LATIN.findall(text)), len(_HAN.findall(text))
    return "en" if latin >= FEWEST_LETTERS and han * 4 < latin else "zh"
