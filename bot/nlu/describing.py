"""Facts that describe the goods: size, colour, how many, where the fault is, what it is."""

import re
from typing import Dict, List

from bot.nlu.fact import Fact, longest
from bot.nlu.numerals import NUMERAL, to_number

_LETTER_SIZE = re.compile(
    r"(?<![A-Za-z0-9])(?P<size>(?:[2-9]|X{0,4})X[LS]|[SMLF])(?![A-Za-z0-9])\s*(?P<mark>码|号|码数)?(?![型形级])",
    re.I,
)
_SINGLE_OK = re.compile(
    r"(?:码|号|穿|买|拍|要|订|选|发|来|换|成|是|寄|下单|的|到|了|给|收到|变|写|标|和|跟|[,，、/。!！;；\s]|[\u4e00-\u9fff]色|^)$"
)
_SINGLE_NOT_AFTER = re.compile(r"^\s*(?:\d|['’]|(?:[A-Za-z])|开头|打头|底|口|巾|站|店|级|档)")
_NUMBER_SIZE = re.compile(
    r"(?<![\d.])(?P<size>1[0-9]\d/\d{2,3}[ABCYabcy]?|(?:EU|US|UK|欧码|美码)\s?\d{1,2}(?:\.5)?|\d{2,3}(?:\.5)?码半?|(?:三十|四十|二十)[一二三四五六七八九]?码半?|(?:65|70|75|80|85|90|95)[A-F](?:罩杯|杯)?(?![A-Za-z]))(?![\d/])",
    re.I,
)
_SHOE = r"(?:3[3-9]|4[0-8])(?:\.5)?"
_SHOE_SIZE = re.compile(
    rf"(?:穿|鞋|拍|买|要|发|换|来)[的了成个是]?(?P<size>{_SHOE}号)|(?P<size2>{_SHOE}号)(?=的?[鞋靴])"
)
_BARE_SIZE = re.compile(
    rf"(?:[鞋尺脚]码|码数|码子|穿)(?:的|是|都是|一直|都)?[:：]?\s*(?P<size>{_SHOE})(?P<after>[\u4e00-\u9fff%/.\d]?)"
)
_BARE_AGAIN = re.compile(
    rf"(?:这双|这个|那双|发了?|来的?|来了|寄了?|拍的?|拍了|买的?|买了|换成?|要|收到|给我?|成了?)(?:是|的|个)?(?P<size>{_SHOE})(?P<after>[\u4e00-\u9fff%/.\d]?)"
)
_UNIT_AFTER = frozenset("码号个件双条元块天岁年月日斤度分点次人米楼只瓶盒袋包克克%/.0123456789")
_NO_COLOR_BEFORE = re.compile(r"(?:发|变|泛|掉|褪|染|串|偏|有点|显|脸|晒|熏)$")
_HUES = "红橙黄绿蓝紫黑白灰粉金银棕"
_SHORT_COLOR = re.compile(
    rf"(?P<color>[{_HUES}])(?=的(?!是)|款|那[件双个条]|这[件双个条]|[,，、/和跟]?[{_HUES}](?:色)?的|色)"
)
_SHORT_BEFORE = re.compile(
    r"(?:要|拍|买|订|选|发|是|成|换|给|来|下单|收到|了|的|和|跟|款|双|件|条|个|[,，、/。!！;；\s]|^|不是|码)$"
)

