"""Evidence: what a complaint needs, what has come, what is still open. One request names everything at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aftersales.core.rulebook import EvidenceItem, Rulebook

MEDIA = ("image", "video", "document")
MOST_TEXT = 500  # characters of a consumer's words kept with an item

# Where the text leaves the sub-type open: what to say when the candidates ask for different things.
OPEN_REQUEST = "给您添麻烦了，请拍一下有问题的地方和商品整体，再说说是什么情况，我来帮您对照处理。"
OPEN_LABELS = {
    "quality": "商品质量问题",
    "wrong_item": "发错或少发",
    "size": "尺码问题",
    "no_reason": "七天无理由退货",
    "not_as_described": "与描述不符",
    "logistics": "物流问题",
    "refund_status": "退款问题",
    "after_sales_question": "售后申请",
    "service_complaint": "服务投诉",
}
OPEN_ITEMS: dict[str, tuple[EvidenceItem, ...]] = {
    "quality": (
        EvidenceItem(id="defect_photo", label="问题处近照", kind="image", required=True),
        EvidenceItem(id="whole_photo", label="整体照", kind="image", required=True),
        EvidenceItem(id="label_photo", label="外箱面单", kind="image", required=False),
        EvidenceItem(id="fault_video", label="故障视频", kind="video", required=False),
    ),
    "wrong_item": (
        EvidenceItem(id="received_photo", label="实收商品合照（含标签）", kind="image", required=True),
        EvidenceItem(id="missing_what", label="错了或少了哪件", kind="text", required=True),
        EvidenceItem(id="label_photo", label="外箱面单", kind="image", required=False),
    ),
}
OPEN_REQUESTS = {
    "quality": OPEN_REQUEST,
    "wrong_item": "让您白等了，请把收到的连标签摆一起拍一张，告诉我错了或少了哪件，外箱面单有就一起发。",
}


@dataclass(frozen=True)
class Item:
    """One thing to be shown or said; `count_min` is how many files a media item needs."""

    id: str
    label: str
    kind: str
    required: bool
    hint: str = ""
    count_min: int = 1
    fact: str | None = None
    pattern: str = ""


@dataclass(frozen=True)
class Checklist:
    issue_type: str
    sub_type: str | None
    label: str
    items: tuple[Item, ...]
    request: str


@dataclass(frozen=True)
class Attachment:
    """A file as it arrived: its id, what it is (image, video, document) and the sha256 of its bytes."""

    file_id: str
    kind: str
    sha256: str


def checklist(rulebook: Rulebook, issue_type: str, sub_type: str | None) -> Checklist:
    """The evidence for a complaint; with an open sub-type, what all candidates need in one list.

    An issue type without a list of its own (a complaint of the service) asks for the words alone.
    """
    if sub_type and sub_type in rulebook.issues:
        issue = rulebook.issues[sub_type]
        return Checklist(issue_type, sub_type, issue.label, tuple(map(_item, issue.items)), issue.request)
    label = OPEN_LABELS.get(issue_type, "售后申请")
    if issue_type in OPEN_ITEMS:
        return Checklist(
            issue_type, None, label, tuple(map(_item, OPEN_ITEMS[issue_type])), OPEN_REQUESTS[issue_type]
        )
    found = [name for name, issue in rulebook.issues.items() if issue.issue_type == issue_type]
    if not found or issue_type == "after_sales_question":
        words = Item("description", "具体情况", "text", True)
        return Checklist(issue_type, None, label, (words,), "请说说具体是什么情况，我来帮您登记处理。")
    default = {"size": "size_unfit", "logistics": "not_received"}.get(issue_type, found[0])
    issue = rulebook.issues[default]
    return Checklist(issue_type, default, issue.label, tuple(map(_item, issue.items)), issue.request)


def tick(
    todo: Checklist,
    collected: dict[str, Any],
    *,
    attachments: Sequence[Attachment] = (),
    text: str = "",
    facts: dict[str, Any] | None = None,
    cannot: bool = False,
    confirmed: bool | None = None,
) -> dict[str, Any]:
    """What is there after one more turn: `{item_id: {"files": [file_id], "text": str | None, "waived": bool}}`.

    Files go to the first open item of their kind, mandatory ones first, then to the last of that kind; a photo
    serves where a video is asked for. `cannot` waives the open mandatory media items, which is recorded. The
    given dict is not changed.
    """
    now: dict[str, Any] = {item_id: dict(entry) for item_id, entry in collected.items()}
    known = {file_id for entry in now.values() for file_id in entry["files"]}
    for attachment in attachments:
        if attachment.file_id not in known:
            known.add(attachment.file_id)
            target = _place(todo, now, attachment.kind)
            if target:
                entry = now.setdefault(target.id, _empty())
                entry["files"] = [*entry["files"], attachment.file_id]
                entry["waived"] = False
    for item in todo.items:
        if _is_ticked(item, now.get(item.id)):
            continue
        if item.fact and (value := (facts or {}).get(item.fact)):
            now[item.id] = _empty() | {"text": str(value[0] if isinstance(value, list) else value)}
        elif item.kind == "confirm" and confirmed is not None:
            now[item.id] = _empty() | {"text": "是" if confirmed else "否"}
        elif item.kind == "text" and item.required and not item.fact and not cannot and _answers(item, text):
            now[item.id] = _empty() | {"text": text.strip()[:MOST_TEXT]}
        elif cannot and item.required and item.kind in MEDIA:
            now[item.id] = _empty() | {"waived": True}
    return now


def open_items(todo: Checklist, collected: dict[str, Any]) -> list[Item]:
    """Items neither provided nor waived, in the list's order."""
    return [item for item in todo.items if not _is_ticked(item, collected.get(item.id))]


def is_complete(todo: Checklist, collected: dict[str, Any]) -> bool:
    """Whether nothing mandatory is open any more."""
    return not any(item.required for item in open_items(todo, collected))


def _item(entry: EvidenceItem) -> Item:
    return Item(entry.id, entry.label, entry.kind, entry.required, entry.hint, 1, entry.fact, entry.pattern)


def _empty() -> dict[str, Any]:
    return {"files": [], "text": None, "waived": False}


def _is_ticked(item: Item, entry: dict[str, Any] | None) -> bool:
    if not entry:
        return False
    return bool(entry["waived"] or len(entry["files"]) >= item.count_min or entry["text"])


def _answers(item: Item, text: str) -> bool:
    return bool(text.strip()) and (not item.pattern or re.search(item.pattern, text) is not None)


def _place(todo: Checklist, collected: dict[str, Any], kind: str) -> Item | None:
    """Where a file of this kind belongs."""
    accepts = {
        "image": ("image", "video", "document"),
        "video": ("video", "image"),
        "document": ("document",),
    }[kind]
    fitting = [item for item in todo.items if item.kind in accepts]
    fitting.sort(key=lambda item: (not item.required, accepts.index(item.kind)))
    for item in fitting:
        entry = collected.get(item.id)
        if not _is_ticked(item, entry) or (entry and entry["waived"]):
            return item
    return fitting[0] if fitting else None
