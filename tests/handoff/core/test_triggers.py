"""What reaches a person by rule: every form and every counter-example of domain-rules §7, and their relatives."""

import pytest

from handoff.core.triggers import asks_for_person, detect

FORMS = """转人工 人工 人工客服 联系人工 找人工 要人工 接人工 转接人工 真人 活人 找个人 叫个人来 换个人 来个人说话 你们领导 找主管 找经理
不要机器人 别让机器人答 听不懂人话 说人话 有人吗 zrg rg rengong zhuanrengong 转rg 人工kf 人.工
转！人！工！ 转人公 转人攻 转人功 专人工 赚人工 砖人工 任工 🧑‍💼 👩‍💻客服 📞人工 🙋人工 转人工😡 ＲＧ ZRG 我要转人工！！
快给我转人工 能不能叫个真人来 叫你们经理出来 我要找活人 人工服务 人工客服在吗 转人工，我发票开错了 麻烦接一下人工 不要再让机器人回复了""".split()
FORMS.append("转\u3000人\u3000工")  # full-width spaces in between

COUNTER_EXAMPLES = """人工智能 人工审核吗 人工费多少 不用转人工了 机器人玩具坏了 换个人名收货 我要人工智能音箱 联系人工作日不在 安装的人工费怎么这么贵
不需要人工 别转人工 买的机器人不动了 人工草坪掉毛 这件衣服真人上身不好看 好的 谢谢 退款到哪了 人工皮革开裂了 扫地机器人坏了
我本人工作忙""".split()


@pytest.mark.parametrize("text", FORMS)
def test_a_clear_request_for_a_person_is_recognised(text: str) -> None:
    trigger = detect(text)
    assert trigger is not None
    assert trigger.kind == "human"


@pytest.mark.parametrize("text", COUNTER_EXAMPLES)
def test_a_mere_mention_is_no_request_for_a_person(text: str) -> None:
    assert detect(text) is None
    assert not asks_for_person(text)


@pytest.mark.parametrize(
    "text", ["充电的时候起火了", "插上就漏电，被电到了", "吃了食物中毒住院了", "孩子被玻璃割伤流血了"]
)
def test_danger_goes_first(text: str) -> None:
    trigger = detect(text + "，转人工")
    assert trigger is not None
    assert (trigger.kind, trigger.priority) == ("danger", 3)


@pytest.mark.parametrize("text", ["手机屏幕划伤了", "没有起火就是有点热", "好吃到爆炸", "防漏电的插座"])
def test_words_of_danger_without_danger_are_none(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize("text", ["我要打12315", "找消协", "我要找律师", "再不处理就找媒体曝光你们"])
def test_law_and_media_are_recognised(text: str) -> None:
    trigger = detect(text)
    assert trigger is not None
    assert trigger.kind == "legal"
