"""Verbs of the course: an attempt, who has passed, who may handle tickets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from aftersales.merchants.books import load_course
from aftersales.merchants.core.course import mark
from aftersales.merchants.store import attempts
from kernel.db import Database
from kernel.errors import DomainError
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import wire_time


async def attempt(db: Database, who: Principal, answers: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Marks and keeps one attempt; as many as one likes, each stays on the record."""
    course = load_course()
    marked = mark(course, answers)
    row = {
        "id": new_id("ca"),
        "agent_id": who.agent_id,
        "agent_name": who.name,
        "party": who.party,
        "course_version": course.version,
        "answers": dict(answers),
        "correct": marked.correct,
        "total": marked.total,
        "passed": marked.passed,
        "at": now,
    }
    async with db.write() as tx:
        await tx.execute(insert(attempts).values(row))
    return _wire(row) | {"wrong": list(marked.wrong)}


async def attempts_of(
    db: Database, party: str | None = None, agent_id: str | None = None
) -> list[dict[str, Any]]:
    """Attempts, newest first; of a party or of one person."""
    query = select(attempts).order_by(attempts.c.at.desc(), attempts.c.id).limit(500)
    if party is not None:
        query = query.where(attempts.c.party == party)
    if agent_id is not None:
        query = query.where(attempts.c.agent_id == agent_id)
    async with db.read() as tx:
        return [_wire(dict(row)) for row in await tx.all(query)]


async def may_handle_tickets(db: Database, who: Principal) -> bool:
    """Whether this member of staff may handle tickets: a merchant's after passing the present version of the course.

    The platform's people are trained elsewhere.
    """
    if who.role != "merchant_agent":
        return who.handles_conversations
    query = select(attempts.c.id).where(
        attempts.c.agent_id == who.agent_id,
        attempts.c.course_version == load_course().version,
        attempts.c.passed,
    )
    async with db.read() as tx:
        return await tx.scalar(query.limit(1)) is not None


async def check_may_handle(db: Database, who: Principal) -> None:
    """Raises DomainError `course_required` (403) for staff who have not passed yet."""
    if not await may_handle_tickets(db, who):
        raise DomainError("course_required", "请先完成售后规则学习并通过测验，再处理工单", 403)


def _wire(row: dict[str, Any]) -> dict[str, Any]:
    keys = ("id", "agent_id", "agent_name", "party", "course_version", "correct", "total", "passed")
    return {key: row[key] for key in keys} | {"at": wire_time(row["at"])}
