"""What must reach a person whatever the model thinks: recognised by rule, before Rasa and without it.

Source of the forms and counter-examples: domain-rules §7; of the reasons: §4 (转人工) and L31-L32.
"""

import re
import unicodedata
from dataclasses import dataclass

from handoff.core import alarms


@dataclass(frozen=True)
class Trigger:
    """`kind`: human, danger, age, repeat (hand over now), or legal (a ticket first, then he is asked, §7)."""

    kind: str
    reason: str
    priority: int

    @property
    def asks_first(self) -> bool:
        """Whether the consumer is asked before he is passed on (L31: complaints and threats, after his yes)."""
        return self.kind == "legal"


HUMAN = Trigger("human", "asked_for_person", 0)
REPEAT = Trigger("repeat", "third_contact", 1)
MINOR = Trigger("age", "minor", 2)
ELDER = Trigger("age", "elder", 2)
LEGAL = Trigger("legal", "legal_or_media", 2)
FOOD = Trigger("danger", "food", 3)
DANGER = Trigger("danger", "personal_danger", 3)

# How urgent a reason is that was offered to the consumer, or found in his case, before he was passed on (§4, L32).
PRIORITY = {"legal_or_media": 2, "anger": 2, "complaint": 1, "amount": 1, "fraud": 2, "food": 3}

# Office workers and headsets stand for a person wherever they are; a raised hand and a telephone only alone.
_PERSON_EMOJI = ("🧑‍💼", "👩‍💼", "👨‍💼", "👩‍💻", "👨‍💻", "🧑‍💻", "💁", "🎧")
_HAND_EMOJI = ("🙋", "📞", "☎")
_DROP = re.compile(r"[\W_]+")
_TRADITIONAL = str.maketrans(
    "轉專賺磚傳鑽換機個經領導氣賬號對嗎業務員師後點聽說話讓別來幫請責們負",
    "转专赚砖传钻换机个经领导气账号对吗业务员师后点听说话让别来帮请责们负",
)

# Typing by sound: every one of these is read as 人工 or 转人工 before anything is matched.
_SOUND = (
    (
        re.compile(
            r"z?h?uanj?i?e?ren(?:gong|kefu)|zhuan(?:rg|人工)|zrgkf|zrg(?![型款a-z0-9])|zrengong|zhuanrg"
        ),
        "转人工",
    ),
    (
        re.compile(r"(?<![a-z])reng?(?:gong|gon)(?:kefu|kf)?|rg(?:kf|kefu|客服)|人gong|ren工|人g(?![a-z])"),
        "人工",
    ),
    (re.compile(r"转rg|转人gong|z人工|zhuan人工"), "转人工"),
    (
        re.compile(r"[专赚砖传撰钻馔转赘][人仁任忍认][工公攻功宫供弓恭巩工]|转入工|转人[公攻功宫供弓恭共]"),
        "转人工",
    ),
    (re.compile(r"[人仁任忍真][工公攻功宫供弓恭共仁](?:客服|服务|课服|客户)"), "人工客服"),
    (re.compile(r"真仁"), "真人"),
    (
        re.compile(
            r"(?:real|live|human)(?:person|agent|service|operator)|humanplease|人工please|(?<=转)human$"
        ),
        "人工",
    ),
    (re.compile(r"人工k\s*f|人工ke\s*fu|人工客[符付服福]|人工可服|人工刻服|人工克服"), "人工客服"),
    (re.compile(r"[找要接换叫](?:任工|仁工|人公|人功|人攻)"), "找人工"),
)

_WHOLE = frozenset(
    """
    rg 人工 真人 活人 人工人工 人工人工人工 找个人 换个人 叫个人 来个人 有人吗 有人么 有人嘛 有人没 有没有人 有活人吗 有活人没 有真人吗
    有没有人在 有没有人啊 有人在吗 有人在么 有人在没 有人不 还有人吗 任工 仁工 人公 人攻 人功 忍工 人工客服 人工服务 人工在吗 人工呢 人工啊 人工谢谢 客服人工
    真人客服 活人客服 找人工 要人工 接人工 来人 来人啊 人呢 人在哪 人在哪里 找客服 我要客服 转客服 接客服 要客服 叫客服 客服人工服务
    人工吧 人工哦 人工呀 人工亲 人工帮忙 人工处理 人工回复 人工接待 人工接听 上人工 求人工 人供 人共 human 上真人 来人呐 来人哪 来个活的 人工咨询 在线人工 人工入口 人工在哪 帮转 帮转人工 转一下人 给我转 工作人员在吗 有工作人员吗 有人没 有人没有 在线客服 客服客服 客服在吗 客服在不在 客服在么 有客服吗 有客服在吗 人工说话 有人工吗 有人工么 有人工没 领导呢 人工人工客服 转 转人 人工转
    """.split()
)
_TAIL = re.compile(r"[吧呀啊哦呢嘛哈亲哒咯啦了谢]+$")
_HELLO = re.compile(
    r"^(?:你好|您好|请问|喂|哈喽|hello|hi|在吗|亲+|麻烦)+|(?:你好|您好|在吗|谢谢|快点?|急|!)+$"
)

