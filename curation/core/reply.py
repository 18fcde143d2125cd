"""A reply of the bot as trainers edit it: what may change in it, and what would break a turn or mislead a consumer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kernel.errors import DomainError

_NAME = re.compile(r"\{([a-z_]+)\}")
LONGEST, LONGEST_TITLE = 500, 20

Variant = Mapping[str, Any]


def variants_of(said: Any) -> list[dict[str, Any]]:
    """A reply of a file as its variants: a plain sentence stands for one without buttons."""
    items = said if isinstance(said, list) else [said]
    return [{"text": item} if isinstance(item, str) else dict(item) for item in items]


def names_in(text: str) -> set[str]:
    """The values a text takes: `{deadline}`."""
    return set(_NAME.findall(text))


def checked(shipped: Sequence[Variant], edited: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The edited variants, cleaned; buttons keep the payloads they were shipped with and change their titles only.

    Raises DomainError `bad_wording` (422) with every reason: an empty or too long text, a value nobody fills, a value
    left out that every shipped variant had, a button that was never there.
    """
    known = set().union(*(_all_names(variant) for variant in shipped))
    needed = set.intersection(*(names_in(str(variant["text"])) for variant in shipped))
    payloads = {
        button["payload"]: dict(button) for variant in shipped for button in variant.get("buttons") or []
    }
    reasons: list[str] = []
    found = []
    for number, variant in enumerate(edited, 1):
        text = str(variant.get("text") or "").strip()
        reasons += [f"说法{number}：{why}" for why in _faults(text, known, needed)]
        cleaned: dict[str, Any] = {"text": text}
        buttons = []
        for button in variant.get("buttons") or []:
            title, payload = str(button.get("title") or "").strip(), button.get("payload")
            if payload not in payloads:
                reasons.append(f"说法{number}：按钮「{title}」没有对应的动作，只能改现有按钮的文字")
            elif not 0 < len(title) <= LONGEST_TITLE:
                reasons.append(f"说法{number}：按钮文字要有，最多 {LONGEST_TITLE} 个字")
            else:
                buttons.append(payloads[payload] | {"title": title})
        if buttons:
            cleaned["buttons"] = buttons
        found.append(cleaned)
    if not found:
        reasons.append("至少要有一种说法")
    if reasons:
        raise DomainError("bad_wording", reasons[0], 422, reasons=reasons)
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """For a preview: every value replaced by an example."""
    return _NAME.sub(lambda found: values.get(found.group(1), "……"), text)


def _all_names(variant: Variant) -> set[str]:
    return names_in(str(variant["text"])).union(
        *(names_in(str(part)) for button in variant.get("buttons") or [] for part in button.values())
    )


def _faults(text: str, known: set[str], needed: set[str]) -> list[str]:
    if not text:
        return ["不能是空的"]
    faults = []
    if len(text) > LONGEST:
        faults.append(f"有 {len(text)} 个字，最多 {LONGEST} 个")
    names = names_in(text)
    if unknown := names - known:
        faults.append(f"{_braced(unknown)} 在这条回复里没有值可填")
    if missing := needed - names:
        faults.append(f"少了 {_braced(missing)}，消费者会看不到这项内容")
    return faults


def _braced(names: set[str]) -> str:
    return "、".join(f"{{{name}}}" for name in sorted(names))
