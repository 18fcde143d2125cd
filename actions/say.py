"""How values are spoken: times of day in Shanghai, lists, a piece of an order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kernel.times import SHANGHAI


def moment(at: datetime | str | None) -> str:
    """11月27日 10:30; an empty string for no time."""
    if not at:
        return ""
    when = datetime.fromisoformat(at.replace("Z", "+00:00")) if isinstance(at, str) else at
    local = when.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def day(at: datetime, now: datetime) -> str:
    """11月30日 00:00 of this year; 2027年11月26日 of another."""
    local = at.astimezone(SHANGHAI)
    if local.year == now.astimezone(SHANGHAI).year:
        return moment(at)
    return f"{local.year}年{local.month}月{local.day}日"


def listing(words: Sequence[str]) -> str:
    """破损近照、整体照和现象."""
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else "、".join(words[:-1]) + "和" + words[-1] if words else ""


def next_step(ticket: dict[str, Any]) -> str:
    """商家会先受理您的申请（11月24日 13:45前受理）."""
    due = ticket.get("due_label")
    return f"{ticket['next_step']}（{due}）" if due else str(ticket["next_step"])


def yuan(fen: int) -> str:
    """39.9元; whole sums without a point."""
    return f"{fen / 100:.2f}".rstrip("0").rstrip(".") + "元"


def goods(order: dict[str, Any] | None) -> str:
    """The title as it fits into a sentence: 「轻薄羽绒服…」."""
    if not order:
        return "这笔订单"
    title = str(order["title"])
    return f"「{title if len(title) <= 16 else title[:15] + '…'}」"
