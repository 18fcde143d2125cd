"""A training sentence with its facts as Rasa writes it: `订单[〔订单号〕](order_no)没收到`. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any

from curation.core.masking import Span

_MARK = re.compile(r"\[(?P<said>[^\[\]]+)\](?:\((?P<key>\w+)\)|(?P<more>\{[^{}]*\}))")


def unmarked(line: str) -> tuple[str, tuple[Span, ...]]:
    """The sentence without its marks, and the facts that were marked."""
    pieces: list[str] = []
    facts: list[Span] = []
    place = length = 0
    for found in _MARK.finditer(line):
        about = _about(found)
        if about is None:
            continue
        before = line[place : found.start()]
        pieces += [before, found["said"]]
        length += len(before)
        key, value = about
        facts.append(
            Span(key, value if value is not None else found["said"], length, length + len(found["said"]))
        )
        length += len(found["said"])
        place = found.end()
    return "".join(pieces) + line[place:], tuple(facts)


def _about(found: re.Match[str]) -> tuple[str, Any] | None:
    if found["key"]:
        return found["key"], None
    try:
        more = json.loads(found["more"])
        return str(more["entity"]), more.get("value")
    except (ValueError, KeyError, TypeError):
        return None


def marked(text: str, facts: Sequence[Span]) -> str:
    """The sentence as a line of `data/nlu`. Facts that overlap, or hold a bracket, are left out."""
    pieces, place = [], 0
    for fact in sorted(facts, key=lambda one: (one.start, -one.end)):
        said = text[fact.start : fact.end]
        if fact.start < place or not said.strip() or "[" in said or "]" in said:
            continue
        same = str(fact.value) == said and not isinstance(fact.value, bool)
        about = json.dumps(
            {"entity": fact.key, "value": str(fact.value).replace("{", "").replace("}", "")},
            ensure_ascii=False,
        )
        pieces += [text[place : fact.start], f"[{said}]", f"({fact.key})" if same else about]
        place = fact.end
    return "".join(pieces) + text[place:]


def one_line(text: str) -> str:
    """A sentence that can be a line of a YAML block: no line breaks, no signs YAML has no letter for, no mark of ours."""
    text = re.sub(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]+", " ", text)
    text = re.sub(r" {2,}", " ", text).strip()
    return text.replace("[", "［").replace("]", "］") if _MARK.search(text) else text
