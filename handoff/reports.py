"""Fetches what a period's report is made of, for what its reader may see; the sums are in `core.report`."""

import csv
import io
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import func, select

from aftersales.merchants.core.metrics import Counts, Window, one_pass_rate
from aftersales.merchants.scoring import cases_of
from aftersales.store import tickets
from handoff import tone
from handoff.core.report import GROUPS, Contact, Episode, Material, Score, episodes, report
from handoff.joining import ACCEPTED
from handoff.store import agents, audit, conversations, messages
from kernel.db import Database, Tx
from kernel.errors import DomainError, forbidden
from kernel.principal import PLATFORM, Principal

AT_ONCE = 500
LONGEST = timedelta(days=400)
c = conversations.c


async def make(db: Database, who: Principal, start: datetime, end: datetime, by: str) -> dict[str, Any]:
    """The report from `start` to before `end`. Raises forbidden (403), `invalid` (422)."""
    if not who.supervises:
        raise forbidden("报表由主管查看")
    if by not in GROUPS:
        raise DomainError("invalid", "by 只能是 day、agent、merchant 或 reason", 422)
    if not start < end <= start + LONGEST:
        raise DomainError("invalid", "时间段不对：开始要早于结束，最长 400 天", 422)
    only = None if who.handles_all_parties else who.party
    async with db.read() as tx:
        names = await _names(tx)
        told, contacts = await talks(tx, only, start, end)
        scores = [
            *await _ratings(tx, only, start, end),
            *await _intervals(tx, only, start, end),
            *await _wording(tx, only, names, start, end),
            *await _one_pass(tx, only, start, end),
        ]
    made = report(Material(tuple(told), tuple(contacts), tuple(scores)), by, names)
    return made | {"from": start.isoformat(), "to": end.isoformat(), "by": by}


async def _names(tx: Tx) -> dict[str, str]:
    rows = await tx.all(select(agents.c.id, agents.c.name, agents.c.party, agents.c.party_name))
    return (
        {PLATFORM: "平台"}
        | {row["party"]: row["party_name"] for row in rows}
        | {row["id"]: row["name"] for row in rows}
    )


async def talks(
    tx: Tx, only: str | None, start: datetime, end: datetime
) -> tuple[list[Episode], list[Contact]]:
    query = select(c.id, c.party).where(c.updated_at >= start, c.opened_at < end)
    if only is not None:
        query = query.where(c.party == only)
    party = {row["id"]: row["party"] for row in await tx.all(query)}
    ids = list(party)
    told: list[Episode] = []
    first: dict[str, datetime] = {}
    columns = (messages.c.conversation_id, messages.c.kind, messages.c.sender, messages.c.data, messages.c.at)
    for place in range(0, len(ids), AT_ONCE):
        part = ids[place : place + AT_ONCE]
        rows = await tx.all(
            select(*columns)
            .where(
                messages.c.conversation_id.in_(part),
                (messages.c.kind == "owner_changed") | (messages.c.sender == "agent"),
                messages.c.at < end,
            )
            .order_by(messages.c.conversation_id, messages.c.seq)
        )
        for conversation_id, lines in groupby(rows, key=lambda row: row["conversation_id"]):
            found = episodes((dict(line) for line in lines), party[conversation_id])
            told += [one for one in found if start <= one.asked_at < end]
        said = await tx.all(
            select(messages.c.conversation_id, func.min(messages.c.at).label("at"))
            .where(
                messages.c.conversation_id.in_(part),
                messages.c.sender == "consumer",
                messages.c.at >= start,
                messages.c.at < end,
            )
            .group_by(messages.c.conversation_id)
        )
        first |= {row["conversation_id"]: row["at"] for row in said}
    asked = {one.conversation_id for one in told}
    return told, [Contact(one, party[one], at, one in asked) for one, at in first.items()]


async def _ratings(tx: Tx, only: str | None, start: datetime, end: datetime) -> list[Score]:
    """Service ratings of tickets that came to 完结 in the period: 4 and 5 stars are satisfied (§6)."""
    stars = func.coalesce(tickets.c.rating_service, tickets.c.rating)
    query = select(tickets.c.party, tickets.c.closed_at, stars.label("stars")).where(
        stars.is_not(None), tickets.c.closed_at >= start, tickets.c.closed_at < end
    )
    if only is not None:
        query = query.where(tickets.c.party == only)
    return [
        Score("rating", row["party"], row["closed_at"], float(row["stars"] >= 4))
        for row in await tx.all(query)
    ]


async def _intervals(tx: Tx, only: str | None, start: datetime, end: datetime) -> list[Score]:
    query = select(audit.c.data, audit.c.at, audit.c.actor).where(
        audit.c.kind == ACCEPTED, audit.c.at >= start, audit.c.at < end
    )
    return [
        Score("interval", row["data"]["party"], row["at"], float(row["data"]["held"]), row["actor"])
        for row in await tx.all(query)
        if row["data"].get("held") is not None and only in (None, row["data"]["party"])
    ]


async def _wording(
    tx: Tx, only: str | None, names: dict[str, str], start: datetime, end: datetime
) -> list[Score]:
    """Each conversation agents wrote in, hit or not, by their party; dated by the period's end."""
    parties = [only] if only else [row["party"] for row in await tx.all(select(agents.c.party).distinct())]
    found = []
    for party in parties:
        hit = await tone.violations(tx, party, start, end)
        for one in await tone.inspected(tx, party, start, end):
            found.append(Score("wording", party, end - timedelta(seconds=1), float(one in hit)))
    return found


async def _one_pass(tx: Tx, only: str | None, start: datetime, end: datetime) -> list[Score]:
    query = select(tickets.c.party).where(tickets.c.opened_at >= start, tickets.c.opened_at < end).distinct()
    if only is not None:
        query = query.where(tickets.c.party == only)
    window = Window(start, end)
    found = []
    for row in await tx.all(query):
        cases, _ = await cases_of(tx, row["party"], window)
        judged = one_pass_rate(cases, window, Counts())
        opened = {case.ticket_id: case.opened_at for case in cases}
        found += [
            Score("one_pass", row["party"], opened[ticket], value) for ticket, value in judged.each.items()
        ]
    return found


def as_csv(made: dict[str, Any]) -> str:
    """The report's tables as CSV for a spreadsheet: a byte-order mark, so that Chinese opens right."""
    out = io.StringIO()
    writer = csv.writer(out)
    for table in made["tables"]:
        writer.writerow([table["title"]])
        writer.writerow([column["label"] for column in table["columns"]])
        for row in table["rows"]:
            writer.writerow([_cell(row.get(column["key"]), column["unit"]) for column in table["columns"]])
        writer.writerow([])
    return "\ufeff" + out.getvalue()


def _cell(value: Any, unit: str) -> str:
    if value is None:
        return ""
    if unit == "share":
        return f"{value:.4f}"
    if unit == "seconds":
        return f"{value:.1f}"
    text = str(int(value)) if unit == "count" else str(value)
    # What a person named must not be a formula in a spreadsheet.
    return "'" + text if text[:1] in ("=", "+", "-", "@") and unit == "text" else text