_MEASURE = "件|双|个|只|条|箱|盒|袋|瓶|包|套|本|台|部|支|桶|罐|把|张|块|片|对|顶|床|份|枚|颗|串|册|卷|提|听|杯|碗|根|幅|辆|架|副|组|枝|粒|捆|扇|盏|板|坛|束|盆|株|棵|朵|管|节|筐|壶|匹|排"
_COUNT = re.compile(
    rf"(?P<n>\d{{1,3}}|{NUMERAL}{{1,4}})(?P<unit>{_MEASURE})(?P<after>[\u4e00-\u9fff]{{0,2}})"
)
_PAIR = re.compile(r"(?P<n>[俩仨])(?![\u4e00-\u9fff]?[口人])")
_TIMES = re.compile(
    r"(?:(?<=[\u4e00-\u9fff])\s?[xX×*]\s?|数量(?:是|为|[:：])?\s?)(?P<n>\d{1,2})(?![\dA-Za-z.%*xX×码寸cm])"
)
_NOT_GOODS = re.compile(
    r"^(?:多|半|大?星期|月|礼拜|小时|钟|人|电话|客服|问题|快递(?!盒)|师傅|周|学期|季|字|说法|回复|解释|样|劲|点(?!心)|儿?子|角|办法|世纪|意思|头|地方|破?洞|口子|孔|大?坑|印|缝(?!纫)|差评|好评|脾气|方面|理由|来回|疗程|价|码|尺码|号|色|颜色|按钮|按?键|零件|单|订单|链接|店|次|晚上|早上|上午|下午|普通|正常|工作|交易|钱|亿|百|千|万|朋友|孩子|老人|同事|态度|群|评价|平台|app|APP|售后|经理|裂|划|线|痕|主管|投诉|事|大?照片|图|截图|发票|小票|相片|视频|单子|信息|短信|消息|客|字母|污|油?渍|黑?点|亮点|坏点|斑|疙瘩|泡(?!面)|毛病|毛刺|缺口|豁|瑕疵|凹|鼓包|阶段|流程|部门|说|城市|省|区|小区|包裹|电话|礼拜|钟头|年|秒|分钟|家|步|回合|优惠券|红包|券|袖子|裤腿|角落|女|男|外卖员|保安|微信|支付宝|账号|会员)"
)
_NOT_COUNT_BEFORE = re.compile(
    r"(?:第|几|数|多|百|千|万|这|那|哪|每|同|另|另外|前|后|上|下|换|找|叫|来|打|星期|周|礼拜|月|有|是|给我个?|\d|[.:：/-])$"
)
_GOODS_VERB = re.compile(
    r"(?:少|缺|漏|差|多|买|拍|订|下单|要|发|寄|收到|退|送|坏|碎|烂|破|丢|裂|死|瘪|还有|只有|就|才|给|共|总共|一共|剩|到|补|收|实收|实发|应发|应该是|应有|赠|其中|囤|入)(?:了|我|发|寄|给|过来|来|的|到|过|有|是|送|装|货|件)*$|(?:发|寄|送|就|才|只|少|收)来了?$"
)
_FAULTY = re.compile(
    r"^(?:是|都|就|已经|全)?(?:坏|破(?!洞|口)|碎|烂|漏|裂(?!缝|纹|痕|口)|缺|发霉|死|瘪|不亮|不能用|没发|没收|没到|没有收|空的|开裂|变质|发臭|断)"
)

_HALF = r"(?:左|右|前|后|上|下|内|外)(?:脚|边|侧|面|手|耳|袖|只|腿|胸|肩|半|下)?|两[边侧只]|中间|背面|正面|侧面|底部|顶部|里面|外面|最下面|最上面|靠近|第[一二三两]个|第[一二三]颗"
_BARE_SIDE = re.compile(r"^(?:里面|外面|上面|下面|中间|前面|后面|两边|内部|外部|右手|左手|内侧|外侧)$")
_PURE_SIDE = re.compile(
    r"^(?:左|右)(?:边|侧|手|半边)|^(?:背面|正面|侧面|底部|顶部|一角|角落|边缘|边角|四角)$|^[左右][上下]角$"
)
_FAULT_NEAR = re.compile(
    r"^(?:那?只?|处|这里|那里|这边|的地方)?(?:都|也|就|还|全|直接|又|居然|竟然)?(?:有|没|不|漏|裂|破|坏|碎|开|掉|断|磨|脏|划|凹|鼓|松|翘|缺|生锈|锈|起|渗|压|磕|碰|变形|发|卡|歪|烂|湿|亮|黑|塌|响)"
)
# What was left out of the parcel is goods, and no place of a fault: 少了个盖子.
_MISSING = re.compile(r"(?:少|缺|漏)(?:发|寄|装|给)?了?[一两]?[个根条块只]?$")
_PLACE_IS_FINE = re.compile(
    r"^(?:什么的)?(?:都|也|还|全|一直)*(?:在(?!掉|漏|响|冒|渗)|没剪|没拆|没摘|没动|没撕|没扔|未|完好|齐全|好好的|价|齐|可以给|保留|剪了|摘了|拆了|撕了|扔了|丢了|剪掉)|^(?:照|上写|上标|上印|上的|号|纸)"
)


def find_sizes(text: str) -> List[Fact]:
    """Letter sizes bare and upper-case (L码 -> L), number sizes as typed (38码, 165/88A)."""
    found = []
    for match in _LETTER_SIZE.finditer(text):
        size = match.group("size").upper()
        bare = len(size) == 1 and not match.group("mark")
        if bare and (
            not _SINGLE_OK.search(text[: match.start()]) or _SINGLE_NOT_AFTER.match(text[match.end() :])
        ):
            continue
        if size == "F" and not match.group("mark"):
            continue
        found.append(Fact("size", size, match.start(), match.end("size")))
    for pattern in (_NUMBER_SIZE, _SHOE_SIZE):
        for match in pattern.finditer(text):
            group = "size" if match.group("size") else "size2"
            found.append(Fact("size", match.group(group), match.start(group), match.end(group)))
    found += _bare_sizes(text)
    return longest(found)


