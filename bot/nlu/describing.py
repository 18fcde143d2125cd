"""Facts that describe the goods: size, colour, how many, where the fault is, what it is, when it came."""

import re
from typing import Dict, List

from bot.nlu.fact import Fact, longest
from bot.nlu.numerals import NUMERAL, to_number

_N = rf"(?:\d+|{NUMERAL}+)"
_LETTER_SIZE = re.compile(
    r"(?<![A-Za-z0-9])(?P<size>(?:[2-9]|X{0,4})X[LS]|[SMLF])(?![A-Za-z0-9])\s*(?P<mark>码|号|码数)?(?![型形级])",
    re.I,
)
_SINGLE_OK = re.compile(
    r"(?:码|号|穿|买|拍|要|订|选|发|来|换|成|是|寄|下单|的|到|了|给|收到|变|写|标|和|跟|,|，|、|\s|^)$"
)
_NUMBER_SIZE = re.compile(
    r"(?<![\d.])(?P<size>1[3-9]\d/\d{2,3}[ABCYabcy]?|(?:EU|US|UK|欧码|美码)\s?\d{1,2}(?:\.5)?|\d{2,3}(?:\.5)?码|(?:三十|四十|二十)[一二三四五六七八九]?码半?|[3-4]\d码半|(?:65|70|75|80|85|90|95)[A-F](?:杯|罩杯)?)(?![\d/])",
    re.I,
)
_SHOE_SIZE = re.compile(
    r"(?:穿|鞋|拍|买|要|发|换)[的了成个是]?(?P<size>(?:3[3-9]|4[0-8])(?:\.5)?号)|(?P<size2>(?:3[3-9]|4[0-8])(?:\.5)?号)(?=的?鞋)"
)
_NO_COLOR_BEFORE = re.compile(r"(?:发|变|泛|掉|褪|染|串|偏|有点|显|脸|晒|熏|洗)$")
_SHORT_COLOR = re.compile(
    r"(?<![\u4e00-\u9fff])?(?P<color>[红橙黄绿蓝紫黑白灰粉金银棕])(?=的(?!是)|款|那[件双个条]|这[件双个条]|[,，、/和跟]?[红橙黄绿蓝紫黑白灰粉金银棕](?:色)?的|色)"
)
_SHORT_BEFORE = re.compile(
    r"(?:要|拍|买|订|选|发|是|成|换|给|来|下单|收到|了|的|和|跟|款|双|件|条|个|[,，、/]|^|不是|码)$"
)

_MEASURE = "件|双|个|只|条|箱|盒|袋|瓶|包|套|本|台|部|支|桶|罐|把|张|块|片|对|顶|床|份|枚|颗|串|册|卷|提|听|杯|碗|根|颗|幅|辆|架|副|组|枝"
_COUNT = re.compile(
    rf"(?P<n>\d{{1,3}}|[一二两三四五六七八九十]{{1,3}})(?P<unit>{_MEASURE})(?P<after>[\u4e00-\u9fff]{{0,2}})"
)
_NOT_GOODS = re.compile(
    r"^(?:多|半|大?星期|月|礼拜|小时|钟|人|电话|客服|问题|快递|师傅|周|学期|季|字|说法|回复|解释|样|劲|点|儿?子|角|办法|世纪|意思|头|地方|洞|口子|孔|坑|印|缝|差评|好评|脾气|方面|理由|来回|疗程|价|码|尺码|号|色|颜色|按钮|键|螺丝|零件|单|订单|链接|店|次|晚上|早上|上午|下午|普通|正常|工作|交易|钱|亿|百|千|万|月|朋友|孩子|老人|同事|态度|群|评价|号码|平台|app|APP|售后|经理|裂|划|线|痕|主管|投诉|事)"
)
_NOT_COUNT_BEFORE = re.compile(
    r"(?:第|几|数|多|百|千|万|这|那|哪|每|同|另|另外|前|后|上|下|换|找|叫|来|打|星期|周|礼拜|月|有|是|给我个?|\d|[.:：/])$"
)
_GOODS_VERB = re.compile(
    r"(?:少|缺|漏|差|多|买|拍|订|下单|要|发|寄|来|收到|退|换|送|坏|碎|烂|破|丢|还有|只有|就|才|给|共|总共|一共|剩|到)(?:了|我|发|寄|给|过来|来|的|到|过)*$"
)