# 人工 as part of another word, or a question about human review rather than a wish to talk to one.
_NOT_PERSON = r"(?!智能|智障|费|审核|皮|合成|作|草|呼吸|授|降|培|养|湖|林|安装|关节|耳蜗|授粉|成本|工资|钱|价|手(?!机)|泪|晶体|打磨|缝制|制作|编织|搬运|收费|怎么收|多少钱|色素|香精|牛黄|甜味|石|钻|宝石|客服几点|客服的?(?:上班|工作)时间|客服(?:太|很|真|态度|说|都|也|不|没|昨天|刚才|上次|之前|给我|答应|告诉))"

_DIRECT = re.compile(
    "|".join(
        (
            rf"(转接?[到至给个下]?|联系[到下]?|找|要|接[入通]?|换[成到]?|叫|喊|切换?[到成]?|需要|安排|呼叫|请求|申请|改|走|求|上|来|召唤)"
            rf"(一?[下个位名]|你们的?|你家的?|点|我)?(一?[下个位名])?(人工|真人客服|活人客服){_NOT_PERSON}(?!作日)",
            r"人工(坐席|座席|专员|售后|在线|处理|接待|回复|帮|窗口|通道)|人工服务(?![太很真态费])",
            r"人工客服(?![太很真态说都也不没昨刚上之给答告几怎多])",
            r"(转|找|叫|换|要|接|派|来|需要|想和|想跟|让)(一?[个位下名])?(你们的?)?(真人|活人)(?!的?(兽|秀|版|骨|头发|模特))",
            r"(真人|活人)(客服|服务|接待|聊|回复|在吗|对话|沟通|来|说)",
            r"(有没有|能不能|可不可以|可以|给我|我要|我想|想要|快|麻烦|请|帮我|赶紧|马上|立刻|直接|还是|给|让|等|选|就|呼叫)[转找接叫换来个一位的下给上和跟我]{0,4}(人工|真人|活人)"
            + _NOT_PERSON
            + r"(?!的?(兽|秀|版|骨|头发|模特|大小))",
            r"(叫|找|换|来|派|让|安排)个?(人|懂的?人|管事的|能做主的)(?:过)?(来|出来)?(说话?|跟我|和我|给我|处理|回我|聊|接|帮我|解决|管管)(?!名)",
            r"(叫|换|来|派|让|安排)一?[个位]?(别的|其他|另外的?|能做主的?|懂行的?)?客服(?:过)?(来|出来|说|跟我|和我|给我|处理|回我|吧|行不行|$)",
            r"(接|转|叫|喊|找|派|来|给我)[个位](活?人|工作人员|能拍板的|能做主的|会处理的)(?!名|用|买|穿|收|给)(来|吧|啊|帮|看|教|听|跟|和|说|处理|$)",
            r"我要(个)?人(来|回|处理|接|跟我|$)|(让|换|叫|请)人来(?=跟|和|说|吧|$)|(跟|和)人(说|讲)(上?话|说)|要人回",
            r"(?<!让)(?<!叫)(呼叫|我找|要找|接通|帮我接)(人工|客服|工作人员|商家客服|真人)",
            r"^.{1,8}(?<![纯是非全靠用的])人工$|^人工(?=[快急谁呗啊呢来帮我])|转.{1,8}的人工$|^人工在",
            r"^(喂|在吗)?(你们?)?(店长|经理|主管|值班经理)(在吗|在不在|呢|出来)",
            r"(叫|找|换|派)个?(懂的?|懂行的?|会的)人(来|$)",
            r"^(?:快|赶紧|麻烦|请)?(叫|派|喊|换)(?:一?个|你们)?人(来|出来|吧|啊)?$",
            r"(叫|找|喊|让|联系|要|请|把|要见|见)(一?下)?(你们?|你家|恁|贵店|店里)?的?(大?领导|主管|经理|负责人|管事的?|店长|上级|老板|当家的|头儿)(?!的?(?:电话号|说|推荐|同意|签字|买|送|给(?!我|俺)|穿|用))",
            r"^你们?的?(领导|主管|经理|店长|老板|负责人)(呢|出来|在哪里?|电话|在不在|在吗)?$",
            r"(不要|不想要|拒绝|讨厌|烦死?了?)(再)?(让|跟|和|用)?(你?这个?|个)?(机器人|智能客服|智能助手|自动回复|ai客服|ai)(?!玩具|吸尘|拖地|扫地)",
            r"(别|不想|不愿意?|不|不要)(再)?(让|跟|和|给我|找)(你?这个?|个)?(机器人|智能客服|智能助手|ai|自动回复)(?!玩具)",
            r"(听不懂人话|听不懂话|听得懂人话|能不能说人话|(会不会)?说人话|讲人话|跟机器说不|跟机器(人)?说不(清|通)|机器人(听不懂|答非所问|没用|说不清|解决不了|滚))",
            r"(让|叫|请|转)(一?[下个位名])?(你们的?)?客服(来|出来|接|跟我|和我|给我|回我|处理|人员来)",
            r"^(?:快|赶紧|麻烦您?|请|给我|帮我?|我要|我想)*(转|接|找|叫|换|要|联系)(一?[下个位])?(你们的?)?客服(人员|小姐姐|小哥)?$",
        )
    )
)
_NEGATED = re.compile(
    r"(不用|不要|别|不必|无需|不需要|先不|没必要|不想|没要|不是要|甭|用不着|不转(?!人工我)|不找|取消|暂时不|还不用|没说要)(再|着急|急着)?(给我|帮我)?(转接?|找|接|叫|要|联系|等|排)?(接|到|给)?(人工|真人|客服|领导|经理)"
)
_NOT_ASKING = re.compile(
    r"(换个?人(名|的?名字|收|用|穿|买|签|的)|机器人(玩具|坏|不[动转走工充会吸扫拖亮]|没[电反声]|充|怎|很|挺|零件|配件|轮|电池)|联系人工作|人工作|(?<!转)人工客服(电话)?(是)?(几点|什么时候|多久|上班)|真人(秀|版|头发|发|比例|上身|大小|模特)"
    r"|(假发|娃娃|手办|模特|照片|试穿).{0,6}真人|(找|问|跟|和)(过|了)?人工(客服)?(说|问|聊)?(过|了)|人工客服(说|答应|告诉|让我|跟我|给我|承诺)|(?<!有)没有?真人|领导(说|送|让|喜欢|夸|同意|签字)|给(领导|老板|经理)(买|送)"
    r"|有人吗(这个|这款|买过|用过)|(老板|店长|经理)推荐)"
)
_BUT_NOT_ROBOT = re.compile(
    r"(不要|别|不想)(再)?(让|跟|和|用)?(你?这个?|个)?(机器人|智能客服|智能助手|ai|自动回复)(?!玩具)"
)


