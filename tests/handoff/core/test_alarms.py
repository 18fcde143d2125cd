"""Danger, law, age, repeated visits and anger: what is said so, and what only sounds so."""

import pytest

from handoff.core.triggers import detect, is_angry
from tests.handoff.core.test_asking import training

PERSONAL_DANGER = """充电的时候手机起火了 充电宝自燃差点烧了房子 插上插头就被电到了 热水器漏电洗澡手都麻了 杯子炸了划伤了手 玻璃碎片割到手流血了
孩子被毛刺扎到手了 用了面霜脸红肿起疹 用完这个洗面奶过敏了 电池爆炸了 椅子断了我摔伤了 锅把掉了烫到我了 桌腿塌了砸到脚 喝完之后送医院急诊了
电热毯冒烟了差点着火 脸都烂了用你们这个毁容了""".split()
FOOD = """吃了你们的草莓上吐下泻 吃完拉肚子一晚上 食物中毒了 孩子喝了这个奶吐了好几次 吃了三文鱼肚子疼得厉害 全家吃完都吐了 吃坏肚子了""".split()
LAW = """我要打12315 找消协 找律师 我要找律师 再不处理就找媒体曝光你们 法院见 我要起诉你们 准备走法律程序 去工商局投诉你们 我要去市场监管局举报
发抖音曝光你们 已经打了12315 收律师函吧 我要报警了 黑猫投诉见 等着上热搜吧""".split()
MINOR = """孩子才8岁拿我手机自己下的单 我是未成年 我今年15岁 我还是小学生 儿子偷偷用我手机买的 小孩乱点拍的 娃趁我不注意下单了 我家孩子拿我的手机充了五百""".split()
ELDER = """我都70多岁了不会弄 我是老年人不会操作 我今年六十八岁了看不清字 年纪大了不懂这个 我眼睛看不清字 俺老头子一个不会弄手机 我不会用智能手机 老人家不会退货""".split()
REPEAT = """我已经找你们三次了还没解决 都反馈了好几次了没人管 打了五个电话说了三遍还不处理 问了无数遍到底退不退 第四次来问了怎么还没结果 催了3次了还没到 投诉了好几次没用""".split()
NOTHING = """手机屏幕划伤了 没有起火就是有点热 好吃到爆炸 防漏电的插座 气炸了 我都要气炸了 心态炸了 空气炸锅坏了 过敏体质能用吗 会不会过敏
敏感肌用了会过敏吗 怕孩子划伤 打不着火 灭火器过期了 创可贴少发了 大出血价 边框割手吗 镜片划伤了 桌面有划伤 灯一直报警
洗衣机报警E3 烟雾报警器坏了 相机曝光不对 广告上说防水 给老人买的鞋小了 老人机坏了 老花镜度数不对 给我妈买的衣服大了 孩子穿着小了 儿童车坏了
给孩子买的玩具掉漆 宝宝8个月穿着正好 洗了三次就破了 用了两次就坏了 换了三次电池 买过好几次了都不错 第三次买了 住院用的护理垫发错了
律师袍尺码不对 好的 谢谢 快递到哪了 颜色不对 滚筒洗衣机漏水 垃圾桶破了 垃圾袋少发一卷 猫吃了会吐吗 难吃到想吐槽 会不会触电啊""".split()


@pytest.mark.parametrize(
    ("reason", "kind", "priority", "texts"),
    [
        ("personal_danger", "danger", 3, PERSONAL_DANGER),
        ("food", "danger", 3, FOOD),
        ("legal_or_media", "legal", 2, LAW),
        ("minor", "age", 2, MINOR),
        ("elder", "age", 2, ELDER),
        ("third_contact", "repeat", 1, REPEAT),
    ],
    ids=["danger", "food", "law", "minor", "elder", "repeat"],
)
def test_each_reason_is_seen_and_named(reason: str, kind: str, priority: int, texts: list[str]) -> None:
    seen = {text: detect(text) for text in texts}
    assert {text for text, one in seen.items() if one is None or one.reason != reason} == set()
    assert {(one.kind, one.priority) for one in seen.values() if one} == {(kind, priority)}


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_sounds_so_is_nothing(text: str) -> None:
    assert detect(text) is None


def test_only_law_is_asked_about_first() -> None:
    asked = {
        text for text in [*PERSONAL_DANGER, *FOOD, *LAW, *MINOR, *ELDER, *REPEAT] if detect(text).asks_first
    }  # type: ignore[union-attr]
    assert asked == set(LAW)


def test_danger_comes_before_a_wish_for_a_person_and_that_before_law() -> None:
    assert detect("热水器漏电，转人工").reason == "personal_danger"  # type: ignore[union-attr]
    assert detect("转人工，不然我打12315").reason == "asked_for_person"  # type: ignore[union-attr]


ANGRY = """什么破店！！！ 气死我了 你们就是骗子 垃圾客服 太过分了 你们客服都是死人吗 到底退不退！！！ 受够了 坑人 黑心商家 还没人处理？？？ 无良商家 简直离谱""".split()
CALM = """垃圾桶破了 滚筒洗衣机漏水 鞋底开胶了 请问什么时候发货 谢谢！！！ 好的！！ 收到了，很好！！！ 垃圾袋少一卷 猫砂洒了 想退货 有点失望""".split()


@pytest.mark.parametrize("text", ANGRY)
def test_anger_is_noticed(text: str) -> None:
    assert is_angry(text)


@pytest.mark.parametrize("text", CALM)
def test_calm_words_are_not_taken_for_anger(text: str) -> None:
    assert not is_angry(text)


def test_praise_and_small_talk_call_hardly_anybody() -> None:
    calm = [text for intent, text in training() if intent in ("not_complaint", "thanks", "greet", "affirm")]
    false = [text for text in calm if detect(text) and detect(text).reason != "asked_for_person"]  # type: ignore[union-attr]
    print(f"alarms {len(false)} of {len(calm)} sentences without a problem: {false}")
    assert len(false) / len(calm) <= 0.002
