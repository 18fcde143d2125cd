"""Verbs and questions about scores: compute a day's report, keep it, show it, name its tickets."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, insert, or_, select, update

from aftersales.core.evidence import ASKED_FOR
from aftersales.core.ticket import PAYING, SENDING
from aftersales.merchants.books import load_rules
from aftersales.merchants.core.cases import Case, Step, Window
from aftersales.merchants.core.metrics import METRICS
from aftersales.merchants.core.score import Report, assess
from aftersales.merchants.ports import ConversationCounts
from aftersales.merchants.store import scores
from aftersales.rulebook_store import load_rulebook
from aftersales.store import evidence_items, tickets, transitions
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.principal import PLATFORM
from kernel.times import SHANGHAI

FORGOTTEN = timedelta(days=60)  # a merchant without a case for so long is not scored any more
AT_ONCE = 500
# Where the merchant has to act; on the way of a parcel he waits himself.
MERCHANTS_TURN = frozenset({"executing", *PAYING, *SENDING})


def end_of(day: date) -> datetime:
    """The moment a day is over in Shanghai: the end of that day's window."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI)


async def cases_of(
    tx: Tx, merchant_id: str, window: Window
) -> tuple[list[Case], list[tuple[str, str, datetime]]]:
    """Every case that can count in the window, and which came to 完结: (ticket, conversation, when)."""
    moved = tickets.c.entered_at >= window.start
    running = tickets.c.status == "executing"
    query = select(tickets).where(
        tickets.c.party == merchant_id, tickets.c.opened_at < window.end, or_(moved, running)
    )
    found: list[Case] = []
    closed: list[tuple[str, str, datetime]] = []
    rows = await tx.all(query.order_by(tickets.c.opened_at, tickets.c.id))
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        ids = [row["id"] for row in part]
        steps = await _steps(tx, ids)
        lacking = await _lacking(tx, ids)
        for row in part:
            one = _case(row, steps.get(row["id"], ()), row["id"] not in lacking)
            if one is not None:
                found.append(one)
                closed += [
                    (one.ticket_id, row["conversation_id"], step.at)
                    for step in one.steps
                    if step.to == "closed"
                ]
    return found, closed


