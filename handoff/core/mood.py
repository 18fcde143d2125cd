"""How a consumer feels, read from his words by rule: for the agent's eyes, decides nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ANGRY = re.compile(
    r"骗子|骗人|垃圾|气死|忍无可忍|什么态度|欺人|恶心|坑人|坑死|黑店|太过分|受够|滚(?![筒动轮珠烫])|不要脸|无耻|王八|傻|他妈|tmd|曝光|起诉|12315|投诉"
)
_UNHAPPY = re.compile(
    r"离谱|无语|(?<!麻)烦|差评|失望|再也不|太慢|拖(?![鞋把布地])|还没|到底|怎么还|凭什么|不满|糟心|郁闷|着急|急死|等了.{0,4}[天周时]|第[二三四五]次"
)
_LOUD = re.compile(r"[!！]{2,}|[?？]{2,}|😡|🤬|😤|💢")
_KIND = re.compile(r"谢谢|辛苦|麻烦您|麻烦你|没关系|不急|慢慢")


@dataclass(frozen=True)
class Mood:
    """`label`: 激动, 不满, 平和 or 平稳; `seq` is the line that shows it, None where nothing does."""

    label: str
    seq: int | None
    is_upset: bool


def mood_of(lines: Iterable[tuple[int, str]]) -> Mood:
    """Over (seq, text) of the consumer, oldest first: the strongest sign, the newest of equals."""
    found = Mood("平稳", None, False)
    worst = 0
    for seq, text in lines:
        plain = text.lower()
        angry, loud = bool(_ANGRY.search(plain)), bool(_LOUD.search(plain))
        level = 3 if angry else 2 if _UNHAPPY.search(plain) or loud else 0
        if level >= max(worst, 1):
            worst = level
            found = Mood("激动" if level == 3 else "不满", seq, True)
        elif not worst and _KIND.search(plain):
            found = Mood("平和", seq, False)
    return found
