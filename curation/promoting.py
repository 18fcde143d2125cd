"""A model goes live: by a person, with a reason, past its gates, first for a share of new conversations; and back."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from ruamel.yaml import YAML
from sqlalchemy import insert, or_, select, update

from curation import models as registry_
from curation.core.gates import Margins, closed, gates
from curation.core.serving import UNDER_WAY, WHOLE, Routing, State, Step, Trigger, move, other
from curation.models import Registry
from curation.people import may_train
from curation.run_store import promotions, runs
from curation.serving import (
    SYSTEM,
    is_busy_until,
    now_serving,
    retire,
    route,
    slot_rows,
    stands_by,
    want,
)
from kernel import jobs
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import Principal

log = structlog.get_logger()

ADVANCE_JOB = "curation.advance"
WATCH_JOB = "curation.watch"
LOOK_EVERY = timedelta(seconds=1)
START_PATIENCE = timedelta(minutes=5)
GATES = Path(__file__).with_name("gates.yml")


def margins(path: Path = GATES) -> Margins:
    return Margins.of(YAML(typ="safe").load(path.read_text(encoding="utf8")))


@dataclass(frozen=True)
class Releasing:
    """What the verbs here work with. `floors`: the labels' floors as `bot/nlu/floors.yml` has them."""

    registry: Registry
    floors: Mapping[str, Any]
    margins: Margins = field(default_factory=margins)


def judge(report: Mapping[str, Any] | None, releasing: Releasing) -> list[dict[str, Any]]:
    """Every gate of a run's report, as shown to people."""
    return [gate.to_json() for gate in gates(report or {}, releasing.floors, releasing.margins)]


async def promote(
    db: Database, releasing: Releasing, who: Principal, sha256: str, share: int, reason: str, now: datetime
) -> Row:
    """Starts a second Rasa with the model; conversations follow when it is warm, `share` percent of the new ones first.

    Raises DomainError `gates_closed` (409, with every reason), `not_compared` (409) when its report is not about the
    model in use, `under_way` or `draining` (409), `model_changed` (409).
    """
    may_train(who)
    async with db.write() as tx:
        model = await registry_.find(tx, sha256)
        row = await _served(tx, model["sha256"])
        report = await tx.one(
            select(runs.c.report, runs.c.against).where(
                runs.c.model == model["sha256"], runs.c.report.is_not(None)
            )
        )
        judged = gates(report["report"] if report else {}, releasing.floors, releasing.margins)
        refused = closed(judged)
        if refused:
            reasons = [gate.reason for gate in refused]
            said = "；".join(reasons[:3]) + ("等" if len(reasons) > 3 else "")
            raise DomainError("gates_closed", f"不能上线：{said}", 409, reasons=reasons)
        if report is None or report["against"] != row["model"]:
            raise DomainError("not_compared", "这份报告对比的不是现在在用的模型，请重新训练一次再上线", 409)
        await _is_free(tx, row, model["sha256"], now)
        await asyncio.to_thread(releasing.registry.shelf.verified, model["sha256"])
        shown_gates = [gate.to_json() for gate in judged]
        return await _start(tx, row, "promote", model["sha256"], share, who, reason, shown_gates, now)


async def roll_back(
    db: Database, releasing: Releasing, who: Principal, sha256: str, reason: str, now: datetime
) -> Row:
    """Back to a model that has served before, for all conversations, without new gates: it held them once.

    What is being tried out is taken back by the same act. Raises DomainError `never_served` (409).
    """
    may_train(who)
    async with db.write() as tx:
        model = await registry_.find(tx, sha256)
        current = await _under_way(tx)
        if current is not None:
            await _return(tx, current, who.name, reason, now)
            serving = await now_serving(tx)
            if serving is not None and serving["model"] == model["sha256"]:
                return await _one(tx, current["id"])
        row = await _served(tx, model["sha256"])
        await _is_free(tx, row, model["sha256"], now)
        if not await _has_served(tx, model["sha256"]):
            raise DomainError("never_served", "这个模型还没有上线过，请走正常的上线流程", 409)
        await asyncio.to_thread(releasing.registry.shelf.verified, model["sha256"])
        return await _start(tx, row, "rollback", model["sha256"], WHOLE, who, reason, [], now)


