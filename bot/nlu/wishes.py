"""What the consumer wants done, and what he says of photos; a negated wish is none."""

import re
from typing import List

from bot.nlu.fact import Fact, longest
from bot.nlu.numerals import NUMERAL

_ASKS = r"(?:我|想|要|给我?|帮我?|帮忙|能|可以|申请|要求|直接|都|全部|马上|赶紧|尽快|麻烦|请|就|只|必须|现在|还是|否则|那|也|赶快|快)"
_PIECE = "[个件双条台只部套本份把张盒瓶顶箱袋包支对床块副盏口根]"
_N = rf"(?:\d|{NUMERAL})"
_REMEDIES = (
    (
        "return_refund",
        r"退货退款|退货退钱|退货并退款|退货退(?!回)|退货|退掉|退回去(?!了|的)|退了(?:吧|算了|得了|行不|行吗|好吗|它)|退换"
        rf"|{_ASKS}退了(?!款|钱|\d|{_N})|{_ASKS}退(?!款|钱|换|差|运|税|回|到|了|还|多少|半|一半|部分|邮|我|给我|点|\d|{NUMERAL}|单|休|出|的)",
    ),
    (
        "refund",
        rf"仅退款|只退款|退款|退钱|退点钱|把钱退|退我钱|退我的?钱|钱退(?:给|我|回|了吧)|全额退|全款退|还我钱|退回货款|退一半|退全款|(?<!什么时候)(?<!啥时候)(?<!何时)(?<!多久)(?<!还没)(?<!没有)(?<!没)(?<!怎么不)退(?:还)?给我|钱退到|(?<![只才已应实都多少刚经])退(?:我|给我|回我)?(?:{_N})+(?:\.\d+)?(?:元|块|就|吧|也|算|[,，。]|$)",
    ),
    (
        "exchange",
        rf"换货|调换|更换|对换|换新|换(?:一|1)?{_PIECE}(?!地址|人|师傅|快递|客服|时间|电话|说法|角度|名字|姓名|方式|方法|收货)|换(?:成|为|大|小|码|尺码|尺寸|颜色|色(?!差)|新的|新机|同款|正确的|对的|好的|[SMLXsmlx\d黑白红蓝绿灰粉](?![A-Za-z]*\d{{6}}))"
        rf"|{_ASKS}换(?!人|地址|电话|个人|个地址|手机|收货|快递|师傅|算|个?[男女])",
    ),
    (
        "repair",
        r"维修|返修|返厂|保修一下|修理|修一下|修一修|修修|修好|上门修|(?:给我?|帮我?|能|上门|免费|要|想|可以|直接|给)修(?!改|身|复|正|饰|图|个?图)",
    ),
    (
        "reship",
        rf"补发|补寄|重发|重寄|重新(?:给我|帮我)?(?:邮|发|寄)|再(?:给我|帮我)?(?:重新)?[发寄邮](?=一|1|个|来|过来|给我|份|件|次货)|补(?=(?:一|1|两|二|2|三|3)?{_PIECE})|补给我|补上(?!面)|补齐|补货给我|补(?:一下|下)(?!差|资料|信息|发票|票|地址|材料|款|钱|价)",
    ),
    (
        "compensation",
        rf"赔偿|赔付|赔我|赔钱|赔点|赔给我|补偿|赔一|假一赔|退一赔|补差|退差价|差价退|补我差|返差价|补(?:我|给我){_N}|补我|赔(?:{_N})+",
    ),
)
_NOT_BEFORE = re.compile(
    r"(?:不想|不用|不要|不需要|不需|不打算|不是要?|不愿意?|(?<![要退换赔修能可])不|别|没说要?|没要|没打算|没想|无需|懒得|不会|不给|不肯|(?<!能)不能|不让|拒绝|不支持|不同意|拒不|算了不|没法|没办法|(?<![有])没)(?:再|给我|给|帮我|办|申请|去|要|您|你们?|我|说|急着|现在)*$"
)
# An application that he takes back: 取消退款, 把退款撤了.
_WITHDRAWN_BEFORE = re.compile(
    r"(?:取消|撤销|撤回|撤掉|撤了|终止|关掉|关闭)(?:掉|一下|这个|那个|这笔|那笔|这次|我的?|刚才|刚刚|刚|申请的|提交的|的)*$"
)
_WITHDRAWN_AFTER = re.compile(
    r"^(?:的?申请|的?单子?|服务单)?(?:给我|帮我|我要|我想|麻烦|就|先|都|也|再|可以|能|能不能|怎么)*(?:取消(?!订单|单子|这单|那单|交易|购买)|撤(?!单|柜)|关掉|关闭|关了|作废|收回|停掉|停了)"
)
# 退款 of a refund that is already due is a matter asked after, not a wish.
_STATUS = re.compile(
    rf"^(?:款|钱)?(?:还(?!是|款)|怎么|为什么|为啥|咋|只|什么时候|啥时候|何时|多久|几天|到|没|未|进度|呢|状态|一直|去哪|在哪|成功|记录|已经|申请了|多少天|需要多久|的?钱|的款|的那|的快递|的包裹|的东西|的货|的件|的单|的时候|的地址|的运费|的邮费|金额|不到账|失败|流程|规则|政策|期限|退|少了?|被|了(?!吧|算|得|行|好|$|[,，。!！])|地址|运费|邮费|费|单|险|包运费|寄|签收|快递|物流|率|通道|入口|按钮|页面|原因|中|卡|账户|时间|期|通知|短信|(?:{_N})+(?:\.\d+)?(?:元|块钱?)?(?:还|到|一直|怎么|没|未|至今|都|什么时候|呢))"
)
_DONE_AFTER = re.compile(
    r"^(?:的(?!话)|了(?!吧|算|得|行|好|$|[,，。!！])|过(?!来|去)|后|回来|来的|过来的|中|款|金|费|点|站|师傅|单|卡|记录|期间|一次|\d次|两次|寄|商品|地址|流程|申请)|^(?:什么时候|啥时候|还没|怎么还|到哪|多久|几天|进度|没到|没收到|发来)"
)
_ASKED_ALREADY = re.compile(
    r"(?:同意|已经?|申请了?|说好的?|答应的?|收到了?|查一?下|催一?下|看一?下|上次|之前|昨天|前天|今天|显示|提示|等|这次|第[一二三]次)(?:的|我的|给我|我|要|会|可以)*$"
)
_SAID_BY_THEM = re.compile(
    r"(?:客服|商家|卖家|店家|平台|他们?|你们?|她|老板|店主|系统)(?:们|都)?(?:说|讲|告诉我|承诺|答应|让我?|叫我?|非要|建议)(?:了|是|好|什么|可以|能|会|先|要|我|给我|自己|只|帮我|去|拿去|\d|[一二两三四五六七八九十]|天|内|小时|的|之)*$"
)

