"""Why a sentence stands in the inbox, in words. Pure."""

from collections.abc import Mapping
from typing import Any

OFTEN = 3
NEW = 0.45
UNSURE = 0.5


def reasons(item: Mapping[Any, Any], turn: Mapping[Any, Any] | None) -> list[str]:
    """Short Chinese phrases, the weightiest first."""
    found = []
    if turn:
        if turn["corrected_to"] is not None:
            found.append("消费者否认了")
        if turn["relabelled_to"]:
            found.append("工单类型不同")
        if turn["handed_off"]:
            found.append("随后转了人工")
        if turn["decision"] == "offer":
            found.append("没听懂")
        elif turn["decision"] == "ask":
            found.append("反问了")
    if item["size"] >= OFTEN:
        found.append(f"出现 {item['size']} 次")
    if (
        item["confidence"] < UNSURE
        and item["predicted"]
        and not any(one in found for one in ("没听懂", "反问了"))
    ):
        found.append("把握不大")
    if (item["parts"] or {}).get("novelty", 0) >= NEW:
        found.append("新说法")
    if item["source"] == "import":
        found.append("导入")
    elif item["source"] == "split":
        found.append("拆分而来")
    if item["wanted"] > 1:
        found.append("双人标注")
    return found