def normalise(text: str) -> str:
    """Half width, lower case, simplified, sounds resolved; spaces, punctuation and emoji between the words removed."""
    for sign in _PERSON_EMOJI:
        text = text.replace(sign, "人工")
    folded = unicodedata.normalize("NFKC", text).lower().translate(_TRADITIONAL)
    folded = _DROP.sub("", folded)
    for pattern, plain in _SOUND:
        folded = pattern.sub(plain, folded)
    return re.sub(r"(转?人工)\1+", r"\1", folded)


def detect(text: str) -> Trigger | None:
    """The strongest trigger in a consumer's text, or None: danger, a wish for a person, age, law, repeated visits."""
    plain = normalise(text)
    if not plain:
        return HUMAN if any(sign in text for sign in _HAND_EMOJI) else None
    if alarms.is_ill_of_food(plain):
        return FOOD
    if alarms.is_dangerous(plain):
        return DANGER
    if asks_for_person(text):
        return HUMAN
    if alarms.is_minor(plain):
        return MINOR
    if alarms.is_old(plain):
        return ELDER
    if alarms.is_legal(plain):
        return LEGAL
    return REPEAT if alarms.comes_again(plain) else None


def agreed(reason: str | None) -> Trigger:
    """The trigger of a button that calls a person: for the reason why it was offered, or a plain wish."""
    return Trigger("human", reason, PRIORITY[reason]) if reason in PRIORITY else HUMAN


def asks_for_person(text: str) -> bool:
    """Whether the text is a clear request for a person (人工智能, 人工费, 不用转人工了 are none)."""
    plain = normalise(text)
    bare = _HELLO.sub("", plain)
    if plain in _WHOLE or bare in _WHOLE or _TAIL.sub("", bare) in _WHOLE:
        return True
    if _NEGATED.search(plain) and not _BUT_NOT_ROBOT.search(plain):
        return False
    if _NOT_ASKING.search(plain):
        return False
    return bool(_DIRECT.search(plain))


def is_angry(text: str) -> bool:
    """Whether the consumer writes in anger; it is answered with empathy once, and then with substance."""
    return alarms.is_angry(text, normalise(text))
