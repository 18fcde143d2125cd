"""`anxin doctor`: what is there, what is missing, how to mend it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import redis.asyncio as redis
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from kernel.db import Database
from service import setup
from service.settings import ROOT, Settings


@dataclass(frozen=True)
class Finding:
    what: str
    is_fine: bool
    found: str
    mend: str = ""


async def run(settings: Settings, console: Console) -> int:
    """Prints the table; 0 when nothing is missing that `make up` would not put in place itself."""
    findings = [
        *_installed(settings),
        await _database(settings),
        await _events(settings),
        *await _running(settings),
    ]
    table = Table("part", "", "found", "to mend it")
    for finding in findings:
        table.add_row(
            finding.what,
            "✓" if finding.is_fine else "✗",
            finding.found,
            "" if finding.is_fine else finding.mend,
        )
    console.print(table)
    return 0 if all(finding.is_fine for finding in findings) else 1


def _installed(settings: Settings) -> Iterator[Finding]:
    python = setup.find_python("3.10")
    yield Finding("Python 3.10", python != "3.10", python, "install Python 3.10 (the brain needs it)")
    for step in setup.STEPS:
        done = step.is_done(settings.var)
        yield Finding(
            step.title, done, "up to date" if done else "missing or older than its sources", "anxin prepare"
        )
    free = shutil.disk_usage(ROOT).free / 1e9
    yield Finding("disk", free > 1, f"{free:.0f} GB free", "make room")
    git = shutil.which("git")
    yield Finding("git (the trainers' data)", bool(git), git or "none", "apt-get install git")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    yield Finding(
        "browser for tests", bool(chromium), chromium or "none", "apt-get install chromium fonts-noto-cjk"
    )


async def _database(settings: Settings) -> Finding:
    db = Database(settings.database)
    shown = settings.database.split("@")[-1]
    try:
        async with db.read() as tx:
            version = await tx.scalar(text("SELECT version_num FROM alembic_version"))
        return Finding("database", bool(version), f"{shown} at {version}", "anxin migrate")
    except Exception as error:
        return Finding(
            "database", False, f"{shown}: {type(error).__name__}", "anxin migrate, or check DATABASE_URL"
        )
    finally:
        await db.close()


async def _events(settings: Settings) -> Finding:
    client = redis.Redis.from_url(settings.redis)
    try:
        await client.ping()
        return Finding("event stream (Redis)", True, settings.redis.split("@")[-1])
    except Exception as error:
        return Finding(
            "event stream (Redis)", False, type(error).__name__, "make up starts one, or check REDIS_URL"
        )
    finally:
        await client.aclose()


async def _running(settings: Settings) -> list[Finding]:
    try:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://{settings.host}:{settings.port}/readyz", timeout=5)
        missing = ", ".join(answer.json().get("missing", [])) or "all parts answer"
        return [Finding("service", answer.status_code == 200, missing, "see var/logs/")]
    except (httpx.HTTPError, ValueError):
        return [Finding("service", False, "not running", "make up")]
