"""The problems that a message names clause by clause: "少发一件，另外这件还破了" has two, and both become lines."""

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence

# Where the goods themselves are at fault; a courier's fault only where it becomes a case.
FAULTS = ("quality", "wrong_item", "size", "not_as_described")
# What the guideline places behind a concrete fault that is told beside it.
AFTER_A_FAULT = frozenset({"service_complaint", "no_reason", "after_sales_question"})
PARCELS = ("not_received", "logistics_damage")
SURE = 0.85  # a clause has less context than a sentence, so it has to be surer than one …
SUPPORTED = 0.25  # … unless its own words say what is wrong
LONGEST_VAGUE = 10

_WORDS = {
    "quality": re.compile(
        r"(?<![没不未别])(?<!没有)(?:破|坏|裂|碎|磕|瘪|凹|开胶|开线|脱线|抽丝|起球|褪色|掉[色扣漆毛皮粉跟底]|线头|划痕|刮花"
        r"|漏[水电气液油]|洒了?|发霉|长毛|变质|烂|臭|异味|怪味|过期|缺页|污渍|脏|生锈|死机|黑屏|没声音"
        r"|充不进|开不了机|不(?:亮|转|热|响|制冷|通电|能用|工作))"
    ),
    "wrong_item": re.compile(
        r"(?:少|缺|漏|没|未)(?:发|寄|给|送|装|收到|有)?了?.{0,3}(?:件|个|只|条|盒|本|瓶|包|斤|袋|根|颗|套|双|张|支|台|把"
        r"|充电|配件|赠品|小样|盖|说明书|遥控|螺丝|轮子)|少发|漏发|少给|发错|错发|拿错|寄错|不是我[买要拍订]的"
    ),
    "size": re.compile(r"尺码|码数|[大小]了?一?[码号]|[偏太][大小长短紧松肥瘦]|[大小长短紧松肥瘦]了"),
    "not_as_described": re.compile(
        r"色差|(?:图片?|描述|页面|宣传|详情|介绍|照片|说)的?.{0,4}(?:不一样|不符|差太?多|两样|差别)"
    ),
}
# Dissatisfaction that names no fault of its own: beside a named problem it is no second one.
_VAGUE = re.compile(
    r"^(?:这|真|太|很|的|了|吧|感觉|觉得|东西|衣服|商品|整体|总之|反正)*"
    r"(?:(?:质量|做工|质感|品质|服务|体验)?(?:也|真|真的|很|太|特别|非常|比较|超级?|不是一般的?)*"
    r"(?:差|一般|不好|不行|差劲|失望|后悔|垃圾|难看|丑|不值|薄)|.{0,6}(?:价钱|价位|价格|这个价))"
)
# 签收了，我没拿到耳机: the second clause is the first once more, no piece that was left out of the parcel.
_NOT_HERE = re.compile(r"(?:没有?|未)(?:收|拿|见|看|等|领|取)(?:到|着)")
_NO_FAULT = re.compile(
    r"还可以|还行|不错|挺好|没问题|可以理解|能穿|(?:倒是|挺|很)合适|吗$|怎么|如果|万一|要是|怕|会不会|容易|是不是|有没有"
)


@dataclass(frozen=True)
class Problem:
    """One clause that names a problem, with its place in the text as typed; `said`: its own words tell the fault."""

    issue_type: str
    sub_type: Optional[str]
    start: int
    end: int
    said: bool = False

    def as_dict(self) -> Dict[str, Any]:
        return {
            "issue_type": self.issue_type,
            "sub_type": self.sub_type,
            "start": self.start,
            "end": self.end,
            "said": self.said,
        }


@dataclass(frozen=True)
class Clause:
    """A clause as the classifier sees it: its place, the chance of each issue type, the sub-type of the likeliest."""

    start: int
    end: int
    chances: Mapping[str, float]
    intent: str
    sub_type: Optional[str]


def named(text: str, clauses: Sequence[Clause]) -> List[Problem]:
    """The clauses that surely name a problem, in order; a vague one counts only when nothing clearer is there."""
    found = [problem for clause in clauses if (problem := _problem(text[clause.start : clause.end], clause))]
    if any(one.sub_type == "not_received" for one in found):
        found = [one for one in found if not _is_the_same_parcel(one, text)]
    clear = [one for one in found if not is_vague(text[one.start : one.end])]
    return clear or found[:1]


def _is_the_same_parcel(one: Problem, text: str) -> bool:
    return one.issue_type == "wrong_item" and bool(_NOT_HERE.search(text[one.start : one.end]))


def _problem(words: str, clause: Clause) -> Optional[Problem]:
    if _NO_FAULT.search(words):
        return None
    issue_type = max(FAULTS, key=lambda fault: clause.chances[fault])
    chance = clause.chances[issue_type]
    said = bool(_WORDS[issue_type].search(words))
    if chance >= (SUPPORTED if said else SURE):
        sub_type = clause.sub_type if clause.intent == issue_type else None
        return Problem(issue_type, sub_type, clause.start, clause.end, said)
    if clause.intent == "logistics" and clause.sub_type in PARCELS and clause.chances["logistics"] >= SURE:
        return Problem("logistics", clause.sub_type, clause.start, clause.end)
    return None


def is_vague(clause: str) -> bool:
    """Whether the words only say that it is bad: 质量太差了."""
    return len(clause) <= LONGEST_VAGUE and bool(_VAGUE.match(clause))


def kinds(problems: Sequence[Problem]) -> List[str]:
    """The different issue types named, in order."""
    return list(dict.fromkeys(one.issue_type for one in problems))
