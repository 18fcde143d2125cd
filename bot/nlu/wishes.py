"""What the consumer wants done, and what he says of photos; a negated wish is none."""

import re
from typing import List

from bot.nlu.fact import Fact, longest

_REMEDIES = (
    (
        "return_refund",
        r"退货退款|退货退钱|退货并退款|退货|退掉|退回去|退了(?:吧|算了)|(?:帮我|给我|想|要|直接|都|请)退了(?!款|钱)|退换|(?:我|想|要|给我?|帮我?|能|可以|申请|全部|都|直接|马上|赶紧|麻烦|请)退(?!款|钱|换|差|运|税|回到|到账|了款|还|多少|半|一半|部分|邮)(?!我?\d)",
    ),
    ("refund", r"仅退款|只退款|退款|退钱|把钱退|退我钱|钱退(?:给|我|回)|全额退|全款退|还我钱|退回货款"),
    (
        "exchange",
        r"换货|调换|更换|换(?:一|1)?[个件双条台只部套](?!地址|人|师傅|快递|客服|时间|电话|说法|角度)|换(?:成|大|小|码|尺码|尺寸|颜色|色|新的|新机|同款)|(?:给我|帮我|要|想|能|可以)换(?!人|地址|电话|个人|个地址)",
    ),
    ("repair", r"维修|返修|保修一下|修理|修一下|修一修|(?:给我|帮我|能|上门|免费|要|想)修(?!改)"),
    ("reship", r"补发|补寄|重发|重新(?:给我|帮我)?[发寄]|再发一|再寄一|补一[个件双条台只]|补给我|补上"),
    (
        "compensation",
        r"赔偿|赔付|赔我|赔钱|赔点|补偿|赔一|假一赔|退一赔|补差|退差价|补我差价|给个说法钱|赔多少",
    ),
)
_NOT_BEFORE = re.compile(
    r"(?:不想|不用|不要|不需要|不需|不打算|不是要?|不愿意?|不|别|没说要?|没要|没打算|没想|无需|懒得|不会|不给|不肯|不能|不让|拒绝|不支持|不同意)(?:再|给我|帮我|办|申请|去|要|您|你们?|我)*$"
)
# 退款 of a refund that is already due is a matter asked after, not a wish.
_STATUS = re.compile(
    r"^(?:款|钱)?(?:还|怎么|为什么|咋|只|什么时候|啥时候|何时|多久|几天|到|没|未|进度|呢|状态|一直|去哪|在哪|成功|记录|已经|申请了|多少天|需要多久|的?钱|金额|不到账|失败|流程|规则|政策|期限)"
)
_ASKED_ALREADY = re.compile(
    r"(?:同意|已经|申请了?|说好的?|收到了?|查一?下|催一?下|看一?下|上次|之前|昨天|前天)(?:的|我的)?$"
)

_CANNOT = re.compile(
    r"(?:拍|照|录|传|发|提供)不(?:了|出|成|上去|到)(?:来)?(?:照片|图片?|视频|图)?|(?:没法|没办法|无法|不方便|不能|不会|懒得|没空)(?:再|去|给你们?)?(?:拍|照相|录|提供照片|提供图|上传)(?:照|照片|图|视频)?"
    r"|(?:没有?|没留|没存|没拍|未拍|忘了?拍|忘记拍)(?:到|过|下)?(?:照片|图片?|视频|截图|相片|照)?(?=[,，。.!！?？\s了啊呀呢的]|$|怎么)"
    r"|(?:照片|图片?|视频|截图|相片)(?:都|已经|早就|全)?(?:没有?了?|没拍|删了|丢了|找不到|没存|没留|不见了)|手机(?:坏了|没电)[^,，。]{0,3}拍|没(?:照片|图片?|视频)"
)
_CANNOT_NEEDS = re.compile(r"拍|照|图|视频|录|截|传|提供")
_ATTACHED = re.compile(
    r"(?:图|照片|图片|视频|截图)(?:我)?(?:都|已经|已|刚|刚刚|就)?(?:在(?:上面|上边|这|下面)|发(?:了|过|给你|过去|你)|传了|上传了|给你(?:们)?发)|(?:见|看|如)(?:上|下)?(?:图|照片|附件)(?!片?不)|(?:看|瞧)(?:一下)?(?:我发的?|上面的?|这张|这个)(?:图片?|照片|视频)|(?:发|传)(?:了|过|给你(?:们)?|过去)(?:了)?(?:几张|一张|两张|三张|张|个)?(?:图片?|照片|视频)|有图(?:有|为)|上图|附图|图发了|拍(?:了|好了)?(?:照|照片)?(?:发|传)(?:了|给|过)|已(?:经)?(?:发|传|上传)(?:照片|图|视频)?(?:了)?$"
)
_NOT_ATTACHED = re.compile(r"(?:没|未|不|怎么|要|需要|能|可以|用|和|跟|与|没法|无法|吗)$")


def find_remedies(text: str) -> List[Fact]:
    """refund, return_refund, exchange, repair, reship, compensation, each wish as it stands in the text."""
    found = []
    for remedy, pattern in _REMEDIES:
        for match in re.finditer(pattern, text):
            before, after = text[: match.start()], text[match.end() :]
            if _NOT_BEFORE.search(before):
                continue
            if remedy in ("refund", "return_refund") and (
                _STATUS.match(after) or _ASKED_ALREADY.search(before)
            ):
                continue
            found.append(Fact("remedy", remedy, match.start(), match.end()))
    return longest(found)


def find_photo_talk(text: str) -> List[Fact]:
    """`cannot_provide_photo` and `photo_attached`, both only ever true."""
    found = []
    for match in _CANNOT.finditer(text):
        if _CANNOT_NEEDS.search(match.group()):
            found.append(Fact("cannot_provide_photo", True, match.start(), match.end()))
            break
    for match in _ATTACHED.finditer(text):
        if not _NOT_ATTACHED.search(text[: match.start()]):
            found.append(Fact("photo_attached", True, match.start(), match.end()))
            break
    return found
