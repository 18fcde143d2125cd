"""When the goods came, as typed."""

import re
from typing import List

from bot.nlu.fact import Fact, longest

_HOURS = "(?:早上|清早|一早|早晨|上午|中午|下午|傍晚|晚上|晚|夜里|半夜|凌晨)"
_NUMBER = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,2})"
_DAY = re.compile(
    rf"(?:大前|今|昨|前)[天日]{_HOURS}?|今[早晚]|昨[晚夜]|今儿|昨儿个?|前几天|前两天|前些天|前阵子|上?上个?(?:周|星期|礼拜)[一二三四五六日天末]?|(?:这|本)?(?:周|星期|礼拜)[一二三四五六日天末]{_HOURS}?"
    rf"|(?:\d{{2,4}}年)?\d{{1,2}}月\d{{1,2}}[日号]?|{_NUMBER}月{_NUMBER}[日号]|{_NUMBER}[号日](?![楼柜店线仓码机门铺])|(?<![\d.])\d{{1,2}}[./-]\d{{1,2}}(?![\d.])|\d{{4}}[./-]\d{{1,2}}[./-]\d{{1,2}}|(?:{_NUMBER}|几|半|好几)(?:天|个?星期|周|个?半?月|个?小时|个?礼拜)(?:之?前|以前)|一个多(?:月|星期)前|双十一|双11|双12|双十二|上个?月(?:底|初|中旬)?(?:{_NUMBER}[号日])?|月初|月底|刚刚|刚才|{_HOURS}(?=收到|到的|到货|签收|拿到)"
)
_CAME = re.compile(
    r"收到|收着|到货|签收|拿到|收的|收货|到的|取的|取回|取到|取件|取快递|送到|送来|送达|送货|才到|刚到|到手|拆开|拆箱|开箱|到家|收快递|到了(?!没|吗)|寄到|快递到|货到|到(?=[,，。!！;；\s]|$)|拿的|拿快递|领的|领到|取出|收了"
)
_FAR = 8  # signs between the day and the coming: "昨天我在驿站取的"
_NOT_COME = re.compile(
    r"没|未|什么时候|能|会|应该|预计|说|才能|买|拍|下单|付款|发货|发的|申请|订|还不|要|寄出|催|打电话|问|[?？]"
)
_PROMISED = re.compile(
    r"(?:说好?|应该|预计|承诺|答应|约(?:好|的)?|显示|物流|写着?|要|等到|改到|通知|保证|最晚|系统|提示)(?:是|了|的|在|于|会|要|我|今天|快递|派送|已|已经|签收|到)*$"
)
_CAME_AFTER = re.compile(
    r"(?:收到|到货|签收|拿到|收货|送达)(?:货|的?时间|的?日期)?(?:是在|就是|是|为|:|：|在|于|\s)*$"
)
_NAMED_BEFORE = re.compile(r"(?:时间|日期|是|为|:|：|在|于)\s*$")
_ASKS_AFTER = re.compile(r"^(?:货|的)?(?:吗|么|没有?|不了|呢)")


def find_received_on(text: str) -> List[Fact]:
    """昨天 in "昨天刚收到"; none for what has not come, was promised, or is only shown as signed for."""
    days = list(_DAY.finditer(text))
    found = []
    for came in _CAME.finditer(text):
        before = [day for day in days if day.end() <= came.start()]
        if not before or _ASKS_AFTER.match(text[came.end() :]):
            continue
        day = before[-1]
        gap = text[day.end() : came.start()]
        if len(gap) > _FAR or re.search(r"[,，。;；!！?？]", gap) or _NOT_COME.search(gap):
            continue
        if not _PROMISED.search(text[: day.start()]):
            found.append(Fact("received_on", day.group(), day.start(), day.end()))
    for day in days:
        said = text[: day.start()]
        if _CAME_AFTER.search(said) and _NAMED_BEFORE.search(said):
            found.append(Fact("received_on", day.group(), day.start(), day.end()))
    return longest(found)
