"""Evidence: what a complaint needs, what has come, what is still open. One request names everything at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aftersales.core.rulebook import EvidenceItem, Rulebook, When

MEDIA = ("image", "video", "document")
MOST_TEXT = 500  # characters of a consumer's words kept with an item
ASKED_FOR = "extra_"  # begins the id of an item that an agent asked for by name, beyond the checklist


@dataclass(frozen=True)
class Item:
    """One thing to be shown or said; `count_min` is how many files a media item needs.

    `own_consent`: sensitive, so it is never filled here (L30). `required_when`: mandatory only after that answer.
    """

    id: str
    label: str
    kind: str
    required: bool
    hint: str = ""
    count_min: int = 1
    fact: str | None = None
    pattern: str = ""
    own_consent: bool = False
    required_when: When | None = None


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

    An issue type that the rulebook does not know asks for the words alone.
    """
    if sub_type in rulebook.issues:
        issue = rulebook.issues[sub_type]
        return Checklist(issue_type, sub_type, issue.label, tuple(map(_item, issue.items)), issue.request)
    known = rulebook.open_issues.get(issue_type)  # type: ignore[call-overload]
    if known is None:
        words = Item("description", "具体情况", "text", True)
        return Checklist(issue_type, None, "售后申请", (words,), "请说说具体是什么情况，我来帮您登记处理。")
    if known.assume:
        return checklist(rulebook, issue_type, known.assume)
    return Checklist(issue_type, None, known.label, tuple(map(_item, known.items)), known.request)


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

    Files go to the first open item of their kind, mandatory ones first, and once all are filled to the first of
    that kind; a photo serves where a video or a document is asked for. Words answer mandatory questions, and
    optional ones that say which words they mean. `cannot` waives the open mandatory media items, or the open
    questions when no media is missing any more; that is recorded, and a file that comes later takes it back. The
    given dict is not changed, and nothing that was provided is ever taken away.
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
    waived = _waivable(todo, now) if cannot else set()
    for item in todo.items:
        if item.own_consent or _is_ticked(item, now.get(item.id)):
            continue
        answer = _answer(item, "" if cannot else text, facts or {}, confirmed)
        if answer is not None:
            now[item.id] = now.get(item.id, _empty()) | {"text": answer[:MOST_TEXT]}
        elif item.id in waived:
            now[item.id] = now.get(item.id, _empty()) | {"waived": True}
    return now


def _waivable(todo: Checklist, collected: dict[str, Any]) -> set[str]:
    """What "拍不了" or "没有" is said of: the missing pictures, else the missing answers."""
    still = [item for item in open_items(todo, collected) if item.required]
    media = {item.id for item in still if item.kind in MEDIA}
    return media or {item.id for item in still if item.kind == "text"}


def _answer(item: Item, text: str, facts: dict[str, Any], confirmed: bool | None) -> str | None:
    """What a turn's words say to one open item, or None."""
    if item.fact and (value := facts.get(item.fact)):
        return str(value[0] if isinstance(value, list) else value)
    if item.kind == "confirm" and confirmed is not None:
        return "是" if confirmed else "否"
    if item.kind != "text" or not text.strip():
        return None
    if item.pattern:
        return text.strip() if re.search(item.pattern, text) else None
    return text.strip() if item.required and not item.fact else None


def open_items(todo: Checklist, collected: dict[str, Any]) -> list[Item]:
    """Items neither provided nor waived, in the list's order; an answer may have made one of them mandatory."""
    return [
        replace(item, required=item.required or _is_called_for(item, collected))
        for item in todo.items
        if not _is_ticked(item, collected.get(item.id))
    ]


def is_complete(todo: Checklist, collected: dict[str, Any]) -> bool:
    """Whether nothing mandatory is open any more."""
    return not any(item.required for item in open_items(todo, collected))


def _item(entry: EvidenceItem) -> Item:
    return Item(
        entry.id,
        entry.label,
        entry.kind,
        entry.required,
        entry.hint,
        entry.count,
        entry.fact,
        entry.pattern,
        entry.own_consent,
        entry.required_when,
    )


def _is_called_for(item: Item, collected: dict[str, Any]) -> bool:
    when = item.required_when
    return bool(when and re.search(when.matches, (collected.get(when.item) or _empty())["text"] or ""))


def _empty() -> dict[str, Any]:
    return {"files": [], "text": None, "waived": False}


def _is_ticked(item: Item, entry: dict[str, Any] | None) -> bool:
    if not entry:
        return False
    return bool(entry["waived"] or len(entry["files"]) >= item.count_min or entry["text"])


def _place(todo: Checklist, collected: dict[str, Any], kind: str) -> Item | None:
    """Where a file of this kind belongs."""
    accepts = {
        "image": ("image", "video", "document"),
        "video": ("video", "image"),
        "document": ("document",),
    }[kind]
    fitting = [item for item in todo.items if item.kind in accepts and not item.own_consent]
    fitting.sort(key=lambda item: (not item.required, accepts.index(item.kind)))
    for item in fitting:
        entry = collected.get(item.id)
        if not _is_ticked(item, entry) or (entry and entry["waived"]):
            return item
    return fitting[0] if fitting else None
