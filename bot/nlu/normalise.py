"""One spelling for what consumers type in many: half width, simplified, emoji as words, no stuttering.

`align` keeps every character in its place, so that what is found in it has the same start and end in the text as
typed. `flatten` is for the classifier and may change lengths.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Dict

# What an emoji says in a complaint; those not named here say nothing and are dropped.
EMOJI = {
    "😡😠🤬👿😤💢": "生气",
    "😭😢😩😫🥺😞😔☹🙁": "难过",
    "👎🤮🤢💩": "差评",
    "👍❤😍😊😁😄🥰😘💯🌹😀🙂😂🤣": "好评",
    "🙏": "谢谢",
    "🙋": "有人吗",
    "🤖": "机器人",
    "👌🆗✅": "好的",
    "❓❔🤔": "?",
    "❗‼": "!",
    "📷🖼📸": "照片",
    "📞☎": "电话",
}
_EMOJI = {ord(sign): word for signs, word in EMOJI.items() for sign in signs}
_PERSON = re.compile("[🧑👩👨]\u200d[💼💻]")
PICTOGRAPH = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u200d\ufe0f\u20e3\U0001f1e6-\U0001f1ff]+")
_STICKER = re.compile(r"\[([\u4e00-\u9fff]{1,4})\]|#E-s\d+|&nbsp;?")
_MASKED_NUMBER = re.compile(
    "〔(?:[订运工]单号|[手机身份证银行卡]*号码?|电话|尾号)〕"
)  # what the trainers' inbox takes out
_SHORT = {
    "tk": "退款",
    "thh": "退换货",
    "kf": "客服",
    "zrg": "转人工",
    "zhuanrengong": "转人工",
    "rengong": "人工",
    "tuikuan": "退款",
    "tuihuo": "退货",
    "huanhuo": "换货",
    "kefu": "客服",
    "wuliu": "物流",
    "kuaidi": "快递",
}
_LATIN_WORD = re.compile(
    r"(?<![a-z0-9])(" + "|".join(sorted(_SHORT, key=len, reverse=True)) + r")(?![a-z0-9])"
)
_WHICH_ORDER = re.compile(r"(我的|这个|那个)?(订单|运单|快递单?|单号?)(号码?|编号)?[是为:,]*单号[,的里]*")
_LONG_NUMBER = re.compile(r"[a-z]{0,4}\d{8,}[a-z]{0,2}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MARKS = str.maketrans(dict.fromkeys("。、;；~·…_|\\\t\n\r", ","))
_REPEAT_MARK = re.compile(r"([,.!?\-=+* ])[,.!?\-=+* ]+")
_REPEAT_WORD = re.compile(r"([\u4e00-\u9fff]{1,4}?)\1{2,}")
_EDGE = re.compile(r"^[ ,.\-]+|[ ,.\-]+$")
_SPACE = re.compile(r"(?<![a-z0-9]) | (?![a-z0-9])")


@lru_cache(maxsize=1)
def _simplified() -> Dict[int, str]:
    """OpenCC's own table, character for character: 2,700 rows that never change the length of a text."""
    import opencc

    table = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    pairs = (line.split("\t") for line in table.read_text(encoding="utf8").splitlines() if "\t" in line)
    return {
        ord(old): new.split(" ")[0] for old, new in pairs if len(old) == 1 and len(new.split(" ")[0]) == 1
    }


@lru_cache(maxsize=4096)
def _half_width(sign: str) -> str:
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def align(text: str) -> str:
    """Half width and simplified, each character in its place: `len(align(text)) == len(text)`."""
    return "".join(map(_half_width, text)).translate(_simplified())


def flatten(text: str) -> str:
    """The text as the classifier reads it: lower case, emoji as words, numbers and repetition levelled.

    >>> flatten("我要退貨！！！　１２３４５６７８９０１２太太太太差了😡")
    '我要退货!单号太太差了生气'
    """
    text = _PERSON.sub("人工", text)
    text = _MASKED_NUMBER.sub("单号", text)
    text = _STICKER.sub(lambda found: found.group(1) or " ", text)
    text = text.translate(_EMOJI)
    text = unicodedata.normalize("NFKC", PICTOGRAPH.sub(" ", text)).lower()
    text = text.translate(_simplified()).translate(_MARKS)
    text = _LATIN_WORD.sub(lambda found: _SHORT[found.group(1)], text)
    text = _LONG_NUMBER.sub("单号", text)
    text = _NUMBER.sub(lambda found: _level(found.group()), text)
    text = _REPEAT_WORD.sub(r"\1\1", text)
    text = _REPEAT_MARK.sub(r"\1", text)
    text = _EDGE.sub("", _SPACE.sub(",", text))
    # which order it is says nothing about what is wrong with it
    without = _EDGE.sub("", _WHICH_ORDER.sub("", text))
    return without if len(without) >= 3 else text


def _level(number: str) -> str:
    """How long a number is tells more than which one it is: 3 -> 0, 38 -> 00, 39.9 -> 00.0."""
    whole, dot, _ = number.partition(".")
    return "0" * min(len(whole), 4) + (".0" if dot else "")
