"""The clauses of a message, each with its place: two problems in one sentence are two, and none is lost."""

import itertools
import re
from typing import List, Tuple

from bot.nlu.normalise import align

SHORTEST = 2  # signs of a clause that can name a problem: 破了
MOST = 8  # clauses looked at; a long complaint tells its problems early

_STOPS = re.compile(r"[,.!?;，。！？；…~～\n\r]+|\s{1,}")
_AND = r"另外|此外|还有|而且|并且|同时|再就是|再有|再加上|加上|外加|然后|以及|顺便|其次|第[二三]"
# 还, 又 and 也 begin a clause only before something that is wrong: 少发一件还破了, but 快递还没到.
_WRONG = (
    r"(?:有点|有些|给我|把|被|是|特别|都|给)?"
    r"(?:破|坏|裂|碎|少|缺|漏|发错|错|开胶|开线|掉|脱|褪|变质|发霉|烂|臭|脏|瘪|磕|划|生锈|短路"
    r"|有[个点道条股]?(?:小?洞|划|污|破|裂|毛|线头|异味|味|色差)|偏[大小]|太[大小长短]|[大小](?:了|一)|不(?:亮|转|热|响|合身|能用))"
)
_JOINTS = re.compile(rf"(?=(?:{_AND}))|(?P<also>(?=[还又也]{_WRONG}))")
_BAD = re.compile(r"[破坏裂碎少缺漏错没不烂脏掉脱偏]|太[大小长短]")
_LEAD = re.compile(rf"^(?:(?:{_AND})|[还又也,、:：\s]|这个|那个|就是|是)+")


def split(text: str) -> List[Tuple[int, int]]:
    """Start and end of each clause in `text`, in order, without the words that only join it to the one before."""
    plain = align(text)
    found: List[Tuple[int, int]] = []
    begin = 0
    for stop in [*_STOPS.finditer(plain), None]:
        end = stop.start() if stop else len(plain)
        cuts = [begin, *_joints(plain, begin, end), end]
        for first, last in itertools.pairwise(cuts):
            lead = _LEAD.match(plain[first:last])
            start = first + (lead.end() if lead else 0)
            if len(plain[start:last].strip()) >= SHORTEST:
                found.append((start, last))
        begin = stop.end() if stop else end
    return found[:MOST]


def _joints(plain: str, begin: int, end: int) -> List[int]:
    """Where a clause without a stop before it begins; 还破了 only after something else that is wrong."""
    return [
        joint.start()
        for joint in _JOINTS.finditer(plain, begin, end)
        if joint.group("also") is None or _BAD.search(plain[begin : joint.start()])
    ]