async def widen(db: Database, who: Principal, promotion_id: str, share: int, now: datetime) -> Row:
    """More of the new conversations, or all of them, to the model that is being tried out."""
    may_train(who)
    async with db.write() as tx:
        row = await _locked(tx, promotion_id)
        if share < WHOLE and share <= row["share"]:
            raise DomainError("not_wider", f"现在已经是 {row['share']}%，只能放大；要停用请退回", 422)
        if share == WHOLE:
            await _go_live(tx, row, Trigger.GOES_LIVE, now)
        else:
            serving = await now_serving(tx, lock=True)
            assert serving is not None
            was = Routing.of(serving["routing"])
            await _moved(tx, row, Trigger.WIDENS, share=share)
            grown = Routing(was.live, was.canary, was.promotion, (*was.steps, Step(now, share)))
            await route(tx, grown, serving["model"], now)
        return await _one(tx, promotion_id)


async def take_back(db: Database, who: Principal, promotion_id: str, reason: str, now: datetime) -> Row:
    """Ends a promotion that is starting, tried out or live; the model before it serves again."""
    may_train(who)
    async with db.write() as tx:
        await _return(tx, await _locked(tx, promotion_id), who.name, reason, now)
        return await _one(tx, promotion_id)


async def take_back_by_watch(db: Database, promotion_id: str, reason: str, now: datetime) -> bool:
    """As `take_back`, by the watch; False when a person was first."""
    async with db.write() as tx:
        row = await _locked(tx, promotion_id)
        if row["state"] not in (State.CANARY, State.LIVE):
            return False
        await _return(tx, row, SYSTEM, reason, now)
    log.warning("promotion.returned", promotion=promotion_id)
    return True


async def advance(db: Database, now: datetime) -> None:
    """Follows the promotion whose process is starting: conversations are sent to it once it is ready."""
    async with db.write() as tx:
        row = await tx.one(select(promotions).where(promotions.c.state == State.STARTING).with_for_update())
        if row is None:
            return
        slot = (await slot_rows(tx))[row["slot"]]
        if slot["model"] == row["model"] and slot["state"] == "ready":
            await _warmed(tx, row, now)
        elif slot["state"] == "failed" or now - row["asked_at"] > START_PATIENCE:
            why = slot["error"] or "新模型的进程没有启动起来"
            await _moved(tx, row, Trigger.FAILS, ended_at=now, ended_by=SYSTEM, end_reason=why[:300])
            await retire(tx, row["slot"], now)
            log.warning("promotion.failed", promotion=row["id"])
        else:
            await jobs.schedule(tx, ADVANCE_JOB, "promotion", now + LOOK_EVERY, {})


async def listing(db: Database, limit: int = 100) -> list[dict[str, Any]]:
    """Every promotion, the newest first: who, when, why, which model, how it ended."""
    async with db.read() as tx:
        rows = await tx.all(select(promotions).order_by(promotions.c.asked_at.desc()).limit(limit))
    return [shown(row) for row in rows]


def shown(row: Row) -> dict[str, Any]:
    said = {key: row[key] for key in ("id", "kind", "state", "model", "before", "share", "reason", "seen")}
    said |= {"by": row["by_name"], "ended_by": row["ended_by"], "end_reason": row["end_reason"]}
    for key in ("asked_at", "canary_at", "live_at", "ended_at"):
        said[key] = row[key].isoformat() if row[key] else None
    return said


async def _served(tx: Tx, model: str) -> Row:
    """The serving row, held, for a model that is not the one in use."""
    row = await now_serving(tx, lock=True)
    if row is None:
        raise DomainError(
            "no_keeper", "Rasa 进程不由这里管理（没有用 anxin up 或 anxin brain 启动），不能切换模型", 409
        )
    if row["model"] == model:
        raise DomainError("is_live", "这个模型已经在用了", 409)
    return row


async def _is_free(tx: Tx, row: Row, model: str, now: datetime) -> None:
    """Raises DomainError when another promotion is under way or the other process still answers its last turns."""
    if await _under_way(tx) is not None:
        raise DomainError("under_way", "有一次上线正在进行，等它全量或退回以后再来", 409)
    slot = (await slot_rows(tx))[other(Routing.of(row["routing"]).live)]
    busy = is_busy_until(slot)
    if busy and busy > now and slot["model"] != model:
        seconds = round((busy - now).total_seconds())
        raise DomainError("draining", f"上一个模型还在答完最后的消息，{seconds} 秒后再试", 409)


