"""Promises are found where an agent says what we do and by when, and nowhere else."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.core.promises import END_OF_DAY, find, number
from kernel.times import SHANGHAI

WEDNESDAY = datetime(2026, 11, 25, 14, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "kind", "due"),
    [
        ("今天给您退款", "refund", "11-25 23:59"),
        ("明天前回复您", "reply", "11-26 23:59"),
        ("明天下午3点前给您回复", "reply", "11-26 15:00"),
        ("明天下午三点半前给您回复", "reply", "11-26 15:30"),
        ("48小时内给您答复", "reply", "11-27 14:00"),
        ("四十八小时之内给您处理好", "handle", "11-27 14:00"),
        ("周五前给您结果", "reply", "11-27 23:59"),
        ("周二前给您结果", "reply", "12-01 23:59"),
        ("下周一安排补发", "send", "11-30 23:59"),
        ("3个工作日内退款到账", "refund", "11-30 23:59"),
        ("半小时内联系您", "reply", "11-25 14:30"),
        ("一个半小时内联系您", "reply", "11-25 15:30"),
        ("今天3点前给您回电话", "reply", "11-25 15:00"),
        ("今晚8点前给您消息", "reply", "11-25 20:00"),
        ("11月30日前把换货寄出", "send", "11-30 23:59"),
        ("3号前给您打款", "refund", "12-03 23:59"),
        ("月底前给您处理完", "handle", "11-30 23:59"),
        ("本周内给您答复", "reply", "11-29 23:59"),
        ("快递显示昨天签收，我去核实，今天18:00前回您", "reply", "11-25 18:00"),
        ("运费我们承担，您放心，今天下午我给您安排退款", "refund", "11-25 18:00"),
    ],
)
def test_a_promise_has_its_kind_and_its_deadline(text: str, kind: str, due: str) -> None:
    found = find(text, WEDNESDAY)
    assert [(one.kind, f"{one.due_at.astimezone(SHANGHAI):%m-%d %H:%M}") for one in found] == [(kind, due)]
    assert text[found[0].start : found[0].end] == found[0].phrase


@pytest.mark.parametrize(
    "text",
    [
        "请您48小时内寄回",  # the consumer's duty
        "您明天可以来看看",
        "您在7天内可以申请退货",
        "收到退货后3天内退款",  # waits for an event
        "今天已经给您退款了",  # past
        "明天能到吗",  # a question
        "预计明天到账",  # an estimate
        "如果明天没收到，我给您补发",  # a condition
        "今天退不了款",  # denied
        "法律规定7天内退款",  # the law's, not ours
        "给您办退货退款，运费我们承担",  # no time
        "您的快递在1号仓，我帮您看看",  # a number, no day
        "今天上午10点前给您回复",  # over at 14:00: cannot be promised any more
    ],
)
def test_what_is_no_promise_is_not_entered(text: str) -> None:
    assert find(text, WEDNESDAY) == []


def test_each_sentence_of_a_message_may_promise_something() -> None:
    found = find("今天18点前给您回复。明天安排补发，运费我们出。请您留意短信。", WEDNESDAY)
    assert [(one.kind, one.phrase) for one in found] == [("reply", "今天18点前"), ("send", "明天")]


_TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda at: at.replace(tzinfo=SHANGHAI)
)


@given(_TIMES, st.integers(1, 72))
def test_hours_are_counted_from_the_moment_of_the_promise(now: datetime, hours: int) -> None:
    assert [one.due_at for one in find(f"{hours}小时内给您答复", now)] == [now + timedelta(hours=hours)]


@given(_TIMES, st.sampled_from("一二三四五六日"))
def test_a_weekday_is_the_next_such_day_and_includes_it(now: datetime, weekday: str) -> None:
    found = find(f"周{weekday}前给您结果", now)
    if not found:  # the very last minute of that day
        assert now.time() >= END_OF_DAY
        return
    due = found[0].due_at
    assert due.weekday() == "一二三四五六日".index(weekday)
    assert timedelta(0) < due - now <= timedelta(days=7)


@given(_TIMES, st.integers(1, 10))
def test_working_days_end_on_a_working_day_with_that_many_before_it(now: datetime, days: int) -> None:
    def is_workday(day: date) -> bool:
        return day.weekday() < 5

    due = find(f"{days}个工作日内给您退款", now, is_workday)[0].due_at
    passed = [now.date() + timedelta(days=i) for i in range(1, (due.date() - now.date()).days + 1)]
    assert is_workday(due.date()) and sum(map(is_workday, passed)) == days


_WORDS = st.sampled_from(
    "今天 明天 后天 周五 下周一 48小时内 三天内 半小时内 下午3点前 30号前 月底前 给您 退款 回复您 补发 请您 您 ， 。 ？ 吗 前 内 号 点 了 已经 不".split()
)


@given(st.lists(_WORDS | st.text(max_size=4), max_size=12).map("".join), _TIMES)
def test_whatever_is_typed_a_found_promise_is_a_place_in_the_text_and_due_later(
    text: str, now: datetime
) -> None:
    for one in find(text, now):
        assert text[one.start : one.end] == one.phrase
        assert one.due_at > now
        assert one.sentence in text


@given(st.integers(1, 99))
def test_chinese_numbers_are_read_as_they_are_written(value: int) -> None:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(value, 10)
    written = (
        digits[ones]
        if not tens
        else ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")
    )
    assert number(written) == value == number(str(value))
    assert number("两") == 2 and number("好") is None and number("") is None