_PHOTO = "(?:照片|图片?|视频|截图|相片|影片)"
_CANNOT = re.compile(
    rf"(?:拍|照|录|传|发|提供|弄)不(?:了|出来?|成|上去|上来|到|清楚?)(?:来)?{_PHOTO}?|(?:没法|没办法|无法|不方便|不能|不会|懒得|没空|没条件|不便|不想|没时间)(?:再|去|给你们?|用手机)?(?:拍|照相|录|提供照片|提供图|提供视频|上传|弄{_PHOTO}|搞{_PHOTO}|发{_PHOTO}|传{_PHOTO})(?:照|照片|图|视频)?"
    rf"|(?:没有?|没留|没存|没拍|没有拍|未拍|没录|没有录|忘了?拍|忘记拍|忘了?录|没来得及拍|没顾上拍|没想到要?拍)(?:到|过|下|任何|什么)?{_PHOTO}?(?:照)?(?=[,，。.!！?？\s了啊呀呢的诶哦欸]|$|怎么|咋|可)"
    rf"|{_PHOTO}(?:都|已经|早就|全|被|我|也|早|不小心|给){{0,3}}(?:没有?了?|没拍|没保存|删(?:了|掉|光|除)|丢了|找不(?:到|着)|没存|没留|不见了|清(?:了|掉))|手机(?:坏了|没电)[^,，。]{{0,3}}拍|没{_PHOTO}|没有{_PHOTO}|{_PHOTO}(?:发|传|上传)不(?:出|上|了|过)"
)
_CANNOT_NEEDS = re.compile(r"拍|照|图|视频|录|截|传|提供|影片|相片")
_NOT_CANNOT_AFTER = re.compile(
    r"^(?:吗|么|行吗|行不|可以吗|可以不|会怎|就不|的话|照的手机|夜景|远|清|出来效果|到(?:月|星)|可不可)"
)
_NOT_CANNOT_BEFORE = re.compile(
    r"(?:如果|要是|假如|万一|可不可以|可以|能|功能|相机|摄像头|镜头|你们|客服|商家|详情|页面)$"
)
_ATTACHED = re.compile(
    rf"(?:图|照片|图片|视频|截图|相片)(?:我|们)?(?:都|已经|已|刚|刚刚|刚才|就|全|给你){{0,2}}(?:在(?:上面|上边|上头|这|下面|下边|前面)|(?:发|放|传|贴)在?(?:上面|上边|前面)|发(?:了|过|给你|过去|你|上去|上来|完)|传(?:了|过|上去|上来|给你|完|好)|上传(?:了|好|完)|给你(?:们)?发|拍好了|放上)"
    rf"|(?:见|(?<!好)看|如)(?:上|下|一下|下面|上面|我|我的)?(?:图|照片|附件)(?!片?不|书|像|标|表)|(?:看|瞧|瞅)(?:一下|下)?(?:我?(?:刚才?|刚刚)?发的?|上面的?|这张|这个|这几张|上边的?|下面的?)(?:图片?|照片|视频)"
    rf"|(?:发|传)(?:了|过|给你(?:们)?|过去|你)(?:了)?(?:几张|[一二两三四五六\d]张|张|个|[一两]个|[一两二三]段|段)?(?:图片?|照片|视频|截图)|(?<!图)有图(?:有|为)|(?<![主])上图(?![片的])|附图|附上了?{_PHOTO}|图发了|拍(?:了|好了)(?:照|照片|图|视频)?(?:发|传)(?:了|给|过|你)|拍(?:照|照片|图)(?:发|传)(?:了|过|你了)|已(?:经)?(?:发|传|上传)(?:了)?(?:照片|图片?|视频)?(?:了)?(?=[,，。.!！\s]|$)"
    rf"|(?:我|刚才|刚刚|上面|上边|前面|刚)(?:已经)?(?:给你)?发的(?:那[张个]|几张)?{_PHOTO}|(?:上面|上边|前面|楼上)(?:那|这|的)?(?:几张|[一两三]?张|个|段)?{_PHOTO}(?!的|里|写|说)"
)
_NOT_ATTACHED = re.compile(
    r"(?:没|未|不|怎么|要|需要|能|可以|用|和|跟|与|没法|无法|吗|等下|等会儿?|待会儿?|晚点|一会儿?|明天|回头|如果|把|让我|叫我|客服|商家|卖家|详情|宣传|页面)$"
)
_NOT_ATTACHED_AFTER = re.compile(
    r"^(?:片|们)?(?:可以|行|吗|么|好吗|成不|有用|才能|就能|行吗|给你可以|你可以|你行|没用吗|怎么|之后|以后)"
)


