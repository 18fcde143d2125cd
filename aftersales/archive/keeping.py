"""Verbs: archive a ticket that is over, put it under legal hold, lift the hold."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from aftersales import entitling, parcels, refunding, statements
from aftersales.archive.appending import append
from aftersales.archive.core.chain import DOSSIER, HOLD_LIFTED, HOLD_SET, canonical
from aftersales.archive.core.dossier import completed_at, sections
from aftersales.archive.core.retention import check_hold, retain_until
from aftersales.archive.ports import ArchivePorts
from aftersales.archive.store import entries, files
from aftersales.archive.watching import note
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import TicketMoved
from aftersales.rulebook_store import load_rulebook
from aftersales.store import evidence_items, tickets, transitions
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, forbidden, not_found
from kernel.principal import Principal

ARCHIVE_JOB = "archive.ticket"
OVER = frozenset({"closed", "withdrawn", "archived"})
ATTEMPTS = 3  # the ticket moved on while its files were being read


def archive_when_over(
    statuses: frozenset[str] = frozenset({"archived"}),
) -> Callable[[Tx, Any], Awaitable[None]]:
    """The handler for TicketMoved: a ticket that reaches one of `statuses` is archived by a job, in any case."""

    async def handle(tx: Tx, event: TicketMoved) -> None:
        if event.to_status in statuses:
            ticket_id = event.view["id"]
            await jobs.schedule(tx, ARCHIVE_JOB, ticket_id, event.at, {"ticket_id": ticket_id})

    return handle


async def archive_ticket(
    db: Database, ports: ArchivePorts, ticket_id: str, now: datetime, years: int = 3
) -> int:
    """Writes the dossier of a ticket that is over; returns its entry's seq.

    The same version of a ticket is archived once, however often this is called; a case that was opened again and
    is over again gets a second dossier, and the first one stays. Raises not_found (404), `not_over` (409).
    """
    for _ in range(ATTEMPTS):
        async with db.read() as tx:
            ticket, found = await _collect(tx, ports, ticket_id)
        shown = [*found["evidence"], *found["statements"]]
        names = {file["file_id"] for item in shown for file in item["files"] if "file_id" in file}
        digests = {name: await ports.files.sha256(name) for name in sorted(names)}
        async with db.write() as tx:
            held = select(tickets.c.version).where(tickets.c.id == ticket_id).with_for_update()
            version = await tx.scalar(held)  # two who archive the same ticket wait for each other here
            known = await tx.one(select(files).where(files.c.ticket_id == ticket_id))
            if known is not None and _is_final(known, ticket["version"]):
                return int(known["seq"])
            if version != ticket["version"]:
                continue
            bodies = sections(ticket, digests=digests, **found)
            entry = await append(tx, ticket_id, DOSSIER, now, {"ticket_version": version}, bodies)
            await _index(tx, ticket, found["moves"], entry.seq, known, now, years)
            return entry.seq
    raise DomainError("busy", "工单正在变动，请稍后再归档", 409)


def _is_final(known: Row, version: int) -> bool:
    """Whether the dossier needs no successor; once the person is forgotten, a new one would know less."""
    forgotten = known["restricted_at"] is not None or known["erased_at"] is not None
    return bool(known["ticket_version"] >= version or forgotten)


async def _collect(tx: Tx, ports: ArchivePorts, ticket_id: str) -> tuple[Row, dict[str, Any]]:
    ticket = await tx.one(select(tickets).where(tickets.c.id == ticket_id))
    if ticket is None:
        raise not_found("工单")
    if ticket["status"] not in OVER:
        raise DomainError("not_over", "处理完成以后才能归档", 409, at=ticket["status"])
    moves = await tx.all(
        select(transitions).where(transitions.c.ticket_id == ticket_id).order_by(transitions.c.id)
    )
    evidence = await tx.all(
        select(evidence_items).where(evidence_items.c.ticket_id == ticket_id).order_by(evidence_items.c.id)
    )
    until = completed_at(ticket, moves)
    lines = await ports.record.lines(tx, ticket["conversation_id"], ticket["record_from"], until)
    record = {
        "conversation_id": ticket["conversation_id"],
        "from_seq": ticket["record_from"],
        "to_seq": max((line["seq"] for line in lines), default=ticket["record_to"]),
        "lines": lines,
    }
    rules = rules_of(load_rulebook(ticket["rule_version"]), ticket["sub_type"])
    said = await statements.of_ticket(tx, ticket_id)
    entitled, decision = await entitling.of_ticket(tx, ticket)
    return ticket, {
        "moves": moves,
        "evidence": evidence,
        "record": record,
        "rules": rules,
        "statements": said,
        "payments": [refunding.shown(one) for one in await refunding.of_ticket(tx, ticket_id)],
        "parcels": [parcels.shown(one) for one in await parcels.of_ticket(tx, ticket_id)],
        "entitled": {"entitlements": entitled, "decision": decision},
    }


def rules_of(rulebook: Rulebook, sub_type: str | None) -> dict[str, Any]:
    """The version a ticket was locked to, the hash of its whole text, and the rules that apply to the case."""
    issue = rulebook.issues.get(sub_type or "")
    applied = [issue.rule, *rulebook.deadlines.values()] if issue else list(rulebook.deadlines.values())
    return {
        "rule_version": rulebook.version,
        "effective_from": rulebook.effective_from.isoformat(),
        "sha256": hashlib.sha256(canonical(rulebook.model_dump(mode="json"))).hexdigest(),
        "clauses": [
            {
                "rule_id": rule.rule_id,
                "source": rule.source,
                "article": rule.article,
                "verified": rule.verified,
            }
            for rule in applied
        ],
    }


async def _index(
    tx: Tx, ticket: Row, moves: Sequence[Row], seq: int, known: Row | None, now: datetime, years: int
) -> None:
    over = completed_at(ticket, moves)
    values: Mapping[str, Any] = {
        "seq": seq,
        "ticket_version": ticket["version"],
        "conversation_id": ticket["conversation_id"],
        "order_no": ticket["order_no"],
        "consumer_id": ticket["consumer_id"],
        "party": ticket["party"],
        "merchant_name": ticket["merchant_name"],
        "issue_type": ticket["issue_type"],
        "sub_type": ticket["sub_type"],
        "completed_at": over,
        "archived_at": now,
        "retain_until": retain_until(over, years),
    }
    if known is None:
        await tx.execute(insert(files).values(ticket_id=ticket["id"], held=False, **values))
    else:
        await tx.execute(update(files).where(files.c.ticket_id == ticket["id"]).values(values))


async def hold(db: Database, who: Principal, ticket_id: str, reason: str, now: datetime) -> None:
    """Puts a dossier under legal hold: nothing of it is deleted until the hold is lifted. Platform only."""
    await _hold(db, who, ticket_id, reason, now, lift=False)


async def lift_hold(db: Database, who: Principal, ticket_id: str, reason: str, now: datetime) -> None:
    """Lifts a legal hold. Platform only; raises `not_held` (409) where there is none."""
    await _hold(db, who, ticket_id, reason, now, lift=True)


async def _hold(
    db: Database, who: Principal, ticket_id: str, reason: str, now: datetime, *, lift: bool
) -> None:
    if not who.handles_all_parties:
        raise forbidden("法定保全由平台设置和解除")
    if not reason.strip():
        raise DomainError("missing_reason", "请填写原因", 422, field="reason")
    async with db.write() as tx:
        row = await tx.one(select(files).where(files.c.ticket_id == ticket_id).with_for_update())
        if row is None:
            raise not_found("档案")
        check_hold(row, lift=lift)
        data = {"by": who.agent_id, "reason": reason.strip()}
        await append(tx, ticket_id, HOLD_LIFTED if lift else HOLD_SET, now, data)
        changes = {"held": not lift, "hold_reason": None if lift else reason.strip()}
        await tx.execute(update(files).where(files.c.ticket_id == ticket_id).values(changes))
        await note(tx, who, "lift_hold" if lift else "hold", ticket_id, reason, now)


async def history(tx: Tx, ticket_id: str) -> list[dict[str, Any]]:
    """Every entry of the chain about a ticket, oldest first, without the content."""
    rows = await tx.all(select(entries).where(entries.c.ticket_id == ticket_id).order_by(entries.c.seq))
    return [dict(row) for row in rows]
