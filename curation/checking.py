"""Checks of the data before training: asked for by a trainer, carried out beside the service, kept with their findings."""

import asyncio
import json
import re
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import and_, insert, or_, select, update

from curation.core import checks as core
from curation.core.corpus import Corpus
from curation.store import checks, findings
from curation.workbench import Workbench
from handoff.records import note
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError, not_found
from kernel.ids import new_id
from kernel.principal import Principal
from kernel.times import wire_time

log = structlog.get_logger()

SIGN_OF_LIFE = timedelta(seconds=10)
DEAD = timedelta(seconds=60)  # without a sign of life: its process is gone, another takes over
LONGEST = 1800.0  # seconds of one part
_QUOTED = re.compile(r"[`'\"“](?P<said>[^`'\"”]{2,200})[`'\"”]")


async def ask(db: Database, who: Principal, now: datetime) -> dict[str, Any]:
    """Asks for a check of the data as they are; one that waits or runs already is joined."""
    async with db.write() as tx:
        running = await tx.one(
            select(checks).where(checks.c.state.in_(["queued", "running"])).order_by(checks.c.at)
        )
        if running is not None:
            return check_json(running)
        row: dict[str, Any] = {
            "id": new_id("chk"),
            "state": "queued",
            "asked_by": who.name,
            "counts": {},
            "at": now,
        }
        row |= {"commit": None, "problem": None, "seen_at": None, "done_at": None}
        await tx.execute(insert(checks).values(row))
        await note(tx, "curation.check_asked", None, who.agent_id, now, check=row["id"])
    return check_json(row)


async def carry_on(db: Database, bench: Workbench, now: datetime) -> None:
    """Starts what waits and what a dead process left, as a task of this one; returns at once."""
    if bench.task is not None and not bench.task.done():
        return
    claimed = await _claim(db, now)
    if claimed is not None:
        bench.task = asyncio.create_task(_run(db, bench, claimed["id"]), name="curation:check")


async def _claim(db: Database, now: datetime) -> Row | None:
    free = or_(checks.c.state == "queued", and_(checks.c.state == "running", checks.c.seen_at < now - DEAD))
    async with db.write() as tx:
        row = await tx.one(select(checks).where(free).order_by(checks.c.at).limit(1).with_for_update())
        if row is None:
            return None
        return await tx.one(
            update(checks)
            .where(checks.c.id == row["id"], free)
            .values(state="running", seen_at=now)
            .returning(*checks.c)
        )


async def _run(db: Database, bench: Workbench, check_id: str) -> None:
    alive = asyncio.create_task(_live(db, check_id))
    try:
        commit, found, problem = await _look(bench)
        await _write(db, check_id, commit, found, problem)
    except Exception as error:
        log.exception("curation.check_failed", check=check_id)
        async with db.write() as tx:
            values = {
                "state": "failed",
                "problem": f"{type(error).__name__}: {error}"[:500],
                "done_at": utcnow(),
            }
            await tx.execute(update(checks).where(checks.c.id == check_id).values(values))
    finally:
        alive.cancel()


async def _live(db: Database, check_id: str) -> None:
    while True:
        await asyncio.sleep(SIGN_OF_LIFE.total_seconds())
        async with db.write() as tx:
            await tx.execute(update(checks).where(checks.c.id == check_id).values(seen_at=utcnow()))


async def _look(bench: Workbench) -> tuple[str, list[dict[str, Any]], str | None]:
    """The commit looked at, the findings, and what could not be looked at."""
    folder = bench.folder
    with tempfile.TemporaryDirectory(prefix="anxin-check-") as scratch:
        commit = await asyncio.to_thread(folder.head)
        corpus = await asyncio.to_thread(folder.corpus)
        await asyncio.to_thread(folder.checkout, commit, Path(scratch))
        measured = await asyncio.to_thread(bench.measured)
        new = await asyncio.to_thread(folder.added)
        found = await asyncio.to_thread(core.found_in, corpus, measured, new)
        if bench.brain is None:
            return commit, found, "没有装好模型环境，没有查标错的句子，也没有做 Rasa 校验"
        nlu, out = Path(scratch) / "data" / "nlu", Path(scratch) / "found.json"
        said = await _brain(bench, ["-m", "bot.check", "--data", str(nlu), "--out", str(out)])
        if said.code:
            return commit, found, f"查标错的句子没有成功：{said.text[-300:]}"
        found += [_placed(one, corpus) for one in json.loads(out.read_text(encoding="utf8"))]
        validated = await _brain(
            bench,
            ["-m", "rasa", "data", "validate", "--data", str(nlu), str(folder.project / "data" / "stories"),
             "--domain", str(folder.project / "domain.yml"), "--config", str(folder.project / "config.yml")],
        )  # fmt: skip
        found += _validated(validated.text, validated.code, corpus)
    return commit, found, None


class _Said:
    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text


async def _brain(bench: Workbench, arguments: list[str]) -> _Said:
    """Runs the brain's Python, gently, beside the service."""
    assert bench.brain is not None
    process = await asyncio.create_subprocess_exec(
        "nice", "-n", "10", str(bench.brain.python), *arguments,
        cwd=bench.folder.project, env=bench.brain.env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), LONGEST)
    except (TimeoutError, asyncio.CancelledError):
        process.kill()
        await process.wait()
        raise
    return _Said(process.returncode or 0, said.decode(errors="replace"))


