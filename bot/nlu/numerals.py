"""Chinese and Arabic numerals as consumers write them, and sums of money in 分."""

import re
from decimal import Decimal
from typing import List, Optional

from bot.nlu.fact import Fact

_DIGIT = {
    sign: value
    for value, signs in enumerate(
        ("零〇", "一壹", "二两贰俩", "三叁仨", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for sign in signs
}
_UNIT = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10000, "w": 10000, "k": 1000}
NUMERAL = "[零〇一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟]"

_CURRENCY = r"(?:元钱|元整|元人民币|元|块大洋|块钱|块|大洋|人民币|rmb|圆)"
_VAGUE = r"(?:多|几|来|好几|左右|上下|以内|以上|以下|不到|出头|大几|开外)"
_BEFORE_VAGUE = re.compile(r"(?:大概|大约|差不多|约|将近|快|近|不到|几|上|好|成|数)\s*$")
_PLAIN = r"\d千\d百|\d{1,4}(?:\.\d)?[万千百][1-9](?![\d.个件双块元])|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,7}(?:\.\d{1,2})?[万wk千百]?"
_SUM = re.compile(
    rf"(?P<sign>[¥￥$]\s*)?(?<![\d.])(?P<whole>{_PLAIN}|{NUMERAL}+)(?P<vague>{_VAGUE})?\s*(?P<unit>{_CURRENCY})?"
    rf"(?P<rest>(?:\d{{1,2}}|[零一二两三四五六七八九]{{1,2}}|半)(?!\d|[十百千万个件天年月斤双条瓶盒箱袋只套本台张把米次]|包(?!邮))(?:毛|角)?(?:[一二三四五六七八九\d]分)?|[一二三四五六七八九\d]毛\d?)?"
    rf"(?P<after>{_VAGUE})?",
    re.I,
)
_COINS = re.compile(
    r"(?<![\d块元])(?P<n>\d{1,2}|[一二两三四五六七八九])(?P<unit>毛|角)(?:钱)?(?![度落色边]|不拔)"
)
# 块 also counts watches, soap and screens: money only when what follows ends or goes on as money does.
_COUNTS = re.compile(r"^(?:[^\W\d_]|[\u4e00-\u9fff])")
_MONEY_GOES_ON = re.compile(
    r"^(?:钱|的(?!手表|表|屏)|买|卖|退|就|呢|了|吧|啊|包|运费|邮|差|给|还|都|也|不|是|到|没|可|全|付|补|赔|一[件个双套条箱盒斤])"
)
_PAID = re.compile(
    r"(?:按照?|押金|定金|尾款|吊牌价|原价|现价|标价|到手价?|拍下来?|的时候|安装费|工时费|费用?|降到|涨到|变成|应退|实退|该退|返现?我?|返现|退回|减到|值|报价|总价|单价|入手|抢到|优惠了?|便宜了?|贵了?|亏了?|多付了?|多扣了?|多要了?|付了?|花了?|支付了?|退(?:我|了|给我)?|退款|赔(?:我|付)?|补(?:我|了)?|差价|差了?|价格|价钱|金额|实付|售价|卖|降(?:价)?(?:到|了)?|只要|才|扣了?|少退了?|共|总共|多收了?|收了?我?|运费)(?:是|为|:|：|\s)*$"
)
_NOT_MONEY_AFTER = re.compile(
    r"^\s*(?:毛|角|码|号|寸|厘米|cm|mm|kg|斤|公斤|克|天|年|月|个|件|双|分|点|%|度|米|v|w(?!\w)|瓦|升|平|l|ml|毫升|g|a|mah|人|次|小时|星期|周|岁|楼|层|栋|元素|倍|折|/)",
    re.I,
)


# A number before these is what was paid: 199买的, 9.9包邮.
_BOUGHT_AFTER = re.compile(
    r"^(?:包邮|买[的了到一二两三四五\d]|入手|拍的|拿下|抢的|一[件双个条瓶盒斤箱袋套](?:的|买)|还包邮)"
)
_LOOKS_LIKE_DATE = re.compile(r"(?:0?[1-9]|1[0-2])\.(?:0?[1-9]|[12]\d|3[01])|(?:19|20)\d\d")
_TWO_DIGITS = re.compile(r"[一二两三四五六七八九]{2}(?=[十百千万]|$)")


def to_number(text: str) -> Optional[Decimal]:
    """三十九 -> 39, 1,299 -> 1299, 一千二 -> 1200, 1.2万 -> 12000; None when it is no number.

    两三 and 三五十 name no exact number: None.
    """
    text = text.replace(",", "").lower()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return Decimal(text)
    mixed = re.fullmatch(r"(\d+(?:\.\d+)?)([万wk千百])", text)
    if re.fullmatch(r"\d千\d百", text):
        return Decimal(1000 * int(text[0]) + 100 * int(text[2]))
    tail = re.fullmatch(r"(\d+(?:\.\d)?)([万千百])([1-9])", text)
    if tail:
        scale = _UNIT[tail.group(2)]
        return Decimal(tail.group(1)) * scale + Decimal(tail.group(3)) * scale / 10
    if mixed:
        scale = {"百": 100, **_UNIT}[mixed.group(2)]
        return Decimal(mixed.group(1)) * scale
    if not text or any(sign not in _DIGIT and sign not in _UNIT for sign in text):
        return None
    is_spelled = len(text) == 2 or any(sign in _UNIT for sign in text)
    names_digits = any(sign in _DIGIT or sign in "十拾" for sign in text)
    if is_spelled and (_TWO_DIGITS.search(text) or not names_digits):
        return None
    if all(sign in _DIGIT for sign in text):
        return Decimal("".join(str(_DIGIT[sign]) for sign in text))
    return Decimal(_spelled(text))


def _spelled(text: str) -> int:
    total = section = digit = 0
    last_unit = 1
    zero = False
    for sign in text:
        if sign in _DIGIT:
            digit = _DIGIT[sign]
            zero = zero or digit == 0
            continue
        unit = _UNIT[sign]
        if unit == 10000:
            total, section, digit = (total + section + digit) * unit, 0, 0
        else:
            section, digit = section + (digit or 1) * unit, 0
        last_unit, zero = unit, False
    if digit and last_unit >= 100 and not zero:
        digit *= last_unit // 10  # 一千二 is 1200, 三百五 is 350, but 一百零五 is 105
    return total + section + digit


def find_sums(text: str) -> List[Fact]:
    """Exact sums of money in an aligned text; 一百多, 几十块 and 200左右 are none."""
    found = []
    for match in _SUM.finditer(text):
        fen = _fen(match, text)
        if fen:
            found.append(Fact("amount_fen", fen, match.start(), match.end()))
    for match in _COINS.finditer(text):
        number = to_number(match.group("n"))
        if number and not any(f.start < match.end() and match.start() < f.end for f in found):
            found.append(Fact("amount_fen", int(number * 10), match.start(), match.end()))
    return found


def _fen(match: "re.Match[str]", text: str) -> Optional[int]:
    before, after = text[: match.start()], text[match.end() :]
    whole, unit, rest = match.group("whole"), match.group("unit"), match.group("rest")
    if match.group("vague") or match.group("after") or _BEFORE_VAGUE.search(before):
        return None
    number = to_number(whole)
    if number is None or re.search(r"[第前后上下每这那哪]$", before):
        return None
    if not unit and (rest or not _is_bare_sum(match, before, after)):
        return None
    if (
        unit == "块"
        and number < 100
        and not rest
        and _COUNTS.match(after)
        and not _MONEY_GOES_ON.match(after)
    ) and not _PAID.search(before):
        return None
    if unit == "块" and number == 1 and not rest and not _PAID.search(before):
        return None  # 凹了一块
    if re.search(r"\d(?:元|块)?[至~—-]$", before) or re.match(r"^(?:元|块)?[至~—-]\d", after):
        return None
    if unit == "元" and re.match(r"[素宵旦]", after):
        return None
    return int(number * 100) + _small_change(rest or "")


def _is_bare_sum(match: "re.Match[str]", before: str, after: str) -> bool:
    """A number without a unit is money after ¥ or a word of paying, unless another unit follows."""
    if match.group("sign"):
        return True
    whole = match.group("whole")
    if _NOT_MONEY_AFTER.match(after) or len(whole) > 8:
        return False
    has_unit = bool(re.search("[十百千万]", whole))
    if re.search("[百千万]", whole) and re.match(r"的(?!人|话|时|是)", after):
        return not re.search(r"[第约有共\d]$", before)  # 一千二的手机
    if (
        _BOUGHT_AFTER.match(after)
        and not re.search(r"[双高重号月日点年寸]$", before)
        and (whole[0].isdigit() or has_unit)
    ):
        return after.strip().startswith("包邮") or not _LOOKS_LIKE_DATE.fullmatch(whole)
    if not whole[0].isdigit() and not (has_unit and len(whole) > 1):
        return False
    return bool(_PAID.search(before))


def _small_change(rest: str) -> int:
    if not rest:
        return 0
    if rest == "半":
        return 50
    digits = [str(_DIGIT.get(sign, sign)) for sign in rest if sign in _DIGIT or sign.isdigit()]
    if not digits:
        return 0
    joined = "".join(digits)
    return int(joined) * 10 if len(joined) == 1 else int(joined[:2])
