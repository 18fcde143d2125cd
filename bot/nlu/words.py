"""jieba with the words of `bot/dictionary`, in a tokenizer of its own (jieba's module-wide one is left alone)."""

import logging
from functools import lru_cache
from typing import Any, List, Tuple

from bot.nlu.lexicon import DICTIONARY


@lru_cache(maxsize=1)
def tokenizer() -> Any:
    """The loaded tokenizer; the first call takes about a second, so it is made at load and not at the first message."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    own = jieba.Tokenizer()
    own.initialize()
    for path in sorted(DICTIONARY.glob("*.txt")):
        with path.open(encoding="utf8") as lines:
            own.load_userdict(lines)
    return own


def cut(text: str) -> List[str]:
    """The words of a text, in order; joined they give the text again."""
    return list(tokenizer().cut(text))


def cut_with_places(text: str) -> List[Tuple[str, int, int]]:
    """`(word, start, end)`."""
    return list(tokenizer().tokenize(text))
