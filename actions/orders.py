"""Which order line a complaint is about: pure choices over the lines the service already knows."""

import re
from collections.abc import Sequence
from typing import Any

from actions.case import NO_ORDER
from actions.say import goods
from actions.turn import Turn

Line = dict[str, Any]

MOST_SHOWN = 6
# What people call a kind of goods, and how titles of the kind are recognised.
_CLOTHES = ("服", "衣", "衫", "裤", "裙", "恤", "袄")
_KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("衣服", "外套", "上衣"), _CLOTHES),
    "裤子": ("裤",),
    "裙子": ("裙",),
    "鞋": ("鞋", "靴"),
    "鞋子": ("鞋", "靴"),
    "包": ("包",),
    "包包": ("包",),
    "书": ("书", "绘本", "册", "《"),
    "图书": ("书", "绘本", "册", "《"),
    "水果": ("莓", "橙", "果", "桃", "梨", "瓜", "葡萄", "车厘子"),
    "椅子": ("椅",),
    "杯子": ("杯",),
    "电脑": ("电脑", "笔记本"),
    "洗面奶": ("洗面奶", "洁面"),
    "水壶": ("壶",),
    "背包": ("包",),
}
_GAP = 2  # signs that a title may put between those of a word: 跑鞋 is 跑步鞋
_RECEIVED = ("signed", "finished")
_STATUSES: dict[str, tuple[str, ...]] = {
    "quality": _RECEIVED,
    "wrong_item": _RECEIVED,
    "size": _RECEIVED,
    "not_as_described": _RECEIVED,
    "logistics": ("shipped", "signed"),
}


def line_of(turn: Turn, line_id: str | None) -> Line | None:
    """The known line with this id."""
    return next((line for line in turn.orders if line["line_id"] == line_id), None)


def plausible(turn: Turn, issue_type: str, refused: Sequence[str] = ()) -> list[Line]:
    """The lines that what was said leaves possible, newest first: by number, by goods and spec, by how far they are.

    `refused` are those that the consumer has said it is not.
    """
    numbers = turn.all_of("order_no") + turn.all_of("waybill_no")
    named = [line for line in turn.orders if line["order_no"] in numbers or line.get("waybill_no") in numbers]
    lines = list(named or turn.orders)
    lines = [line for line in lines if line["line_id"] not in refused] or lines
    for narrower in (_says_goods, _says_spec):
        lines = [line for line in lines if narrower(turn, line)] or lines
    wanted = _STATUSES.get(issue_type)
    if wanted:
        lines = [line for line in lines if line["status"] in wanted] or lines
    busy = {(ticket.get("order") or {}).get("line_id") for ticket in turn.tickets}
    return [line for line in lines if line["line_id"] not in busy] or lines


def choose(turn: Turn, issue_type: str, *, asked: bool, refused: Sequence[str] = ()) -> str | None:
    """The line's id when one is meant, NO_ORDER when the case goes on without one, None to ask."""
    picked = turn.chosen.get("order_line")
    if picked == NO_ORDER or line_of(turn, picked):
        return str(picked)
    if not turn.orders:
        # An anonymous consumer is asked once for the number; what he says next is taken as his answer.
        return NO_ORDER if asked or turn.fact("order_no") else None
    if line_of(turn, turn.order_line_id) and not says_which(turn) and turn.order_line_id not in refused:
        return turn.order_line_id
    lines = [line for line in plausible(turn, issue_type, refused) if line["line_id"] not in refused]
    return str(lines[0]["line_id"]) if len(lines) == 1 else None


def says_which(turn: Turn) -> bool:
    """Whether this turn names an order, by button, number or goods."""
    return bool(
        turn.chosen.get("order_line")
        or turn.fact("order_no")
        or any(_says_goods(turn, o) for o in turn.orders)
    )


def named_line(turn: Turn) -> str | None:
    """The one line that these words point out by number, goods or kind; None where they name none or several."""
    if not says_which(turn):
        return None
    lines = plausible(turn, turn.issue_type or "")
    return str(lines[0]["line_id"]) if len(lines) == 1 else None


def unknown_goods(turn: Turn) -> str | None:
    """Goods that the consumer names and has not bought here, as far as his orders tell."""
    words = turn.all_of("product")
    return str(words[0]) if words and not any(_says_goods(turn, line) for line in turn.orders) else None


def repeated(turn: Turn, issue_type: str) -> dict[str, Any] | None:
    """The ticket opened in this conversation that the same words are about again; None where other goods are meant."""
    mine = [
        ticket
        for ticket in turn.tickets
        if ticket["issue_type"] == issue_type and ticket.get("conversation_id") == turn.conversation_id
    ]
    if not mine or turn.chosen:
        return None
    if not says_which(turn):
        return mine[0]
    meant = {line["line_id"] for line in turn.orders if _says_goods(turn, line)}
    return next((t for t in mine if (t.get("order") or {}).get("line_id") in meant), None)


def picker(turn: Turn, issue_type: str, refused: Sequence[str] = ()) -> dict[str, Any]:
    """The card to choose from; the last entry goes on without an order."""
    lines = plausible(turn, issue_type, refused)[:MOST_SHOWN]
    return {
        "type": "order_picker",
        "title": "是哪一件呢？",
        "orders": [shown(line) | {"choice": _choice(line)} for line in lines],
    }


def shown(line: Line) -> dict[str, Any]:
    """What a card shows of a line."""
    keys = (
        "line_id",
        "order_no",
        "title",
        "spec",
        "image_url",
        "paid_fen",
        "quantity",
        "status",
        "signed_at",
    )
    return {key: line.get(key) for key in keys}


def parcel_state(line: Line) -> str:
    """Where the parcel is, in one sentence of the order's own facts."""
    from actions.say import moment

    carrier = f"{line['carrier']} {line['waybill_no']}" if line.get("waybill_no") else ""
    match line["status"]:
        case "paid":
            return f"{goods(line)}商家还没有发货。"
        case "shipped":
            return f"{goods(line)}{moment(line.get('shipped_at'))}由{carrier}发出，正在运输中。"
        case _:
            return f"{goods(line)}（{carrier}）物流显示{moment(line.get('signed_at'))}已签收。"


def _choice(line: Line) -> str:
    return f'/choose_order{{"order_line": "{line["line_id"]}"}}'


def _says_goods(turn: Turn, line: Line) -> bool:
    words = [part for word in turn.all_of("product") for part in _names(str(word).lower())]
    about = f"{line['title']}{line.get('category') or ''}".lower()
    return any(word in about or (len(word) > 1 and _is_short_for(word, about)) for word in words)


def _names(word: str) -> tuple[str, ...]:
    """How a title may call what people call `word`: 橙子 is 脐橙, 鞋子 are boots as well."""
    if word in _KINDS:
        return _KINDS[word]
    return (word, word[:-1]) if word.endswith("子") and len(word) > 1 else (word,)


def _is_short_for(word: str, title: str) -> bool:
    return bool(re.search(f".{{0,{_GAP}}}".join(map(re.escape, word)), title))


def _says_spec(turn: Turn, line: Line) -> bool:
    words = [str(word).lower() for key in ("color", "size") for word in turn.all_of(key)]
    spec = " ".join(str(value) for value in (line.get("spec") or {}).values()).lower()
    return any(word in spec for word in words)


def names(lines: Sequence[Line]) -> list[str]:
    return [goods(line) for line in lines]
