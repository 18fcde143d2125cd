"""How long to wait for the rest of what a consumer is typing before the bot's turn begins."""

import re

_ENDS = re.compile(r"[。！？!?…~～]\s*$")
_COMPLETE = frozenset(
    [
        "好",
        "好的",
        "可以",
        "行",
        "嗯",
        "是",
        "是的",
        "对",
        "对的",
        "不是",
        "不",
        "不要",
        "不用",
        "没有",
        "没了",
        "谢谢",
        "退款",
        "换货",
        "退货",
        "取消",
        "1",
        "2",
        "3",
    ]
)

FRAGMENT_CHARS = 8
QUIET_SECONDS = 0.4
TYPING_QUIET_SECONDS = 1.2
LONGEST_WAIT_SECONDS = 3.0


def quiet_seconds(text: str, *, has_choice: bool, has_files: bool, is_typing: bool) -> float:
    """Seconds of silence to wait for after this message: 0 for a button or a whole sentence.

    A few characters without an end are usually the first of several messages ("在吗", "我的鞋", "开胶了");
    answering each alone would ask three questions. Photos come in series too. A consumer who is seen typing
    gets more time. The caller never waits longer than LONGEST_WAIT_SECONDS in all.
    """
    if has_choice:
        return 0.0
    if is_typing:
        return TYPING_QUIET_SECONDS
    if has_files:
        return QUIET_SECONDS
    words = text.strip()
    if words in _COMPLETE or _ENDS.search(words) or len(words) > FRAGMENT_CHARS:
        return 0.0
    return QUIET_SECONDS