def _placed(one: dict[str, Any], corpus: Corpus) -> dict[str, Any]:
    """A finding of the brain with the file that its sentence stands in, and a sentence about it."""
    lines = corpus.by_text.get(one["text"], [])
    line = next((line for line in lines if line.about.intent == one["intent"]), lines[0] if lines else None)
    other = one["other"]
    if one["kind"] == "fact":
        says = "认不出：" + "、".join(f"{said}（{key}）" for key, said in other["missed"])
    elif one["kind"] == "astray":
        says = f"意思离 {other['intent']} 的句子更近"
    else:
        says = f"没见过它的模型认为是 {other['intent']}（{other['chance']:.0%}）"
    place = {
        "file": line.file if line else None,
        "intent": one["intent"],
        "kind": one["about"],
        "detail": one["detail"],
    }
    return {
        "kind": one["kind"],
        "text": one["text"],
        "place": place,
        "weight": one["weight"],
        "other": other,
        "says": says,
    }


def _validated(said: str, code: int, corpus: Corpus) -> list[dict[str, Any]]:
    """Rasa's own complaints, each with the sentence that it quotes, if it is one of ours."""
    found = []
    for row in said.splitlines():
        warned = re.search(r"(?:UserWarning|WARNING|ERROR)\S*\s*[:\-]?\s*(?P<what>.+)", row)
        if not warned:
            continue
        what = re.sub(r"\x1b\[[0-9;]*m", "", warned["what"]).strip()
        lines = [line for quoted in _QUOTED.finditer(what) for line in corpus.by_text.get(quoted["said"], [])]
        line = lines[0] if lines else None
        place = (
            {
                "file": line.file,
                "intent": line.about.intent,
                "kind": line.about.kind,
                "detail": line.about.detail,
            }
            if line
            else {}
        )
        found.append(
            {
                "kind": "validate",
                "text": line.text if line else "",
                "place": place,
                "weight": 1.0,
                "other": {},
                "says": what[:300],
            }
        )
    if code and not found:
        last = [row for row in said.splitlines() if row.strip()][-1:] or ["rasa data validate 没有通过"]
        found.append(
            {"kind": "validate", "text": "", "place": {}, "weight": 2.0, "other": {}, "says": last[0][:300]}
        )
    return found


async def _write(
    db: Database, check_id: str, commit: str, found: list[dict[str, Any]], problem: str | None
) -> None:
    async with db.write() as tx:
        waved = await tx.all(select(findings).where(findings.c.waved.is_not(None)).order_by(findings.c.id))
        known = {_same(row): row["waved"] for row in waved}  # found right once is right again
        rows = [one | {"check_id": check_id, "waved": known.get(_same(one))} for one in found]
        for start in range(0, len(rows), 500):
            await tx.execute(insert(findings), rows[start : start + 500])
        counts = dict(Counter(row["kind"] for row in rows if row["waved"] is None))
        values = {
            "state": "done",
            "commit": commit,
            "counts": counts,
            "problem": problem,
            "done_at": utcnow(),
        }
        await tx.execute(update(checks).where(checks.c.id == check_id).values(values))


def _same(one: Any) -> tuple[str, str, Any, Any]:
    """What makes a finding the same as one of an earlier check."""
    return one["kind"], one["text"], one["place"].get("intent"), one["place"].get("detail")


async def latest(db: Database, limit: int = 10) -> list[dict[str, Any]]:
    async with db.read() as tx:
        return [
            check_json(row) for row in await tx.all(select(checks).order_by(checks.c.at.desc()).limit(limit))
        ]


async def of_check(
    db: Database, check_id: str, kind: str | None, offset: int, limit: int
) -> list[dict[str, Any]]:
    """Findings of a check, those that nobody has looked at first, the worst first. Raises `not_found` (404)."""
    query = select(findings).where(findings.c.check_id == check_id)
    if kind:
        query = query.where(findings.c.kind == kind)
    async with db.read() as tx:
        if await tx.one(select(checks.c.id).where(checks.c.id == check_id)) is None:
            raise not_found("检查")
        rows = await tx.all(
            query.order_by(findings.c.waved.is_not(None), findings.c.weight.desc(), findings.c.id)
            .offset(offset)
            .limit(limit)
        )
    keys = ("id", "kind", "text", "place", "other", "says", "weight", "waved")
    return [{key: row[key] for key in keys} for row in rows]


async def wave(db: Database, who: Principal, finding_id: int, why: str, now: datetime) -> None:
    """A trainer looked and found the sentence right: later checks do not count it again. Raises `not_found` (404)."""
    async with db.write() as tx:
        row = await tx.one(
            update(findings)
            .where(findings.c.id == finding_id)
            .values(waved=f"{who.name}：{why.strip() or '没问题'}"[:200])
            .returning(findings.c.check_id, findings.c.kind)
        )
        if row is None:
            raise not_found("检查结果")
        check = await tx.one(select(checks).where(checks.c.id == row["check_id"]).with_for_update())
        if check is None:
            raise DomainError("not_found", "没有找到这次检查", 404)
        counts = dict(check["counts"])
        counts[row["kind"]] = max(0, counts.get(row["kind"], 0) - 1)
        await tx.execute(update(checks).where(checks.c.id == check["id"]).values(counts=counts))
        await note(tx, "curation.finding_waved", None, who.agent_id, now, finding=finding_id)


def check_json(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "state": row["state"],
        "asked_by": row["asked_by"],
        "commit": row["commit"],
        "problem": row["problem"],
        "counts": row["counts"],
        "at": wire_time(row["at"]),
        "done_at": wire_time(row["done_at"]) if row["done_at"] else None,
    }