async def _start(
    tx: Tx,
    serving: Row,
    kind: str,
    model: str,
    share: int,
    who: Principal,
    reason: str,
    judged: list[dict[str, Any]],
    now: datetime,
) -> Row:
    slot = other(Routing.of(serving["routing"]).live)
    promotion_id = new_id("pro", 12)
    await tx.execute(
        insert(promotions).values(
            id=promotion_id,
            kind=kind,
            state=State.STARTING,
            model=model,
            before=serving["model"],
            slot=slot,
            share=share,
            by_id=who.agent_id,
            by_name=who.name,
            reason=reason,
            asked_at=now,
            gates=judged,
        )
    )
    await want(tx, slot, model, now)
    row = await _one(tx, promotion_id)
    if (await slot_rows(tx))[slot]["state"] == "ready":
        await _warmed(tx, row, now)  # it was standing by
    else:
        await jobs.schedule(tx, ADVANCE_JOB, "promotion", now, {})
    log.info("promotion.started", promotion=promotion_id, model=model[:12], share=share)
    return await _one(tx, promotion_id)


async def _warmed(tx: Tx, row: Row, now: datetime) -> None:
    if row["share"] == WHOLE:
        await _go_live(tx, row, Trigger.WARMED_WHOLE, now)
        return
    serving = await now_serving(tx, lock=True)
    assert serving is not None
    await _moved(tx, row, Trigger.WARMED_SHARE, canary_at=now)
    live = Routing.of(serving["routing"]).live
    steps = (Step(now, row["share"]),)
    await route(tx, Routing(live, row["slot"], row["id"], steps), serving["model"], now)
    await jobs.schedule(tx, WATCH_JOB, "promotion", now, {})


async def _go_live(tx: Tx, row: Row, trigger: Trigger, now: datetime) -> None:
    serving = await now_serving(tx, lock=True)
    assert serving is not None
    earlier = await tx.all(
        select(promotions).where(promotions.c.state == State.LIVE, promotions.c.id != row["id"])
    )
    for one in earlier:
        await _moved(tx, one, Trigger.IS_REPLACED, ended_at=now, ended_by=row["by_name"])
    await _moved(tx, row, trigger, live_at=now, share=WHOLE)
    await route(tx, Routing(row["slot"]), row["model"], now)
    await retire(tx, Routing.of(serving["routing"]).live, now)
    await jobs.schedule(tx, WATCH_JOB, "promotion", now, {})
    log.info("promotion.live", promotion=row["id"], model=row["model"][:12])


async def _return(tx: Tx, row: Row, by: str, reason: str, now: datetime) -> None:
    state = State(row["state"])
    serving = await now_serving(tx, lock=True)
    assert serving is not None
    routing = Routing.of(serving["routing"])
    await _moved(tx, row, Trigger.RETURNS, ended_at=now, ended_by=by, end_reason=reason[:300])
    if state is not State.LIVE:
        await route(tx, Routing(routing.live), serving["model"], now)
        await retire(tx, row["slot"], now)
        return
    if await stands_by(tx, routing, row["before"]):
        back = other(routing.live)
        await want(tx, back, row["before"], now)
        await route(tx, Routing(back), row["before"], now)
        await retire(tx, routing.live, now)
        return
    who = Principal("agent", agent_id="system", name=by)
    await _start(tx, serving, "rollback", row["before"], WHOLE, who, reason[:300], [], now)


async def _under_way(tx: Tx) -> Row | None:
    return await tx.one(select(promotions).where(promotions.c.state.in_(UNDER_WAY)).with_for_update())


async def _has_served(tx: Tx, model: str) -> bool:
    before = (promotions.c.before == model) & promotions.c.live_at.is_not(None)
    return bool(
        await tx.scalar(
            select(promotions.c.id).where(
                or_(before, (promotions.c.model == model) & promotions.c.live_at.is_not(None))
            )
        )
    )


async def _one(tx: Tx, promotion_id: str) -> Row:
    row = await tx.one(select(promotions).where(promotions.c.id == promotion_id))
    if row is None:
        raise not_found("上线记录")
    return row


async def _locked(tx: Tx, promotion_id: str) -> Row:
    row = await tx.one(select(promotions).where(promotions.c.id == promotion_id).with_for_update())
    if row is None:
        raise not_found("上线记录")
    return row


async def _moved(tx: Tx, row: Row, trigger: Trigger, **values: Any) -> None:
    state = move(State(row["state"]), trigger)
    await tx.execute(update(promotions).where(promotions.c.id == row["id"]).values(state=state, **values))
