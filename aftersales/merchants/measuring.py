"""Verbs on measures: propose, decide, appeal; each one transaction with its step and signature."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from aftersales.merchants.books import load_rules
from aftersales.merchants.core.measure import (
    MERCHANT,
    NOTIFIED,
    PLATFORM,
    PROPOSED,
    STATE_LABELS,
    SYSTEM,
    TABLE,
    Row,
    check,
    deadlines,
    is_in_force,
    signature,
)
from aftersales.merchants.core.score import due_measures
from aftersales.merchants.store import measures, scores, steps
from kernel import jobs
from kernel.db import Database, Tx
from kernel.db import Row as DbRow
from kernel.errors import DomainError, forbidden, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import wire_time

APPEAL_JOB = "merchants.appeal_over"
SYSTEM_ID = "system"
_ACTS = {"warn": "警告", "restrict": "限制", "freeze": "冻结", "commend": "表彰"}


async def propose(
    db: Database,
    *,
    merchant_id: str,
    merchant_name: str,
    kind: str,
    facts: str,
    reason: str,
    period: str,
    evidence: dict[str, Any],
    by: Principal | None,
    now: datetime,
) -> dict[str, Any]:
    """Proposes a measure; it does nothing until a person signs it. The same kind and period again is the first one.

    Facts, reason and clause go to the merchant as they are (L24). `by` None: the daily job, by the rules.
    """
    rule = load_rules().measures.get(kind)  # type: ignore[call-overload]
    if rule is None:
        raise DomainError("unknown_measure", "没有这种处理", 422)
    if not facts.strip() or not reason.strip():
        raise DomainError("missing_reason", "请写明事实和理由", 422, field="facts")
    row: dict[str, Any] = {
        "id": new_id("mm"),
        "merchant_id": merchant_id,
        "merchant_name": merchant_name,
        "kind": kind,
        "state": PROPOSED,
        "facts": facts.strip(),
        "reason": reason.strip(),
        "clause": rule.clause,
        "evidence": evidence,
        "period": period,
        "proposed_by": by.agent_id if by else SYSTEM_ID,
        "signed_by": None,
        "proposed_at": now,
        "notified_at": None,
        "appeal_until": None,
        "rectify_until": None,
    }
    same = (
        measures.c.merchant_id == merchant_id,
        measures.c.kind == kind,
        measures.c.period == period,
    )
    try:
        async with db.write() as tx:
            known = await tx.one(select(measures).where(*same))
            if known is None:
                await tx.execute(insert(measures).values(row))
                step = Row(PROPOSED, PLATFORM if by else SYSTEM, "提出")
                await _note(tx, row["id"], "propose", None, step, by, reason.strip(), None, now)
    except IntegrityError:
        async with db.read() as tx:
            known = await tx.one(select(measures).where(*same))
    return wire(known or row)


async def propose_by_score(
    db: Database, merchant_id: str, period_end: date, earlier: date, now: datetime
) -> list[str]:
    """What the score at a period's end asks for, as proposals with their facts; returns the kinds.

    Looks at the kept scores of `period_end` and of `earlier`, the end of the period before. Harmless when repeated.
    """
    day = period_end.isoformat()
    query = select(scores).where(scores.c.merchant_id == merchant_id, scores.c.day.in_((period_end, earlier)))
    async with db.read() as tx:
        rows = {row["day"]: row for row in await tx.all(query)}
    present, before = rows.get(period_end), rows.get(earlier)
    if present is None:
        return []
    rules = load_rules()
    kinds = due_measures(present["score"], before["score"] if before else None, rules)
    for kind in kinds:
        await propose(
            db,
            merchant_id=merchant_id,
            merchant_name=present["merchant_name"],
            kind=kind,
            facts=_facts(present, before if kind == "freeze" else None),
            reason=f"评分处于「{rules.tiers[present['tier']].label}」档，按公示的评价规则建议{_ACTS[kind]}。",
            period=day,
            evidence={
                "day": day,
                "score": str(present["score"]),
                "metrics": [m["name"] for m in present["report"]["metrics"] if m["meets"] is False],
            },
            by=None,
            now=now,
        )
    return kinds


def _facts(present: DbRow, before: DbRow | None) -> str:
    missed = [
        m["label"] for m in present["report"]["metrics"] if m["meets"] is False and m["points"] is not None
    ]
    said = f"截至 {present['day'].isoformat()} 的 30 天内共 {present['cases']} 单，评分 {present['score']} 分"
    said += f"；未达目标：{'、'.join(missed)}" if missed else "；各项达到目标"
    return said + (f"；上一期 {before['score']} 分" if before else "") + "。"


async def decide(
    db: Database, measure_id: str, trigger: str, who: Principal, reason: str, now: datetime
) -> dict[str, Any]:
    """One step of a measure by a person; returns its JSON with its steps.

    The merchant's agents may appeal for their merchant; everything else needs a signature of the platform. Raises
    not_found (404) also for another merchant's, and what `core.measure.check` raises.
    """
    actor = PLATFORM if who.handles_all_parties else MERCHANT
    async with db.write() as tx:
        row = await tx.one(select(measures).where(measures.c.id == measure_id).with_for_update())
        if row is None or not who.may_see(row["merchant_id"]):
            raise not_found("处理")
        if actor == MERCHANT and row["state"] == PROPOSED:
            raise not_found("处理")  # nobody is told of what nobody has signed
        await _step(tx, row, trigger, actor, who, reason.strip(), now)
    return (await of_merchant(db, who, row["merchant_id"], measure_id))[0]


async def _step(
    tx: Tx, row: DbRow, trigger: str, actor: str, who: Principal | None, reason: str, now: datetime
) -> None:
    rules = load_rules()
    rule = rules.measures[row["kind"]]
    step = check(row, trigger, actor, who.agent_id if who else "", who.role if who else "", reason, rule, now)
    changes: dict[str, Any] = {"state": step.to}
    signed = signature(dict(row), trigger, reason, who.name) if step.signs and who else None
    if trigger == "sign" and who:
        changes |= deadlines(row["kind"], now, rules) | {"signed_by": who.agent_id}
        if changes["appeal_until"]:
            payload = {"measure_id": row["id"]}
            due = changes["appeal_until"] + timedelta(seconds=1)
            await jobs.schedule(tx, APPEAL_JOB, row["id"], due, payload)
    await tx.execute(update(measures).where(measures.c.id == row["id"]).values(changes))
    await _note(tx, row["id"], trigger, row["state"], step, who, reason, signed, now)


async def finish_appeal_time(db: Database, payload: dict[str, Any], now: datetime) -> None:
    """The job at the end of the time to appeal; nothing when there was an appeal. Harmless when repeated."""
    async with db.write() as tx:
        row = await tx.one(select(measures).where(measures.c.id == payload["measure_id"]).with_for_update())
        if row is None or row["state"] != NOTIFIED or (row["appeal_until"] and now <= row["appeal_until"]):
            return
        await _step(tx, row, "finish", SYSTEM, None, "申诉期内没有申诉", now)


async def _note(
    tx: Tx,
    measure_id: str,
    trigger: str,
    before: str | None,
    step: Row,
    who: Principal | None,
    reason: str,
    signed: dict[str, str] | None,
    now: datetime,
) -> None:
    await tx.execute(
        insert(steps).values(
            measure_id=measure_id,
            trigger=trigger,
            from_state=before,
            to_state=step.to,
            actor_kind=step.actor,
            actor_id=who.agent_id if who else SYSTEM_ID,
            actor_name=who.name if who else "系统",
            reason=reason,
            signature=signed,
            at=now,
        )
    )


async def of_merchant(
    db: Database, who: Principal, merchant_id: str, measure_id: str | None = None
) -> list[dict[str, Any]]:
    """A merchant's measures with their steps, newest first; the merchant sees those that were signed."""
    if not who.may_see(merchant_id):
        raise forbidden("只能查看自己商家的处理")
    query = (
        select(measures).where(measures.c.merchant_id == merchant_id).order_by(measures.c.proposed_at.desc())
    )
    if measure_id is not None:
        query = query.where(measures.c.id == measure_id)
    if not who.handles_all_parties:
        query = query.where(measures.c.state.not_in((PROPOSED, "dismissed")))
    async with db.read() as tx:
        rows = await tx.all(query)
        found = await tx.all(
            select(steps).where(steps.c.measure_id.in_([row["id"] for row in rows])).order_by(steps.c.id)
        )
    return [
        wire(row, [step for step in found if step["measure_id"] == row["id"]])
        | {"next": next_steps(row, who)}
        for row in rows
    ]