_SIDE = r"(?:左|右|前|后|上|下|内|外)(?:脚|边|侧|面|手|耳|袖|只|腿|胸|肩|半)?|两[边侧只]|中间|背面|正面|侧面|底部|顶部|里面|外面"
_DAY = (
    r"今天?早上|今天|今早|昨天?晚上|昨晚|昨天|昨日|前天|大前天|前几天|前两天|上?上(?:个)?(?:周|星期|礼拜)[一二三四五六日天末]?|(?:这|本)?(?:周|星期|礼拜)[一二三四五六日天末]"
    r"|(?:\d{2,4}年)?\d{1,2}月\d{1,2}[日号]?|\d{1,2}[号日]|\d{1,2}[./-]\d{1,2}(?!\d)|(?:\d{1,2}|[一二两三四五六七八九十]{1,2}|几|半)(?:天|个?星期|周|个?月|个?小时)(?:之?前)|双十一|双11|双12|双十二|上个?月|刚刚|刚才|今儿|昨儿"
)
_RECEIVED = re.compile(
    rf"(?P<day>{_DAY})(?P<gap>[^,，。.;；!！?？]{{0,4}}?)(?:收到|到货|签收|拿到|收的|到的|取的|取回|送到|送来|送货|才到|刚到|到手|收货|取件|拆开|到家)"
)
_NOT_RECEIVED = re.compile(r"(?:没|未|不|还没|什么时候|能|会|应该|预计|说)")
_RECEIVED_AFTER = re.compile(
    rf"(?:收到|到货|签收|拿到|收货)(?:时间|日期)?(?:是|为|:|：|在|于)\s*(?P<day>{_DAY})"
)


def find_sizes(text: str) -> List[Fact]:
    """Letter sizes bare and upper-case (L码 -> L), number sizes as typed (38码, 165/88A)."""
    found = []
    for match in _LETTER_SIZE.finditer(text):
        size = match.group("size").upper()
        bare = len(size) == 1 and not match.group("mark")
        if bare and (not _SINGLE_OK.search(text[: match.start()]) or re.match(r"\s*\d", text[match.end() :])):
            continue
        if size == "F" and not match.group("mark"):
            continue
        found.append(Fact("size", size, match.start(), match.end("size")))
    for match in _NUMBER_SIZE.finditer(text):
        found.append(Fact("size", match.group("size"), match.start("size"), match.end("size")))
    for match in _SHOE_SIZE.finditer(text):
        group = "size" if match.group("size") else "size2"
        found.append(Fact("size", match.group(group), match.start(group), match.end(group)))
    return longest(found)


def find_colors(text: str, words: List[Fact]) -> List[Fact]:
    """Colours as typed; what turned yellow or lost its dye is a fault and no colour of the order."""
    found = [word for word in words if not _NO_COLOR_BEFORE.search(text[: word.start])]
    for match in _SHORT_COLOR.finditer(text):
        if _SHORT_BEFORE.search(text[: match.start()]):
            found.append(Fact("color", match.group("color"), match.start(), match.end()))
    return longest(found)


def find_quantities(text: str) -> List[Fact]:
    """How many of the goods, as an integer; weeks, people and telephone calls are not counted."""
    found = []
    for match in _COUNT.finditer(text):
        before = text[: match.start()]
        number = to_number(match.group("n"))
        if (
            number is None
            or not 0 < number < 1000
            or (_NOT_COUNT_BEFORE.search(before) and not _GOODS_VERB.search(before))
        ):
            continue
        if _NOT_GOODS.match(text[match.end("unit") :]) or re.search(r"(?:第|这|那|哪|每)$", before):
            continue
        if match.group("unit") == "块" and re.match(rf"钱|[{NUMERAL[1:-1]}\d毛]", text[match.end("unit") :]):
            continue
        if number == 1 and (not _GOODS_VERB.search(before) or before.endswith("换")):
            continue  # "一个袖子" and "一台空调" tell what, not how many
        found.append(Fact("quantity", int(number), match.start(), match.end("unit")))
    return found


def find_places(text: str, words: List[Fact]) -> List[Fact]:
    """Where the fault is, as typed and with its side: 左脚鞋头, 屏幕右上角."""
    merged: List[Fact] = []
    for word in words:
        if merged and text[merged[-1].end : word.start] in ("", "的"):
            last = merged.pop()
            merged.append(Fact("defect_place", text[last.start : word.end], last.start, word.end))
        else:
            side = re.search(rf"(?:{_SIDE})的?$", text[: word.start])
            start = side.start() if side else word.start
            merged.append(Fact("defect_place", text[start : word.end], start, word.end))
    bare = re.compile(rf"^(?:{_SIDE}|里面|外面|上面|下面|中间|两边)$")
    return [fact for fact in merged if not bare.match(str(fact.value))]


def find_received_on(text: str) -> List[Fact]:
    """When the goods came, as typed: 昨天 in "昨天刚收到"; none for what has not come."""
    found = []
    for match in _RECEIVED.finditer(text):
        if not _NOT_RECEIVED.search(match.group("gap")):
            found.append(Fact("received_on", match.group("day"), match.start("day"), match.end("day")))
    for match in _RECEIVED_AFTER.finditer(text):
        found.append(Fact("received_on", match.group("day"), match.start("day"), match.end("day")))
    return longest(found)


def find_products(text: str, words: Dict[str, List[Fact]]) -> List[Fact]:
    """Which goods are meant; a part of the fault's place (杯子 in 杯子口) is not named twice."""
    places = words["defect_place"]
    return [
        word
        for word in words["product"]
        if not any(place.start <= word.start and word.end <= place.end for place in places)
    ]
