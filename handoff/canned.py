"""Canned replies of the platform, of a merchant and of one's own: found, filled in, and kept by those who may."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy import and_, insert, or_, select, update

from aftersales.reading import of_conversations
from handoff.core.canned import VARIABLES, fill, rank, syllables, unknown_variables
from handoff.writing_store import canned_replies
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, forbidden, not_found
from kernel.ids import new_id
from kernel.principal import PLATFORM, Principal
from kernel.times import SHANGHAI

DEFAULTS = Path(__file__).parent / "canned_defaults.yml"
MOST_FOUND = 50
_SCOPES = {"own": 0, "merchant": 1, "platform": 2}
c = canned_replies.c


async def install_defaults(db: Database, now: datetime) -> int:
    """Brings the replies that ship with the product, each once: an edited or deleted one stays as people left it."""
    shipped = YAML(typ="safe").load(DEFAULTS.read_text(encoding="utf8"))
    async with db.write() as tx:
        known = {row["id"] for row in await tx.all(select(c.id).where(c.id.like("cr_shipped_%")))}
        rows = [
            _row(title, text, PLATFORM, None, "system", now) | {"id": f"cr_shipped_{name}"}
            for name, title, text in shipped
            if f"cr_shipped_{name}" not in known
        ]
        if rows:
            await tx.execute(insert(canned_replies), rows)
    return len(rows)


async def search(
    tx: Tx, who: Principal, query: str, values: dict[str, str | None], party: str | None = None
) -> list[dict[str, Any]]:
    """What this agent may use, best match first: then own before the merchant's before the platform's, often used
    first. Each with `filled` and `missing`, see `core.canned.fill`. `party`: whose conversation it is for.
    """
    rows = await _visible(tx, who, party)
    ranked = [
        (place, _SCOPES[scope_of(row)], -row["uses"], row["title"], row)
        for row in rows
        if (place := rank(query, row["title"], row["text"], row["pinyin"])) is not None
    ]
    ranked.sort(key=lambda one: one[:4])
    found = []
    for *_, row in ranked[:MOST_FOUND]:
        filled = fill(row["text"], values)
        found.append(as_json(row, who) | {"filled": filled.text, "missing": list(filled.missing)})
    return found


async def _visible(tx: Tx, who: Principal, party: str | None) -> Sequence[Row]:
    parties = {PLATFORM, who.party}
    if party and who.may_see(party):
        parties.add(party)
    shared = and_(c.owner_id.is_(None), c.party.in_(parties))
    return await tx.all(select(canned_replies).where(c.active, or_(shared, c.owner_id == who.agent_id)))


async def values_for(tx: Tx, row: Row, who: Principal, lines: Sequence[Any] = ()) -> dict[str, str | None]:
    """What the variables stand for in this conversation; None for what is not known. `lines`: its order lines."""
    tickets = [t for t in await of_conversations(tx, [row["id"]]) if _is_for(who, t)]
    ticket = tickets[-1] if tickets else None
    order = (ticket or {}).get("order") or {}
    if not order:
        line = next((one for one in lines if one.line_id == row["order_line_id"]), None)
        order = {"order_no": line.order_no, "title": line.title} if line else {}
    due = datetime.fromisoformat(ticket["due_at"]) if ticket and ticket["due_at"] else None
    return dict(
        zip(
            VARIABLES,
            (
                row["consumer_name"] or "",
                order.get("order_no"),
                order.get("title"),
                ticket["id"] if ticket else None,
                f"{due.astimezone(SHANGHAI):%-m月%-d日%-H点%M分}".replace("点00分", "点") if due else None,
                who.name,
            ),
            strict=True,
        )
    )


def _is_for(who: Principal, ticket: dict[str, Any]) -> bool:
    return who.may_see(ticket["merchant"]["id"] if ticket["merchant"] else PLATFORM)


async def add(
    db: Database, who: Principal, *, title: str, text: str, scope: str, party: str | None, now: datetime
) -> dict[str, Any]:
    """A new reply: `own`, for one `merchant`, or for the whole `platform`. Raises DomainError."""
    _check(title, text)
    owner = who.agent_id if scope == "own" else None
    of = who.party if scope == "own" else PLATFORM if scope == "platform" else (party or who.party)
    if owner is None:
        _may_share(who, of)
    row = _row(title, text, of, owner, who.agent_id, now)
    async with db.write() as tx:
        await tx.execute(insert(canned_replies).values(row))
    return as_json(row, who)


async def change(
    db: Database, who: Principal, reply_id: str, *, title: str, text: str, now: datetime
) -> dict[str, Any]:
    _check(title, text)
    values = {"title": title.strip(), "text": text.strip(), "pinyin": syllables(title)}
    return await _update(db, who, reply_id, values | {"updated_by": who.agent_id, "updated_at": now})


async def remove(db: Database, who: Principal, reply_id: str, now: datetime) -> None:
    await _update(db, who, reply_id, {"active": False, "updated_by": who.agent_id, "updated_at": now})


async def used(db: Database, who: Principal, reply_id: str) -> None:
    """Counts a use; replies that are used often are offered first."""
    async with db.write() as tx:
        await tx.execute(
            update(canned_replies).where(c.id == reply_id, c.active).values(uses=canned_replies.c.uses + 1)
        )


async def _update(db: Database, who: Principal, reply_id: str, values: dict[str, Any]) -> dict[str, Any]:
    async with db.write() as tx:
        row = await tx.one(select(canned_replies).where(c.id == reply_id, c.active))
        if row is None or (row["owner_id"] not in (None, who.agent_id)) or not _sees(row, who):
            raise not_found("常用语")
        if row["owner_id"] is None:
            _may_share(who, row["party"])
        after = await tx.one(update(canned_replies).where(c.id == reply_id).values(values).returning(*c))
    assert after is not None
    return as_json(after, who)


def _sees(row: Row, who: Principal) -> bool:
    return row["owner_id"] == who.agent_id or row["party"] == PLATFORM or who.may_see(row["party"])


def _may_share(who: Principal, party: str) -> None:
    if not may_edit(who, party, None):
        raise forbidden("平台常用语由主管维护，商家常用语由商家坐席或主管维护")


def may_edit(who: Principal, party: str, owner_id: str | None) -> bool:
    """One's own; a merchant's by its agents; everything shared by supervisors and administrators."""
    if owner_id is not None:
        return owner_id == who.agent_id
    if who.party == PLATFORM:
        return who.role in ("supervisor", "admin")
    return party == who.party and who.handles_conversations


def _check(title: str, text: str) -> None:
    if not title.strip() or not text.strip():
        raise DomainError("empty_reply", "标题和内容都要写", 422)
    if unknown := unknown_variables(text):
        names = "、".join("{" + name + "}" for name in VARIABLES)
        wrong = "、".join("{" + name + "}" for name in unknown)
        raise DomainError("unknown_variable", f"不认识 {wrong}，可以用的有 {names}", 422, unknown=unknown)


def _row(title: str, text: str, party: str, owner_id: str | None, by: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id("cr"),
        "party": party,
        "owner_id": owner_id,
        "title": title.strip(),
        "text": text.strip(),
        "pinyin": syllables(title),
        "uses": 0,
        "active": True,
        "updated_by": by,
        "updated_at": now,
    }


def scope_of(row: Row) -> str:
    return "own" if row["owner_id"] else "platform" if row["party"] == PLATFORM else "merchant"


def as_json(row: Row, who: Principal) -> dict[str, Any]:
    return {
        "id": row["id"],
        "scope": scope_of(row),
        "party": row["party"],
        "title": row["title"],
        "text": row["text"],
        "uses": row["uses"],
        "editable": may_edit(who, row["party"], row["owner_id"]),
    }
