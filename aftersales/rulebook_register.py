"""The register of published rulebooks: every version that was ever in force is kept, whatever becomes of its file."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import insert, select

from aftersales import rulebook_store
from aftersales.ledger import rulebooks
from kernel.db import Database

log = structlog.get_logger()


async def record(db: Database, now: datetime, folder: Path | None = None) -> list[str]:
    """Keeps each published version's text once and brings back those whose files are gone.

    Returns the versions whose files say something else than when they were published; the register keeps the first
    text, and tickets opened under such a version are explained by the file until somebody mends it.
    """
    place = folder or rulebook_store.FOLDER
    books = rulebook_store.shelf(place)
    changed = []
    async with db.write() as tx:
        known = {row["version"]: row for row in await tx.all(select(rulebooks))}
        for version, book in books.items():
            if book.published_at is None:
                continue
            text = (place / f"{version}.yml").read_text(encoding="utf8")
            if version not in known:
                await tx.execute(
                    insert(rulebooks).values(
                        version=version,
                        sha256=digest(text),
                        content=text,
                        published_at=book.published_at,
                        effective_from=book.effective_from,
                        recorded_at=now,
                    )
                )
            elif known[version]["sha256"] != digest(text):
                changed.append(version)
                log.error("rulebook.changed_after_publication", version=version)
    for version, row in known.items():
        if version not in books:
            rulebook_store.keep(rulebook_store.parse(row["content"], f"{version}.yml"))
            log.warning("rulebook.file_is_gone", version=version)
    return changed


async def recorded(db: Database) -> dict[str, str]:
    """The sha256 of every published version's text, as it was recorded."""
    async with db.read() as tx:
        rows: Sequence[dict[str, str]] = await tx.all(select(rulebooks.c.version, rulebooks.c.sha256))  # type: ignore[assignment]
    return {row["version"]: row["sha256"] for row in rows}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
