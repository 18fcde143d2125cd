"""The wording rules of domain-rules §7: each forbidden phrase is marked with its better one; good sentences are not."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.core.wording_check import Rule, check
from handoff.tone import rules

# §7's left column, in its order, as an agent would type it.
FORBIDDEN = {
    1: "这个不归我们管",
    2: "您找快递吧",
    3: "您找厂家",
    4: "这是规定",
    5: "没办法",
    6: "不可能的",
    7: "您自己弄坏的吧",
    8: "别人都没问题",
    9: "签收就没问题",
    10: "拆封不退",
    11: "特价不退",
    12: "本店拥有最终解释权",
    13: "您没说清楚",
    14: "请耐心等待",
    15: "已反馈",
    16: "这个我不清楚",
    17: "看不懂您说啥",
    18: "您必须提供购买凭证",
    19: "证据不足驳回",
    20: "那您去投诉吧",
    21: "下次注意",
    22: "系统就这样",
    23: "只能给您券",
    24: "亲亲，看到了哦，稍等哦",
}


@pytest.mark.parametrize("no", FORBIDDEN)
def test_every_forbidden_phrase_is_marked_by_its_rule_with_the_better_phrase(no: int) -> None:
    hits = [hit for hit in check(FORBIDDEN[no], rules()) if hit.rule == no]
    assert hits, FORBIDDEN[no]
    assert hits[0].why
    assert hits[0].better or no == 12  # the last word is simply left out


@pytest.mark.parametrize("no", FORBIDDEN)
def test_the_better_phrase_is_not_marked_itself(no: int) -> None:
    better = next(rule.better for rule in rules() if rule.no == no)
    assert check(better, rules()) == []


@pytest.mark.parametrize(
    "text",
    [
        "您不用联系快递，我们去核实",
        "我想办法给您加急",
        "请问照片看得不清楚的地方能再拍一张吗",
        "按规定的时间，商家要在48小时内回复",
        "您父亲的名字写错了",
        "已反馈给仓库，今天18点前回您",
        "签收后也能反馈，您放心",
        "我尽快处理，今天下午5点前回复您",
        "拆开查验不影响退货",
        "您可以申请平台介入，投诉入口在订单页",
        "还有没有办法取消，我帮您问一下",
    ],
)
def test_good_sentences_are_left_alone(text: str) -> None:
    assert check(text, rules()) == []


def test_a_vague_answer_is_marked_but_is_no_violation() -> None:
    hits = check("我们会尽快处理", rules())
    assert [hit.kind for hit in hits] == ["vague"]
    assert not hits[0].is_violation
    assert check("没办法", rules())[0].is_violation


def test_an_unknown_kind_or_a_broken_pattern_is_refused() -> None:
    raw = {"no": 1, "kind": "rude", "found": ["x"], "better": "", "why": ""}
    with pytest.raises(ValueError, match="unknown kind"):
        Rule.of(raw)
    with pytest.raises(ValueError, match="rule 1"):
        Rule.of(raw | {"kind": "stiff", "found": ["("]})


_PIECES = st.sampled_from([*FORBIDDEN.values(), "您好，", "我看一下。", "😀", "\n", "今天18点前回您"])


@given(st.lists(_PIECES | st.text(max_size=6), max_size=8).map("".join))
def test_hits_are_true_places_in_order_and_never_overlap(text: str) -> None:
    hits = check(text, rules())
    assert all(text[hit.start : hit.end] == hit.found and hit.found for hit in hits)
    assert all(one.end <= other.start for one, other in itertools.pairwise(hits))
