"""Order, waybill and ticket numbers, told apart from telephone, bank card, identity and bar-code numbers."""

import re
from typing import List, Optional

from bot.nlu.fact import Fact

CARRIERS = (
    "顺丰",
    "中通",
    "圆通",
    "申通",
    "韵达",
    "极兔",
    "邮政",
    "京东物流",
    "京东快递",
    "德邦",
    "百世",
    "天天快递",
    "天天",
    "菜鸟",
    "丹鸟",
    "优速",
    "宅急送",
    "安能",
    "跨越",
    "EMS",
    "ems",
)
_CARRIER = "|".join(CARRIERS)
# Digits may be typed in groups: "2024 1111 0001 2345".
_RUN = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<letters>[A-Za-z]{1,4})(?P<gap> ?))?(?P<digits>\d(?:[ -]?\d){5,27})(?P<tail>[A-Za-z]{0,3})(?![A-Za-z0-9])"
)
_TICKET = re.compile(r"(?<![A-Za-z0-9])[Aa][Xx]\d{10,16}(?!\d)")
_SAID_ORDER = re.compile(
    r"(?:订单|定单|单子|order|交易)(?:编号|号码|号|id)?(?:[是为:：\s,，(（]|就是|这个|尾号)*$", re.I
)
# What is called an order number is one, though it begins like a carrier's.
_CALLED_ORDER = re.compile(r"(?:订单|定单)(?:编号|号码|号)(?:[是为:：\s])*$")
_SAID_WAYBILL = re.compile(
    rf"(?:(?:{_CARRIER})(?:快递|速运|物流|快运)?(?:的|单|运单|快递|单号|号|[是为:：\s,，(（])*|(?:运单|快递|物流|面单|包裹|寄回|退货)(?:单)?(?:号码|编号|号|单)(?:[是为:：\s,，(（])*)$",
    re.I,
)
_SAID_OTHER = re.compile(
    r"(?:电话|手机|手机号|(?<!订单)(?<!定单)(?<!运单)(?<!快递)(?<!交易)(?<!物流)号码|联系方式|打我|卡号|银行卡|储蓄卡|信用卡|身份证|条码|条形码|69码|税号|识别号|imei|IMEI|sn|SN|序列号|串号|qq|QQ|微信|vx|VX|邮编|取件码|验证码|保单)(?:号码|号|码)?(?:[是为:：\s,，(（]|给你)*$"
)
_WAYBILL_LETTERS = re.compile(r"^(?:SF|YT|JD[A-Z]{0,2}|ZTO|STO|YD|JT|DPK|E[A-Z]|ZT|TT|HT|KY|YZ|CN)$")


def find_numbers(text: str) -> List[Fact]:
    """The numbers of an aligned text that name an order, a parcel or a ticket."""
    found = [Fact("ticket_no", m.group().upper(), m.start(), m.end()) for m in _TICKET.finditer(text)]
    for match in _RUN.finditer(text):
        letters = match.group("letters") or ""
        start = match.start()
        if match.group("gap") and not _WAYBILL_LETTERS.match(letters.upper()):
            letters, start = "", match.start("digits")  # "ok 1234…": a word before a number
        key = _kind(letters.upper(), match.group("digits"), match.group("tail").upper(), text[:start])
        if key and not any(fact.start <= start < fact.end for fact in found):
            value = letters + match.group("digits") + match.group("tail")
            value = re.sub(r"[ -]" if key == "waybill_no" else " ", "", value).upper()
            found.append(Fact(key, value, start, match.end()))
    return found


def _kind(letters: str, digits: str, tail: str, before: str) -> Optional[str]:
    digits = re.sub(r"[ -]", "", digits)
    if _SAID_OTHER.search(before):
        return None
    if _CALLED_ORDER.search(before) and len(digits) >= 6 and not is_phone(digits):
        return "order_no"
    if _SAID_WAYBILL.search(before) and len(digits) >= 8 and not (is_phone(digits) and not letters):
        return "waybill_no"
    if letters and _WAYBILL_LETTERS.match(letters) and len(digits) >= 8:
        return "waybill_no"
    if letters.startswith("E") and tail == "CN":
        return "waybill_no"
    if _SAID_ORDER.search(before) and len(digits) >= 6 and not is_phone(digits):
        return "order_no"
    if letters or tail or not 12 <= len(digits) <= 24:
        return None
    if is_phone(digits) or is_identity(digits) or is_bank_card(digits) or is_bar_code(digits):
        return None
    return "order_no"


def is_phone(digits: str) -> bool:
    """A mobile number of mainland China, also with 86 before it, or a service number such as 400…"""
    return bool(re.fullmatch(r"(?:86)?1[3-9]\d{9}|400\d{7}|800\d{7}|0\d{9,11}", digits))


def is_identity(digits: str) -> bool:
    """An identity number: 17 digits with a date of birth, the check sign may be typed apart."""
    return bool(
        re.fullmatch(r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}\d?", digits)
    )


def is_bank_card(digits: str) -> bool:
    """16 or 19 digits that begin as cards do (4, 5, 62) and pass the check digit (Luhn)."""
    if len(digits) not in (16, 19) or not re.match(r"4|5[1-5]|62", digits):
        return False
    doubled = [int(sign) * (2 - (place % 2 == 0)) for place, sign in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_bar_code(digits: str) -> bool:
    """An article number of China (690 to 699) with its check digit."""
    if not re.fullmatch(r"69\d{11}", digits):
        return False
    odd, even = digits[0:12:2], digits[1:12:2]
    return (10 - (sum(map(int, odd)) + 3 * sum(map(int, even))) % 10) % 10 == int(digits[12])
