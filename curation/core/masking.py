"""Takes out of a sentence what says who wrote it: names, numbers, addresses; what it is about stays.

Pure and idempotent. What was taken out is named by a tag, 〔手机号〕, so that the sentence can still be read. The rules
lean towards taking out too much: seven digits in a row are never left, whatever they are.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

TAGS = ("手机号", "电话", "身份证号", "银行卡号", "订单号", "运单号", "工单号", "号码", "尾号", "姓名", "地址", "邮箱", "联系方式")  # fmt: skip
TAG = re.compile(rf"〔(?:{'|'.join(TAGS)})〕")
PERSONAL_FACTS = {"order_no": "订单号", "waybill_no": "运单号", "ticket_no": "工单号"}

_HAN = r"[\u4e00-\u9fff]"
_SURNAME = (
    "(?:欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|端木|东方|南宫|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤康易乔赖文施洪倪柯阮柴管翟焦俞葛宁])"
)
_TITLE = r"(?:先生|女士|小姐|太太|师傅|老师|经理|主管)"
_NAMES = (
    re.compile(
        rf"(?:收件人|收货人|联系人|签收人|机主|户主|开户名|户名|姓名|名字)(?:姓名)?(?:是|叫|为|[:：\s])*(?P<it>{_SURNAME}{_HAN}{{1,2}})"
    ),
    re.compile(
        rf"(?:我叫|我的名字是|名字叫|本人叫|本人|我是)(?P<it>{_SURNAME}{_HAN}{{1,2}})(?=[,，。.!！、\s]|的|$)"
    ),
    re.compile(rf"(?P<it>{_SURNAME}{_HAN}{{1,2}})(?=先生|女士)"),
    re.compile(rf"(?P<it>{_SURNAME})(?={_TITLE})"),
)
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_HANDLE = re.compile(
    r"(?:微信号?|威信|薇信|[Vv][Xx]|[Ww][Xx]|[Qq]{2}号?|抖音号|旺旺号?)(?:号|是|为|[:：\s])*(?P<it>[A-Za-z][A-Za-z0-9_-]{4,19}|\d{5,12})"
)
_LAST_DIGITS = re.compile(r"(?:尾号|末四位|后四位)(?:是|为|[:：\s])*(?P<it>\d{3,6})")
_DIGITS = re.compile(
    r"(?P<it>[A-Za-z]{0,4}(?:\+?86[\s-]?)?\d(?:(?:[\s\-–—_·]{0,2}|\.(?=\d{3}))\d){6,}(?:[A-Za-z]{1,2}(?![A-Za-z]))?)"
)
_DATE = re.compile(r"(?:19|20)\d\d[\s.-]\d{1,2}[\s.-]\d{1,2}")
_SPELLED = re.compile(r"(?P<it>[零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖]{7,})")
_N = r"[\d一二三四五六七八九十百零〇A-Za-z-]"
_COARSE = r"省|自治区|市|区|县|镇|乡|街道"
_FINE = r"大道|路|街|巷|胡同|弄堂|村|屯|小区|新村|花园|花苑|家园|嘉园|苑|庄园|大厦|公寓|写字楼|广场|大学|中学|小学|驿站|号院"
# One step of an address; steps that follow each other make one. Bounded, so that no text takes long.
_STEP = re.compile(
    rf"(?P<door>{_N}{{1,6}}(?P<of>号楼|号院|号|栋|幢|座|单元|室|楼|层|弄|户|房))"
    rf"|(?P<fine>{_HAN}{{1,7}}?(?:{_FINE}))(?!{_COARSE})|(?P<coarse>{_HAN}{{1,7}}?(?:{_COARSE}))"
)
_BETWEEN = re.compile(r"[\s,，东南西北侧口门]{0,2}")
_FLAT = re.compile(r"\s?\d{2,4}室?")
_BLOCKS = frozenset({"栋", "幢", "号楼", "单元"})
# What leads up to a place and is no part of it.
_BEFORE_PLACE = re.compile(
    rf"^{_HAN}{{0,7}}(?:送到|寄到|发到|到了|寄往|地址|住在|改成|改到|[到在往至是址去改成给为住寄送从:：])"
)


@dataclass(frozen=True)
class Span:
    """`text[start:end]` says `key` = `value`."""

    key: str
    value: str | int | bool
    start: int
    end: int


@dataclass(frozen=True)
class Masked:
    """The sentence without persons, and its facts at their new places; personal ones have their tag as value."""

    text: str
    facts: tuple[Span, ...] = ()


@dataclass(frozen=True)
class _Cut:
    start: int
    end: int
    tag: str


def mask(text: str, facts: Iterable[Span] = (), known: Iterable[str] = ()) -> Masked:
    """The sentence with every personal detail as a tag.

    `facts` are what the brain found (its order numbers are taken out too, the rest keep their place); `known` are
    words to take out wherever they stand, such as the consumer's name as his account has it.
    """
    masked = Masked(text, tuple(facts))
    names = sorted({word for word in known if len(word) >= 2}, key=len, reverse=True)
    while True:
        cuts = _cuts(masked.text, masked.facts, names)
        if not cuts:
            return masked
        masked = _apply(masked, cuts)


def _cuts(text: str, facts: Sequence[Span], names: Sequence[str]) -> list[_Cut]:
    """What to take out, apart from each other and from the tags that stand there, in the order of the text."""
    plain = _aligned(text)
    found = [
        _Cut(fact.start, fact.end, PERSONAL_FACTS[fact.key])
        for fact in facts
        if fact.key in PERSONAL_FACTS and fact.start < fact.end
    ]
    for name in names:
        tag = "姓名" if not any(sign.isdigit() for sign in name) else "订单号"
        found += [_Cut(at.start(), at.end(), tag) for at in re.finditer(re.escape(_aligned(name)), plain)]
    found += [_Cut(at.start(), at.end(), "邮箱") for at in _MAIL.finditer(plain)]
    found += [_Cut(at.start("it"), at.end("it"), "联系方式") for at in _HANDLE.finditer(plain)]
    found += _numbers(plain)
    found += [_Cut(at.start("it"), at.end("it"), "尾号") for at in _LAST_DIGITS.finditer(plain)]
    found += [_Cut(at.start("it"), at.end("it"), "号码") for at in _SPELLED.finditer(plain)]
    found += _places(plain)
    for pattern in _NAMES:
        found += [_Cut(at.start("it"), at.end("it"), "姓名") for at in pattern.finditer(plain)]
    taken = [_Cut(at.start(), at.end(), "") for at in TAG.finditer(text)]
    kept: list[_Cut] = []
    for cut in found:  # the first to claim a place has it; what overlaps it takes what is left on either side
        for start, end in _outside(cut.start, cut.end, taken):
            kept.append(_Cut(start, end, cut.tag))
            taken.append(_Cut(start, end, cut.tag))
    joined: list[_Cut] = []
    for cut in sorted(
        kept, key=lambda cut: cut.start
    ):  # a surname by one rule and the name by another are one
        if joined and joined[-1].end == cut.start and joined[-1].tag == cut.tag:
            joined[-1] = _Cut(joined[-1].start, cut.end, cut.tag)
        else:
            joined.append(cut)
    return joined


def _outside(start: int, end: int, taken: Iterable[_Cut]) -> list[tuple[int, int]]:
    left = [(start, end)]
    for other in taken:
        left = [
            piece
            for begin, stop in left
            for piece in (
                [(begin, stop)]
                if other.end <= begin or stop <= other.start
                else [(begin, other.start), (other.end, stop)]
            )
            if piece[0] < piece[1]
        ]
    return left


def _apply(masked: Masked, cuts: Sequence[_Cut]) -> Masked:
    pieces, place, moves = [], 0, []
    shift = 0
    for cut in cuts:
        tag = f"〔{cut.tag}〕"
        pieces += [masked.text[place : cut.start], tag]
        start = cut.start + shift
        moves.append((cut, start, start + len(tag)))
        shift += len(tag) - (cut.end - cut.start)
        place = cut.end
    text = "".join(pieces) + masked.text[place:]

    def at(old: int, *, end: bool) -> int:
        moved = old
        for cut, start, stop in moves:
            if cut.end <= old:
                moved = old + stop - cut.end
            elif cut.start < old:
                return stop if end else start
        return moved

    facts = []
    for fact in masked.facts:
        begin, stop = at(fact.start, end=False), at(fact.end, end=True)
        hit = any(cut.start < fact.end and fact.start < cut.end for cut in cuts)
        facts.append(replace(fact, start=begin, end=stop, value=text[begin:stop] if hit else fact.value))
    return Masked(text, tuple(facts))


def _numbers(plain: str) -> list[_Cut]:
    found = []
    for at in _DIGITS.finditer(plain):
        said = at["it"]
        digits = re.sub(r"\D", "", said)
        if len(digits) <= 8 and _DATE.fullmatch(said):
            continue
        found.append(
            _Cut(
                at.start("it"), at.end("it"), _kind(said, digits, plain[max(0, at.start() - 8) : at.start()])
            )
        )
    return found


def _kind(said: str, digits: str, before: str) -> str:
    if re.match(r"AX\d", said, re.I):
        return "工单号"
    if re.search(r"(?:卡号?|账号|帐号)\D{0,3}$", before) or (
        16 <= len(digits) <= 19 and digits[0] == "6" and _luhn(digits)
    ):
        return "银行卡号"
    if re.fullmatch(r"(?:86)?1[3-9]\d{9}", digits) and not said[0].isalpha():
        return "手机号"
    if len(re.sub(r"\s", "", said)) == 18 and re.fullmatch(
        r"\d{6}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]", re.sub(r"\s", "", said)
    ):
        return "身份证号"
    if re.fullmatch(r"0\d{9,11}", digits) and len(digits) in (10, 11, 12):
        return "电话"
    if said[0].isalpha() or re.search(r"(?:运单|快递|物流)\D{0,5}$", before):
        return "运单号"
    if re.search(r"订单\D{0,5}$", before) or len(digits) >= 15:
        return "订单号"
    return "号码"


def _places(plain: str) -> list[_Cut]:
    found = []
    for steps in _chains(plain):
        kinds = [step.lastgroup if step.lastgroup != "of" else "door" for step in steps]
        last = steps[-1]
        end, flat = last.end(), None
        if kinds[-1] == "door" and (flat := _FLAT.match(plain, end)):
            end = flat.end()
        within = steps[0]["of"] in _BLOCKS and (len(steps) > 1 or flat)
        if not ("fine" in kinds and len(steps) > 1) and not within:
            continue
        lead = _BEFORE_PLACE.match(plain[steps[0].start() : steps[0].end()])
        start = steps[0].start() + (lead.end() if lead else 0)
        if end - start >= 4:
            found.append(_Cut(start, end, "地址"))
    return found


def _chains(plain: str) -> list[list[re.Match[str]]]:
    chains: list[list[re.Match[str]]] = []
    for step in _STEP.finditer(plain):
        if chains and _BETWEEN.fullmatch(plain, chains[-1][-1].end(), step.start()):
            chains[-1].append(step)
        else:
            chains.append([step])
    return chains


def _luhn(digits: str) -> bool:
    added = 0
    for place, sign in enumerate(reversed(digits)):
        double = int(sign) * (1 + place % 2)
        added += double - 9 if double > 9 else double
    return added % 10 == 0


def _aligned(text: str) -> str:
    """Half width, each sign in its place."""
    return "".join(
        one if len(one) == 1 else sign for sign in text for one in (unicodedata.normalize("NFKC", sign),)
    )
