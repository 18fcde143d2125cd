"""Promises in an agent's words: what he says we will do, and by when.

Only a sentence that names both counts: 「明天下午3点前给您回复」. What binds the consumer (「请您48小时内寄回」), asks,
waits for an event (「收到退货后3天内退款」), is past, is an estimate or is denied is none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kernel.times import SHANGHAI

END_OF_DAY = time(23, 59)
IsWorkday = Callable[[date], bool]

REFUND, SEND, REPLY, HANDLE = "refund", "send", "reply", "handle"
KINDS = {REFUND: "退款", SEND: "寄送", REPLY: "回复", HANDLE: "处理"}


@dataclass(frozen=True)
class Promise:
    """`text[start:end] == phrase` is where the time is said; `sentence` holds the promise as a whole."""

    kind: str
    sentence: str
    phrase: str
    start: int
    end: int
    due_at: datetime


_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_N = r"(?:\d{1,3}|[零〇一二两三四五六七八九十]{1,3})"
_PART = "凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|下班|晚"
_TIME = re.compile(
    rf"(?:(?P<half>半)|(?P<n>{_N}))(?P<ge>个)?(?P<plus>半)?(?P<unit>分钟|小时|钟头|工作日|天|日|周|星期)(?:之内|以内|内|之前|以前|前)"
    rf"|(?P<day>今天|今日|今晚|今早|明天|明日|明早|明晚|大后天|后天|当天|当日"
    rf"|(?P<which>本|这个?|下个?)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])|(?:本|这)周(?=内|之内|以内)"
    rf"|(?P<month>{_N})月(?P<mday>{_N})[日号]|(?<![\d月])(?P<date>{_N})[号日](?!线|楼|店|仓|线|门)|(?:本|这个?)?月底)?"
    rf"(?:的)?(?P<part>{_PART})?(?:的)?"
    rf"(?:(?P<hour>\d{{1,2}}|[零一二两三四五六七八九十]{{1,3}})(?:[点时](?P<quarter>半|一刻|三刻|\d{{1,2}}分?)?钟?|[:：](?P<minute>\d{{2}})))?"
    rf"(?:左右)?(?:之前|以前|前|之内|以内|内)?"
)
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]?")

_TO_YOU = r"(?:给|帮|为|跟|向|和)(?:您|你)|(?:联系|回复|答复|通知|告诉|告知|回电|致电)(?:您|你)|回(?:您|你)"
_WORK = (
    (REFUND, re.compile(r"退款|退(?:给|回|到|还)|打款|打给|到账|退掉|(?:给|帮|为)(?:您|你).{0,3}退|赔付|赔给|补偿|补差|返还")),
    (SEND, re.compile(r"发货|发出|寄出|寄给|补发|重发|发给(?:您|你)|安排(?:发|寄|补)|(?:给|帮|为)(?:您|你).{0,4}(?:发|寄|换|补)|换货")),
    (REPLY, re.compile(r"回复|答复|回电|回(?:您|你)|联系(?:您|你)|通知(?:您|你)|告(?:诉|知)(?:您|你)|(?:给|跟|向|和)(?:您|你).{0,4}(?:结果|说法|消息|方案|反馈|答案|说)|打电话")),
    (HANDLE, re.compile(r"处理|办(?:好|理|完|妥)|(?:给|帮|为)(?:您|你)|核实|核查|核对|查(?:清|明|到|好)|审核|安排|解决|跟进|催|完成|登记|取件|上门|受理|结果|修好")),
)  # fmt: skip
_CONSUMER_BEFORE = re.compile(
    r"(?:^|[^给帮为跟向和回系复诉知])(?:您|你)(?:这边|先|自己|需要?|要|可以|可|能|务必|尽量|最好|记得|也|在|于|的话|方便|把.{1,8})*$|(?:请|麻烦|辛苦|烦请)(?:您|你)?(?:先|在|于|务必|尽量)*$"
)
_CONSUMER_AFTER = re.compile(
    r"^[，,\s]*(?:您|你)(?:这边|先|自己|需要|要|可以|可|能|务必|尽量|记得|也|再|把|有|如|若)|^[，,\s]*(?:请|麻烦|辛苦|烦请)"
)
_EVENT_BEFORE = re.compile(
    r"(?:收到|签收|寄回|寄出|通过|到货|入库|确认|提交|审核|揽收|退回|发货|到仓|验收|完成|办理|同意|批准|申请)[^，,]{0,10}(?:后|之后|以后|起|了就|的)[^，,]{0,3}[，,]?$"
)
_CONDITION = re.compile(r"如果|要是|假如|若是?|万一|的话|除非|只要|一旦")
_NOT = re.compile(
    r"(?:[^差]|^)不(?:了|能|会|可以|用|是|保证|一定|到)|无法|没法|没办法|没有?(?:退|发|回|收|处理|到|能)|不(?:支持|退|发|换|予)|未(?:能|退|发|收|到)"
)
_PAST = re.compile(r"已(?:经)?|刚(?:刚|才)?|之前|当时|了(?:的)?[。！!，,]?$")
_GUESS = re.compile(r"预计|一般|通常|大概|可能|估计|正常|最快|应该|大约|法律|规定|依法|商家应|最晚|最迟")
_ASKS = re.compile(r"[？?]|[吗么呢](?:[。！!，,？?\s]|$)|好不好|行不行|可以不")


def find(text: str, now: datetime, is_workday: IsWorkday = lambda day: day.weekday() < 5) -> list[Promise]:
    """The promises in a message sent at `now`, in the order of the text; every `due_at` lies after `now`.

    Days are days in Shanghai and end at 23:59; 「周五前」 includes Friday, as people mean it. `is_workday` counts
    工作日, on whose last one a promise is due.
    """
    found: list[Promise] = []
    for sentence in _SENTENCE.finditer(text):
        words = sentence.group()
        if _ASKS.search(words) or _CONDITION.search(words):
            continue
        for match in _TIME.finditer(words):
            if not match.group():
                continue
            kind = _kind(words, match)
            due = _due(match, now, is_workday) if kind else None
            if kind and due and due > now:
                start = sentence.start() + match.start()
                found.append(
                    Promise(kind, words.strip(), match.group(), start, sentence.start() + match.end(), due)
                )
                break  # one sentence, one promise: a second time in it explains the first
    return found


def _kind(words: str, match: re.Match[str]) -> str | None:
    """What is promised around the time, or None when this is no promise of ours."""
    before, after = words[: match.start()], words[match.end() :]
    clause = re.split(r"[，,]", before)[-1]
    if _CONSUMER_BEFORE.search(clause) or _CONSUMER_AFTER.search(after) or _EVENT_BEFORE.search(before):
        return None
    # what is said up to the next comma belongs to this time; without work there, the clause after it
    parts = [part for part in re.split(r"[，,]", after) if part.strip()]
    said = clause + (parts[0] if parts else "")
    if not any(pattern.search(said) for _, pattern in _WORK) and len(parts) > 1:
        said += parts[1]
    if _NOT.search(said) or _PAST.search(said) or _GUESS.search(said):
        return None
    if (
        match["unit"] is None
        and match["day"] is None
        and match["part"] is None
        and not re.search(r"前|内", match.group())
    ):
        return None  # a bare hour in a sentence is not by itself a deadline
    return next((kind for kind, pattern in _WORK if pattern.search(said)), None)


def _due(match: re.Match[str], now: datetime, is_workday: IsWorkday) -> datetime | None:
    local = now.astimezone(SHANGHAI)
    if match["unit"]:
        return _after(match, local, is_workday)
    if not (match["day"] or match["part"] or match["hour"]):
        return None
    day = _day(match, local.date())
    if day is None:
        return None
    if match["hour"] is None:
        return _at(day, _part_ends(match["part"] or _hidden_part(match["day"])))
    return _clock(match, day, local)


def _after(match: re.Match[str], local: datetime, is_workday: IsWorkday) -> datetime | None:
    count = 0.5 if match["half"] else float(number(match["n"]) or 0)
    if match["plus"]:
        count += 0.5
    if count <= 0:
        return None
    match match["unit"]:
        case "分钟":
            return local + timedelta(minutes=count)
        case "小时" | "钟头":
            return local + timedelta(hours=count)
        case "工作日":
            day, left = local.date(), max(1, round(count))
            while left:
                day += timedelta(days=1)
                left -= is_workday(day)
            return _at(day, END_OF_DAY)
        case "周" | "星期":
            return _at(local.date() + timedelta(days=round(7 * count)), END_OF_DAY)
    if match["half"]:
        return local + timedelta(hours=12)
    return _at(local.date() + timedelta(days=round(count)), END_OF_DAY)


def _day(match: re.Match[str], today: date) -> date | None:
    said = match["day"]
    if said is None:
        return today
    ahead = {"今": 0, "当": 0, "明": 1, "后": 2, "大": 3}.get(said[0])
    if ahead is not None:
        return today + timedelta(days=ahead)
    if match["weekday"]:
        place = "一二三四五六日".find(match["weekday"].replace("天", "日").replace("末", "日"))
        monday = today - timedelta(days=today.weekday())
        if (match["which"] or "").startswith("下"):
            return monday + timedelta(days=7 + place)
        day = monday + timedelta(days=place)
        return day if day >= today or match["which"] else day + timedelta(days=7)
    if said.endswith("周"):
        return today + timedelta(days=6 - today.weekday())
    if said.endswith("月底"):
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    if match["month"]:
        month, mday = number(match["month"]), number(match["mday"])
        return _date(today.year, month, mday, today) or _date(today.year + 1, month, mday, today)
    mday = number(match["date"])
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return _date(today.year, today.month, mday, today) or _date(following.year, following.month, mday, today)


def _date(year: int, month: int | None, day: int | None, not_before: date) -> date | None:
    try:
        made = date(year, month or 0, day or 0)
    except ValueError:
        return None
    return made if made >= not_before else None


def _hidden_part(said: str | None) -> str | None:
    """今晚 and 明早 say the part of the day with the day."""
    return {"晚": "晚上", "早": "上午"}.get(said[-1]) if said else None


def _part_ends(part: str | None) -> time:
    return {
        "凌晨": time(6), "早上": time(12), "早晨": time(12), "上午": time(12), "中午": time(14), "下午": time(18), "傍晚": time(20), "下班": time(18),
    }.get(part or "", END_OF_DAY)  # fmt: skip


def _clock(match: re.Match[str], day: date, local: datetime) -> datetime | None:
    hour = number(match["hour"])
    if hour is None or hour > 24:
        return None
    minute = int(match["minute"] or 0)
    if quarter := match["quarter"]:
        minute = {"半": 30, "一刻": 15, "三刻": 45}.get(quarter) or int(quarter.rstrip("分") or 0)
    if minute > 59:
        return None
    part = match["part"] or _hidden_part(match["day"])
    if (part in ("下午", "傍晚", "晚上", "晚", "下班") and hour < 12) or (part == "中午" and hour < 6):
        hour += 12
    elif part is None and hour < 12 and _at(day, time(hour, minute)) <= local:
        hour += 12  # 「今天3点前」 said at noon means the afternoon
    return _at(day, END_OF_DAY) if hour == 24 else _at(day, time(hour, minute))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI)


def number(text: str | None) -> int | None:
    """12, 十二, 四十八, 两 as a number; None for anything else."""
    if not text:
        return None
    if text.isascii():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return int("".join(str(_DIGITS[sign]) for sign in text)) if all(s in _DIGITS for s in text) else None
    if len(tens) > 1 or len(ones) > 1 or any(sign not in _DIGITS for sign in tens + ones):
        return None
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
