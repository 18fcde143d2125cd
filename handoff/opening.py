"""When a party's people are there: read from the database, changed by its supervisors, kept in the audit trail."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from sqlalchemy import insert, select, update

from aftersales.core.deadline import is_day_off
from handoff import policy
from handoff.core.hours import Hours, Span, next_open, spoken
from handoff.records import note
from handoff.store import agents, working_hours
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, forbidden
from kernel.principal import Principal
from kernel.times import wire_time

MOST_SPANS, MOST_CLOSED = 4, 60
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
c = working_hours.c


async def load(db: Database) -> None:
    """Makes what parties set for themselves the hours this process goes by."""
    async with db.read(brief=True) as tx:
        rows = await tx.all(select(working_hours))
    policy.set_own(
        {row["party"]: _hours(row["workdays"], row["days_off"], row["closed_days"]) for row in rows}
    )


async def show(db: Database, who: Principal, now: datetime) -> dict[str, Any]:
    """The hours of this supervisor's own party. Raises forbidden (403)."""
    _may(who)
    async with db.read() as tx:
        return await _shown(tx, who.party, now)


async def save(
    db: Database,
    who: Principal,
    workdays: Sequence[str],
    days_off: Sequence[str],
    closed_days: Sequence[str],
    now: datetime,
) -> dict[str, Any]:
    """Sets the hours of this supervisor's own party; the offer made outside of them follows at once.

    Raises forbidden (403), `bad_hours` (422) with what is wrong in which line.
    """
    _may(who)
    set_ = _hours(workdays, days_off, closed_days)
    if not set_.workdays and not set_.days_off:
        raise _wrong("工作日和休息日不能都关闭，否则消费者永远等不到人")
    values = {
        "workdays": [_text(span) for span in set_.workdays],
        "days_off": [_text(span) for span in set_.days_off],
        "closed_days": [day.isoformat() for day in sorted(set_.closed)],
    }
    async with db.write() as tx:
        before = await tx.one(select(working_hours).where(c.party == who.party).with_for_update())
        changed = values | {"changed_by": who.agent_id, "changed_at": now}
        if before is None:
            await tx.execute(insert(working_hours).values(party=who.party, **changed))
        else:
            await tx.execute(update(working_hours).where(c.party == who.party).values(**changed))
        was = {name: before[name] for name in values} if before else None
        await note(tx, "hours.changed", None, who.agent_id, now, party=who.party, before=was, after=values)
    await load(db)
    return await show(db, who, now)


def _may(who: Principal) -> None:
    if not who.supervises:
        raise forbidden("工作时间由主管设置")


async def _shown(tx: Tx, party: str, now: datetime) -> dict[str, Any]:
    row = await tx.one(
        select(working_hours, agents.c.name)
        .outerjoin(agents, agents.c.id == c.changed_by)
        .where(c.party == party)
    )
    hours = policy.current().hours_of(party)
    if row:
        hours = _hours(row["workdays"], row["days_off"], row["closed_days"])
    opens = next_open(hours, now, is_day_off)
    return {
        "party": party,
        "workdays": [_text(span) for span in hours.workdays],
        "days_off": [_text(span) for span in hours.days_off],
        "closed_days": [day.isoformat() for day in sorted(hours.closed)],
        "spoken": spoken(hours),
        "open": opens == now,
        "opens_at": wire_time(opens) if opens else None,
        "changed": _change(row) if row else None,
    }


def _change(row: Row) -> dict[str, Any]:
    return {"by": row["name"] or "", "at": wire_time(row["changed_at"])}


def _hours(workdays: Sequence[str], days_off: Sequence[str], closed_days: Sequence[str]) -> Hours:
    """Raises `bad_hours` (422)."""
    if len(closed_days) > MOST_CLOSED:
        raise _wrong(f"关闭日最多填 {MOST_CLOSED} 天")
    closed = set()
    for text in closed_days:
        try:
            closed.add(date.fromisoformat(text))
        except ValueError as error:
            raise _wrong(f"关闭日“{text[:20]}”不是有效日期，请写成 2027-02-05 这样") from error
    return Hours(_spans("工作日", workdays), _spans("休息日", days_off), frozenset(closed))


def _spans(name: str, texts: Sequence[str]) -> list[Span]:
    """The spans in the order of the day; none overlaps another."""
    if len(texts) > MOST_SPANS:
        raise _wrong(f"{name}最多填 {MOST_SPANS} 个时段")
    found: list[tuple[int, int, Span]] = []
    for number, text in enumerate(texts, start=1):
        match = _SPAN.fullmatch(text)
        hour, minute, to_hour, to_minute = map(int, match.groups()) if match else (0, 0, 0, 0)
        begins, ends = hour * 60 + minute, to_hour * 60 + to_minute
        if not match or begins >= 24 * 60 or ends > 24 * 60:
            raise _wrong(f"{name}第 {number} 段“{text[:20]}”请写成 09:00-18:00 这样，最晚到 24:00")
        if begins >= ends:
            raise _wrong(f"{name}第 {number} 段“{text}”的结束要晚于开始")
        found.append((begins, ends, (time(hour, minute), time(to_hour % 24, to_minute))))
    found.sort(key=lambda one: one[0])
    for (_, ends, _), (begins, _, later) in pairwise(found):
        if begins < ends:
            raise _wrong(f"{name}的时段“{_text(later)}”和前一段重叠了")
    return [span for _, _, span in found]


def _text(span: Span) -> str:
    begins, ends = span
    return f"{begins:%H:%M}-{'24:00' if ends == time(0) else format(ends, '%H:%M')}"


def _wrong(message: str) -> DomainError:
    return DomainError("bad_hours", message, 422)