def _bare_sizes(text: str) -> List[Fact]:
    """穿42 and 鞋码43; once a size is being spoken of also 发了41."""
    patterns = [_BARE_SIZE]
    if _BARE_SIZE.search(text) or re.search(r"[鞋靴码脚]", text):
        patterns.append(_BARE_AGAIN)
    return [
        Fact("size", match.group("size"), match.start("size"), match.end("size"))
        for pattern in patterns
        for match in pattern.finditer(text)
        if match.group("after") not in _UNIT_AFTER or not match.group("after")
    ]


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
        number = to_number(match.group("n"))
        if number is not None and 0 < number < 1000 and _counts_goods(text, match, int(number)):
            found.append(Fact("quantity", int(number), match.start(), match.end("unit")))
    for match in _PAIR.finditer(text):
        if _GOODS_VERB.search(text[: match.start()]):
            found.append(Fact("quantity", "俩仨".index(match.group("n")) + 2, match.start(), match.end()))
    for match in _TIMES.finditer(text):
        if int(match.group("n")):
            found.append(Fact("quantity", int(match.group("n")), match.start("n"), match.end("n")))
    return longest(found)


def _counts_goods(text: str, match: "re.Match[str]", number: int) -> bool:
    before, after = text[: match.start()], text[match.end("unit") :]
    if re.search(r"(?:第|这|那|哪|每)$", before) or _NOT_GOODS.match(after):
        return False
    if (
        match.group("unit") == "块"
        and not re.match("[\u4e00-\u9fff]", after)
        and not _GOODS_VERB.search(before)
    ):
        return False
    if match.group("unit") == "块" and re.match(rf"钱|[{NUMERAL[1:-1]}\d毛]", after):
        return False
    if re.search(r"[x×*]\s?$", before, re.I) or (match.group("unit") == "提" and re.match("[示供醒]", after)):
        return False
    faulty = bool(_FAULTY.match(after)) and not re.search(r"(?:另|换)$", before)
    sold = bool(_GOODS_VERB.search(before))
    if number == 1:  # "一个袖子" and "一台空调" tell what, not how many
        return faulty or (sold and not before.endswith("换"))
    return faulty or sold or not _NOT_COUNT_BEFORE.search(before)


def find_places(text: str, words: Dict[str, List[Fact]]) -> List[Fact]:
    """Where the fault is, as typed and with its side: 左脚鞋头, 屏幕右上角."""
    products = words["product"]
    merged: List[Fact] = []
    for word in words["defect_place"]:
        if any(
            p.start <= word.start and word.end <= p.end and p.end - p.start > word.end - word.start
            for p in products
        ):
            continue
        if merged and text[merged[-1].end : word.start] in ("", "的"):
            last = merged.pop()
            merged.append(Fact("defect_place", text[last.start : word.end], last.start, word.end))
        else:
            side = re.search(rf"(?:{_HALF})的?$", text[: word.start])
            start = side.start() if side else word.start
            merged.append(Fact("defect_place", text[start : word.end], start, word.end))
    return [place for place in merged if _is_place(text, place, products)]


def _is_place(text: str, place: Fact, products: List[Fact]) -> bool:
    """A mere side counts only of a thing or beside a fault; tags that are still there are no fault."""
    after = text[place.end :]
    if _MISSING.search(text[: place.start]):
        return False
    if _PLACE_IS_FINE.match(after) or _BARE_SIDE.match(str(place.value)):
        return False
    if not _PURE_SIDE.match(str(place.value)):
        return True
    if re.match(r"^[左右](?:边|侧|手).+", str(place.value)):
        return True
    of_a_thing = any(text[product.end : place.start] in ("", "的") for product in products)
    return of_a_thing or bool(_FAULT_NEAR.match(after))


def find_products(text: str, words: Dict[str, List[Fact]]) -> List[Fact]:
    """Which goods are meant; a part of the fault's place (杯子 in 杯子口) is not named twice."""
    places = words["defect_place"]
    return [
        word
        for word in words["product"]
        if not any(
            place.start <= word.start
            and word.end <= place.end
            and (word.start, word.end) != (place.start, place.end)
            for place in places
        )
        and not re.match(
            r"号|尾号|没电|卡号|拍照(?!功能|模|不)|拍的|登录|短信|验证|淘宝|上显示", text[word.end :]
        )
    ]