async def _steps(tx: Tx, ids: Sequence[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    query = select(transitions).where(transitions.c.ticket_id.in_(ids)).order_by(transitions.c.id)
    for row in await tx.all(query):
        found.setdefault(row["ticket_id"], []).append(row)
    return found


async def _lacking(tx: Tx, ids: Sequence[str]) -> set[str]:
    """Tickets of which something mandatory is still missing."""
    missing = func.sum(case((evidence_items.c.status == "missing", evidence_items.c.required), else_=0))
    asked_first = ~evidence_items.c.item_id.startswith(ASKED_FOR, autoescape=True)
    query = select(evidence_items.c.ticket_id).where(evidence_items.c.ticket_id.in_(ids), asked_first)
    rows = await tx.all(query.group_by(evidence_items.c.ticket_id).having(missing > 0))
    return {row["ticket_id"] for row in rows}


def _case(row: Row, steps: Sequence[Row], complete: bool) -> Case | None:
    if not steps:
        return None
    rulebook = load_rulebook(row["rule_version"])
    remedy = rulebook.remedies.get(row["remedy"] or "")
    return Case(
        ticket_id=row["id"],
        order_no=row["order_no"],
        steps=tuple(
            Step(step["at"], step["to_phase"] or step["to_status"], step["from_status"], step["trigger"], step["actor_kind"], step["data"] or {})
            for step in steps
        ),
        remedy=row["remedy"],
        refunds=bool(remedy and remedy.proof == "refund"),
        rating=row["rating"],
        evidence_complete=complete,
        limits={
            phase: rule.hours_for(row["remedy"])
            for phase, rule in rulebook.deadlines.items()
            if phase in MERCHANTS_TURN
        },
    )  # fmt: skip


async def report_of(
    db: Database, port: ConversationCounts, merchant_id: str, day: date
) -> tuple[Report, Window]:
    """A merchant's report for the window that ends with `day`, computed from the events."""
    rules = load_rules()
    window = Window.ending(end_of(day), rules.window_days)
    async with db.read() as tx:
        cases, closed = await cases_of(tx, merchant_id, window)
        counts = await port.counts(tx, merchant_id, window.start, window.end, closed)
    return assess(cases, window, counts, rules), window


async def score_day(
    db: Database, port: ConversationCounts, merchant_id: str, name: str, day: date, now: datetime
) -> Report:
    """Computes and keeps a merchant's report of a day; a second time replaces the first."""
    report, _ = await report_of(db, port, merchant_id, day)
    values = {
        "merchant_name": name,
        "score": report.score,
        "tier": report.tier,
        "cases": report.cases,
        "report": report.to_json(load_rules()),
        "at": now,
    }
    key = (scores.c.merchant_id == merchant_id, scores.c.day == day)
    async with db.write() as tx:
        changed = await tx.execute(update(scores).where(*key).values(values))
        if not changed.rowcount:
            await tx.execute(insert(scores).values(merchant_id=merchant_id, day=day, **values))
    return report


async def is_scored(db: Database, merchant_id: str, day: date) -> bool:
    query = select(scores.c.day).where(scores.c.merchant_id == merchant_id, scores.c.day == day)
    async with db.read() as tx:
        return await tx.scalar(query) is not None


async def merchants(db: Database, now: datetime) -> list[tuple[str, str]]:
    """Id and name of every merchant with a case that moved lately."""
    query = (
        select(tickets.c.party, func.max(tickets.c.merchant_name).label("name"))
        .where(tickets.c.party != PLATFORM, tickets.c.entered_at >= now - FORGOTTEN)
        .group_by(tickets.c.party)
        .order_by(tickets.c.party)
    )
    async with db.read() as tx:
        return [(row["party"], row["name"]) for row in await tx.all(query)]


async def latest(db: Database, party: str | None = None) -> list[dict[str, Any]]:
    """The newest score of every merchant, or of one, the lowest score first."""
    newest = select(scores.c.merchant_id, func.max(scores.c.day).label("day")).group_by(scores.c.merchant_id)
    last = newest.subquery()
    query = select(scores).join(
        last, (last.c.merchant_id == scores.c.merchant_id) & (last.c.day == scores.c.day)
    )
    if party is not None:
        query = query.where(scores.c.merchant_id == party)
    async with db.read() as tx:
        rows = await tx.all(query.order_by(scores.c.score, scores.c.merchant_id))
    return [_line(row) for row in rows]


async def history(db: Database, merchant_id: str, days: int = 90) -> list[dict[str, Any]]:
    """The kept reports of the last `days` days there are, oldest first. Raises not_found (404) without any."""
    query = (
        select(scores).where(scores.c.merchant_id == merchant_id).order_by(scores.c.day.desc()).limit(days)
    )
    async with db.read() as tx:
        rows = await tx.all(query)
    if not rows:
        raise not_found("商家评分")
    return [_line(row) | {"report": row["report"]} for row in reversed(rows)]


def _line(row: Row) -> dict[str, Any]:
    tier = load_rules().tiers.get(row["tier"] or "")
    keys = ("merchant_id", "merchant_name", "score", "tier", "cases")
    return {key: row[key] for key in keys} | {
        "day": row["day"].isoformat(),
        "tier_label": tier.label if tier else None,
    }


async def tickets_of(
    db: Database, port: ConversationCounts, merchant_id: str, metric: str, day: date
) -> dict[str, Any]:
    """The tickets (or conversations) that made one metric on one day, those that weigh it down first."""
    if metric not in METRICS:
        raise not_found("指标")
    report, window = await report_of(db, port, merchant_id, day)
    found = report.metrics[metric]
    goal = load_rules().metrics[metric]
    worst_first = sorted(found.each.items(), key=lambda item: item[1], reverse=not goal.more_is_better)
    return {
        "metric": metric,
        "label": goal.label,
        "unit": goal.unit,
        "value": found.value,
        "count": found.count,
        "from": window.start.astimezone(SHANGHAI).date().isoformat(),
        "to": day.isoformat(),
        "of": "conversations" if metric in _OF_CONVERSATIONS else "tickets",
        "items": [{"id": name, "value": value} for name, value in worst_first],
    }


_OF_CONVERSATIONS = frozenset({"first_response_time", "handoff_answer_rate", "tone_violation_rate"})


def parse_day(text: str | None, today: date) -> date:
    """A day as YYYY-MM-DD, not after today; today without one. Raises DomainError `invalid` (422)."""
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise DomainError("invalid", "day 应为 YYYY-MM-DD", 422) from error
    if day > today:
        raise DomainError("invalid", "day 不能晚于今天", 422)
    return day