def next_steps(row: DbRow, who: Principal) -> list[dict[str, str]]:
    """What this person may do with a measure: trigger and label."""
    actor = PLATFORM if who.handles_all_parties else MERCHANT
    rule = load_rules().measures[row["kind"]]
    return [
        {"trigger": trigger, "label": step.label}
        for (state, trigger), step in TABLE.items()
        if state == row["state"] and step.actor == actor and (rule.adverse or not step.adverse_only)
    ]


def wire(row: DbRow | dict[str, Any], taken: Sequence[DbRow] = ()) -> dict[str, Any]:
    """A measure on the wire."""
    plain = (
        "id",
        "merchant_id",
        "merchant_name",
        "kind",
        "state",
        "facts",
        "reason",
        "clause",
        "evidence",
        "period",
    )
    times = ("proposed_at", "notified_at", "appeal_until", "rectify_until")
    shown: dict[str, Any] = {key: row[key] for key in plain}
    shown |= {key: wire_time(row[key]) if row[key] else None for key in times}
    shown |= {
        "kind_label": load_rules().measures[row["kind"]].label,
        "state_label": STATE_LABELS[row["state"]],
        "in_force": is_in_force(row["state"]),
        "steps": [
            {
                "trigger": step["trigger"],
                "to_label": STATE_LABELS[step["to_state"]],
                "actor_kind": step["actor_kind"],
                "actor_name": step["actor_name"],
                "reason": step["reason"],
                "signature": step["signature"],
                "at": wire_time(step["at"]),
            }
            for step in taken
        ],
    }
    return shown