def find_remedies(text: str) -> List[Fact]:
    """refund, return_refund, exchange, repair, reship, compensation, each wish as it stands in the text."""
    found = []
    for remedy, pattern in _REMEDIES:
        for match in re.finditer(pattern, text):
            if not _is_no_wish(remedy, text[: match.start()], match.group(), text[match.end() :]):
                found.append(Fact("remedy", remedy, match.start(), match.end()))
    return longest(found)


def _is_no_wish(remedy: str, before: str, said: str, after: str) -> bool:
    """Refused, taken back, done already, promised by somebody else, or a word of what is only being asked after."""
    if _NOT_BEFORE.search(before) or _SAID_BY_THEM.search(before) or before.endswith("申请过"):
        return True
    if remedy != "compensation" and (_WITHDRAWN_BEFORE.search(before) or _WITHDRAWN_AFTER.match(after)):
        return True
    if said == "退一半":
        return False
    if remedy in ("refund", "return_refund"):
        return bool(_STATUS.match(after) or _ASKED_ALREADY.search(before))
    if remedy == "exchange" and after.startswith(("货款", "率")):
        return True
    return bool(_DONE_AFTER.match(after) or re.search(r"(?:已经?|刚|上次|之前|第[一二]次)(?:给我)?$", before))


def find_photo_talk(text: str) -> List[Fact]:
    """`cannot_provide_photo` and `photo_attached`, both only ever true."""
    found = []
    for match in _CANNOT.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if _NOT_CANNOT_AFTER.match(after) or _NOT_CANNOT_BEFORE.search(before):
            continue
        if _CANNOT_NEEDS.search(match.group()):
            found.append(Fact("cannot_provide_photo", True, match.start(), match.end()))
            break
    for match in _ATTACHED.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if re.search("你们?$", before) and re.match("[发传拍有]|图|照片|视频", match.group()):
            continue  # what the seller sent
        if not _NOT_ATTACHED.search(before) and not _NOT_ATTACHED_AFTER.match(after):
            found.append(Fact("photo_attached", True, match.start(), match.end()))
            break
    return found
