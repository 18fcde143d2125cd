"""The models there are: those that runs made and the one that came with the installation."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from curation.run_store import models, promotions, runs, serving
from curation.shelf import Shelf
from kernel.db import Database, Row, Tx
from kernel.errors import not_found


@dataclass(frozen=True)
class Registry:
    """Where archives are kept, and where the installation's own model is."""

    shelf: Shelf
    installed: Path  # models/current.tar.gz, with current.json beside it


async def remember(
    tx: Tx, about: dict[str, Any], size: int, now: datetime, *, run_id: str | None, version: str | None
) -> None:
    """Writes a model down once; the same archive again changes nothing."""
    if await tx.scalar(select(models.c.sha256).where(models.c.sha256 == about["sha256"])):
        return
    await tx.execute(
        insert(models).values(
            sha256=about["sha256"],
            run_id=run_id,
            data_version=version,
            data_fingerprint=about["data_fingerprint"],
            examples=about["examples"],
            size=size,
            trained_at=datetime.fromisoformat(about["trained_at"]),
            kept_at=now,
        )
    )


async def install(db: Database, registry: Registry, now: datetime) -> str:
    """Keeps the installation's own model and writes it down; returns its sha256. Raises DomainError `model_changed`."""
    beside = registry.installed.with_name("current.json")
    about = json.loads(beside.read_text(encoding="utf8"))
    registry.shelf.keep(registry.installed, about["sha256"])
    async with db.write() as tx:
        await remember(tx, about, registry.installed.stat().st_size, now, run_id=None, version=None)
    return str(about["sha256"])


async def find(tx: Tx, sha256: str) -> Row:
    """A model by its sha256, or by a beginning of it that only one has. Raises DomainError `not_found` (404)."""
    found = await tx.all(select(models).where(models.c.sha256.startswith(sha256, autoescape=True)).limit(2))
    if len(found) != 1 or len(sha256) < 6:
        raise not_found("模型")
    return found[0]


async def listing(db: Database) -> list[dict[str, Any]]:
    """Every model, the newest first, with what its run found and whether it serves."""
    async with db.read() as tx:
        rows = await tx.all(
            select(models, runs.c.reason, runs.c.asked_by_name)
            .join(runs, runs.c.id == models.c.run_id, isouter=True)
            .order_by(models.c.trained_at.desc())
            .limit(200)
        )
        live = await tx.scalar(select(serving.c.model).where(serving.c.id == 1))
        served = {
            row["model"]
            for row in await tx.all(select(promotions.c.model).where(promotions.c.live_at.is_not(None)))
        }
        served |= {row["before"] for row in await tx.all(select(promotions.c.before))}
    return [
        {
            "sha256": row["sha256"],
            "run_id": row["run_id"],
            "data_version": row["data_version"],
            "examples": row["examples"],
            "size": row["size"],
            "trained_at": row["trained_at"].isoformat(),
            "reason": row["reason"],
            "by": row["asked_by_name"],
            "is_live": row["sha256"] == live,
            "has_served": row["sha256"] == live or row["sha256"] in served,
        }
        for row in rows
    ]
