"""Questions to the archive: search, one dossier. Whoever asks is written down before he is answered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from aftersales.archive.core.chain import DOSSIER, section_hash
from aftersales.archive.core.dossier import SECTIONS
from aftersales.archive.store import entries, files, sections
from aftersales.archive.watching import note
from aftersales.paging import after, cursor_of, place_of
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, forbidden, not_found
from kernel.principal import Principal
from kernel.times import wire_time


@dataclass(frozen=True)
class Search:
    """What to look for; None means any. `since` and `until` bound the time of completion, the latter excluded."""

    order_no: str | None = None
    consumer_id: str | None = None
    party: str | None = None
    issue_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    restricted: bool = False  # only what a deletion request has moved out of everybody's sight


async def search(
    db: Database,
    who: Principal,
    wanted: Search,
    now: datetime,
    reason: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:
    """Dossiers the newest completion first, and the cursor of the next page, None on the last.

    A merchant's agents find their own merchant's, and never restricted ones; those are for the platform, with a
    reason. Raises forbidden (403), `missing_reason` (422), `bad_cursor` (422).
    """
    _check_restricted(who, wanted.restricted, reason)
    query = matching(wanted, who)
    if cursor:
        query = query.where(after(files.c.completed_at, files.c.ticket_id, place_of(cursor)))
    async with db.write() as tx:
        await note(tx, who, "search", None, reason, now, wanted=described(wanted))
    async with db.read() as tx:
        rows = await tx.all(query.limit(limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    following = cursor_of((last["completed_at"], last["ticket_id"])) if last else None
    return [summary(row) for row in rows[:limit]], following


def matching(wanted: Search, who: Principal) -> Select[Any]:
    """The rows of the index that are wanted and may be seen, in the order of the pages."""
    if not who.handles_conversations:
        raise forbidden("您的角色不能查看档案")
    query = select(files).order_by(files.c.completed_at.desc(), files.c.ticket_id.desc())
    for column, value in (
        (files.c.order_no, wanted.order_no),
        (files.c.consumer_id, wanted.consumer_id),
        (files.c.party, wanted.party),
        (files.c.issue_type, wanted.issue_type),
    ):
        if value is not None:
            query = query.where(column == value)
    if not who.handles_all_parties:
        query = query.where(files.c.party == who.party)
    if wanted.since is not None:
        query = query.where(files.c.completed_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(files.c.completed_at < wanted.until)
    is_open = files.c.restricted_at.is_(None)
    return query.where(~is_open if wanted.restricted else is_open)


def described(wanted: Search) -> dict[str, Any]:
    """The search as the access log keeps it."""
    found = {name: value for name, value in asdict(wanted).items() if value not in (None, False)}
    return {name: wire_time(v) if isinstance(v, datetime) else v for name, v in found.items()}


async def dossier(db: Database, who: Principal, ticket_id: str, reason: str, now: datetime) -> dict[str, Any]:
    """The newest dossier of a ticket, see `read_dossier`; the look is logged.

    Raises not_found (404) also for another merchant's, forbidden and `missing_reason` for restricted ones.
    """
    async with db.write() as tx:
        row = await tx.one(select(files).where(files.c.ticket_id == ticket_id))
        if row is None or not who.may_see(row["party"]):
            raise not_found("档案")
        _check_restricted(who, row["restricted_at"] is not None, reason)
        await note(tx, who, "view", ticket_id, reason, now)
    async with db.read() as tx:
        return (await read_dossiers(tx, [row]))[0]


async def read_dossiers(tx: Tx, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Index rows with entry and content: `summary` and `{hash, prev_hash, sections: {name: {hash, intact, body}}}`.

    `body` is None where it was deleted; `intact` says whether the content still gives the hash of its entry.
    """
    seqs = [row["seq"] for row in rows]
    links = await tx.all(select(entries).where(entries.c.seq.in_(seqs), entries.c.kind == DOSSIER))
    by_seq = {entry["seq"]: entry for entry in links}
    bodies: dict[tuple[int, str], Row] = {
        (body["seq"], body["name"]): body
        for body in await tx.all(select(sections).where(sections.c.seq.in_(seqs)))
    }
    return [_whole(row, by_seq[row["seq"]], bodies) for row in rows]


def _whole(row: Row, entry: Row, bodies: Mapping[tuple[int, str], Row]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for name in SECTIONS:
        if name not in entry["sections"]:
            continue
        kept = bodies.get((row["seq"], name))
        digest = entry["sections"][name]
        parts[name] = {
            "hash": digest,
            "intact": section_hash(kept["salt"], kept["body"]) == digest if kept else None,
            "body": json.loads(kept["body"]) if kept else None,
        }
    return summary(row) | {"hash": entry["hash"], "prev_hash": entry["prev_hash"], "sections": parts}


def summary(row: Row) -> dict[str, Any]:
    """One line of a search's answer."""
    plain = (
        "ticket_id",
        "seq",
        "order_no",
        "consumer_id",
        "party",
        "merchant_name",
        "issue_type",
        "sub_type",
    )
    times = ("completed_at", "archived_at", "retain_until", "restricted_at", "erased_at")
    shown: dict[str, Any] = {name: row[name] for name in plain}
    shown |= {name: wire_time(row[name]) if row[name] else None for name in times}
    return shown | {"held": bool(row["held"]), "hold_reason": row["hold_reason"]}


def _check_restricted(who: Principal, restricted: bool, reason: str) -> None:
    if not restricted:
        return
    if not who.handles_all_parties:
        raise not_found("档案")
    if not reason.strip():
        raise DomainError("missing_reason", "这份档案已限制存储，请填写查看的原因", 422, field="reason")
