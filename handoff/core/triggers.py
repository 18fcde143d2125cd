"""What must reach a person whatever the model thinks: recognised by rule, before Rasa and without it.

Source of the forms and counter-examples: domain-rules §7; of the reasons: §4 (转人工) and L31-L32.
"""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Trigger:
    """`kind`: human (hand over now), legal, danger (hand over now, first in the queue)."""

    kind: str
    reason: str
    priority: int


HUMAN = Trigger("human", "asked_for_person", 0)
LEGAL = Trigger("legal", "legal_or_media", 2)
DANGER = Trigger("danger", "personal_danger", 3)

# Office workers and headsets stand for a person wherever they are; a raised hand only alone.
_PERSON_EMOJI = ("🧑‍💼", "👩‍💼", "👨‍💼", "👩‍💻", "👨‍💻", "🧑‍💻")
_HAND_EMOJI = ("🙋",)
_DROP = re.compile(r"[\W_]+")

# Typing by sound: every one of these is read as 人工 or 转人工 before anything is matched.
_SOUND = (
    (re.compile(r"z?h?uan\s*ren\s*gong|zhuanrengong|zrg"), "转人工"),
    (re.compile(r"rengong|ren gong"), "人工"),
    (re.compile(r"转\s*rg"), "转人工"),
    (re.compile(r"[专赚砖传撰钻]人工"), "转人工"),
    (re.compile(r"转人[公攻功宫供]|转任工|转仁工|转入工|砖人公|专人公"), "转人工"),
    (re.compile(r"人工k\s*f|人工ke\s*fu"), "人工客服"),
)

_WHOLE = frozenset(
    """
    rg 人工 真人 活人 人工人工 人工人工人工 找个人 换个人 有人吗 有人么 有人嘛 有没有人
    有没有人在 有人在吗 任工 人工客服 人工服务 人工在吗 人工呢 人工啊 人工谢谢 客服人工 真人客服
    找人工 要人工 接人工 来人 来个人 人呢 找客服 我要客服
    """.split()
)

# 人工 as part of another word, or a question about human review rather than a wish to talk to one.
_NOT_PERSON = r"(?!智能|智障|费|审核|皮|合成|作|草|呼吸|授|降|培|养|湖|林|安装|关节|耳蜗|授粉|成本|工资)"

_DIRECT = re.compile(
    "|".join(
        (
            rf"(转接?|联系|找|要|接|换|叫|喊|切换?到?|需要|安排|呼叫|请求)(一?[下个位])?(一?[下个位])?人工{_NOT_PERSON}(?!作日)",
            r"人工(客服|服务|坐席|座席|专员|售后|在线|处理|接待|回复|帮)",
            r"(转|找|叫|换|要|接|派|来)(一?[个位下])?(真人|活人)",
            r"真人(客服|服务|接待|聊|回复)",
            r"(有没有|能不能|可不可以|可以|给我|我要|我想|想要|快|麻烦|请|帮我)[转找接叫换来个一位的]{0,4}(人工|真人|活人)"
            + _NOT_PERSON,
            r"(叫|找|换|来|派)个人(来|说|跟我|和我|处理|回|聊|接|帮)",
            r"(叫|找|喊|让)(一?下)?(你们?|你家|恁)?的?(领导|主管|经理|负责人|管事的|店长|上级)",
            r"^你们?(领导|主管|经理)(呢|出来|在哪|电话)?$",
            r"不要(再)?(让)?(你这)?(个)?(机器人|智能客服|ai|自动回复)",
            r"(别|不想)(再)?(让|跟|和|用)(你这)?(个)?(机器人|智能客服|ai)",
            r"(听不懂人话|能不能说人话|(会不会)?说人话|讲人话)",
        )
    )
)
_NEGATED = re.compile(
    r"(不用|不要|别|不必|无需|不需要|先不|没必要|不想)(再)?(给我|帮我)?(转|找|接|叫|要|联系)?(接)?(人工|真人)"
)
_NOT_ASKING = re.compile(r"(换个?人(名|的?名字|收)|机器人(玩具|坏|不|没|充|怎)|联系人工作|人工作)")
_BUT_NOT_ROBOT = re.compile(r"不要(再)?(让)?(你这)?(个)?(机器人|智能客服|ai)")

_LEGAL = re.compile(
    r"(打|拨|找|向|去|上|投诉到?|举报到?|告到?)?(12315|消协|消费者协会|工商局?|市场监管局?|市监局|消费者保护)"
    r"|(找|请|咨询)(个|了)?律师|律师函|起诉|上法院|去法院|法院见|找(媒体|记者)|曝光(你们|到|给)|上(微博|抖音|小红书)曝光|315(晚会|曝光)"
)
_DANGER = re.compile(
    r"(起火|着火|冒火|爆炸|炸了|自燃|触电|电到|漏电|被电|烧伤|烫伤|割伤|划伤|流血|受伤|骨折|中毒|食物中毒|住院|急诊|送医|过敏|窒息|毁容)"
)
_NO_DANGER = re.compile(
    r"(没有?|不会|不|防|未|无)(被)?(起火|着火|爆炸|触电|漏电|受伤|过敏|划伤)|爆炸好|好吃到爆炸|划伤屏|屏幕?.{0,3}划伤"
)


def normalise(text: str) -> str:
    """Half width, lower case, sounds resolved; spaces, punctuation and emoji between the words removed."""
    for sign in _PERSON_EMOJI:
        text = text.replace(sign, "人工")
    folded = unicodedata.normalize("NFKC", text).lower()
    folded = _DROP.sub("", folded)
    for pattern, plain in _SOUND:
        folded = pattern.sub(plain, folded)
    return folded


def detect(text: str) -> Trigger | None:
    """The strongest trigger in a consumer's text, or None: danger before law before a plain wish for a person."""
    plain = normalise(text)
    if not plain:
        return HUMAN if any(sign in text for sign in _HAND_EMOJI) else None
    if _DANGER.search(plain) and not _NO_DANGER.search(plain):
        return DANGER
    if asks_for_person(text):
        return HUMAN
    if _LEGAL.search(plain):
        return LEGAL
    return None


def asks_for_person(text: str) -> bool:
    """Whether the text is a clear request for a person (人工智能, 人工费, 不用转人工了 are none)."""
    plain = normalise(text)
    if plain in _WHOLE:
        return True
    if _NEGATED.search(plain) and not _BUT_NOT_ROBOT.search(plain):
        return False
    if _NOT_ASKING.search(plain):
        return False
    return bool(_DIRECT.search(plain))
