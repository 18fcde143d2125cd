"""Several problems in one case: one list for one request, and one ticket each. Pure.

"少发一件，另外这件还破了" is a short delivery and a damaged article. What both need is asked for once; when the
evidence is there, each problem takes its own part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from actions import orders
from actions.case import Case, Further
from actions.turn import Named, Turn
from aftersales.core.evidence import Checklist, Item, checklist
from aftersales.core.rulebook import Rulebook, When

MOST = 3  # problems in one case; more are told by nobody at once


@dataclass(frozen=True)
class Part:
    """One problem of a case with its own checklist; `ids` maps its items to those of the common list."""

    issue_type: str
    sub_type: str | None
    order_line: str | None
    todo: Checklist
    ids: dict[str, str]

    def collected(self, all_collected: dict[str, Any]) -> dict[str, Any]:
        """This problem's share of what came."""
        return {mine: all_collected[common] for mine, common in self.ids.items() if common in all_collected}


def parts_of(case: Case, rulebook: Rulebook) -> list[Part]:
    """The case's problems, the first one first. Items that two problems of one article share have one place."""
    main = checklist(rulebook, case.issue_type, case.sub_type)
    parts = [Part(case.issue_type, case.sub_type, None, main, {item.id: item.id for item in main.items})]
    for number, one in enumerate(case.further, 1):
        todo = checklist(rulebook, one.issue_type, one.sub_type)
        ids = {}
        for item in todo.items:
            shared = None if one.order_line else _shared(item, parts)
            ids[item.id] = shared or f"{number}.{item.id}"
        parts.append(Part(one.issue_type, one.sub_type, one.order_line, todo, ids))
    return parts


def todo_of(case: Case, rulebook: Rulebook) -> Checklist:
    """Everything the case needs as one list, each thing once; mandatory where one of the problems needs it."""
    parts = parts_of(case, rulebook)
    if len(parts) == 1:
        return parts[0].todo
    items: dict[str, Item] = {}
    for part in parts:
        for item in part.todo.items:
            common = part.ids[item.id]
            if common in items:
                items[common] = replace(items[common], required=items[common].required or item.required)
            else:
                items[common] = replace(item, id=common, required_when=_moved(item, part))
    label = "、".join(dict.fromkeys(part.todo.label for part in parts))
    main = parts[0].todo
    return Checklist(case.issue_type, case.sub_type, label, tuple(items.values()), main.request)


def grouped(turn: Turn) -> list[tuple[Named, str | None]]:
    """The different problems of a turn with the order line that each names, clauses about one thing put together."""
    groups: list[tuple[Named, str | None]] = []
    for named in turn.problems:
        line = orders.named_line(turn.about(named))
        for place, (other, others_line) in enumerate(groups):
            is_same_kind = named.issue_type == other.issue_type and (
                named.issue_type != "wrong_item" or named.sub_type in (None, other.sub_type)
            )
            if is_same_kind and (line is None or others_line in (None, line)):
                both = replace(other, sub_type=other.sub_type if named.sub_type == other.sub_type else None)
                groups[place] = (both, others_line or line)
                break
        else:
            groups.append((named, line))
    return groups[:MOST]


def further_of(groups: Sequence[tuple[Named, str | None]], main_line: str | None) -> list[Further]:
    """The second and later groups; a line is kept only where it is not the first one's."""
    return [
        Further(
            one.issue_type,
            one.sub_type,
            line if line != main_line else None,
            one.text,
            one.facts,
        )
        for one, line in groups
    ]


def _shared(item: Item, parts: Sequence[Part]) -> str | None:
    """The common list's place for an item that an earlier problem of the same article asks for already."""
    for part in parts:
        if part.order_line is None:
            for other in part.todo.items:
                if (other.kind, other.label) == (item.kind, item.label):
                    return part.ids[other.id]
    return None


def _moved(item: Item, part: Part) -> When | None:
    when = item.required_when
    return when.model_copy(update={"item": part.ids[when.item]}) if when else None
