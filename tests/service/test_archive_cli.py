"""`anxin archive` on a real database: verify says which entry broke, export writes it all, purge leaves the chain."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from aftersales.archive.keeping import archive_ticket
from aftersales.archive.ports import ArchivePorts
from kernel.db import Database
from service.migrate import upgrade_async
from service.settings import ROOT
from tests.aftersales.archive.conftest import DONE, Pictures, Talks, unguarded
from tests.aftersales.conftest import at_status


@pytest.fixture
async def filled(database_url: str) -> str:
    """A migrated database with three dossiers; its url."""
    await upgrade_async(database_url)
    db = Database(database_url)
    ports = ArchivePorts(Talks(), Pictures())
    for number in range(3):
        ticket = await at_status(db, "closed", f"k{number}")
        await archive_ticket(db, ports, ticket["id"], DONE)
    await db.close()
    return database_url


def anxin(var: Path, database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    secret = secrets.token_urlsafe(32)
    given = {f"ANXIN_{name}": secret for name in ("SECRET", "SHOP_SECRET", "RASA_TOKEN", "ACTION_TOKEN")}
    return subprocess.run(
        [sys.executable, "-m", "service.cli", "archive", *arguments],
        cwd=ROOT,
        env=os.environ | given | {"ANXIN_VAR": str(var), "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=120,
    )


async def test_verify_export_purge(filled: str, tmp_path: Path) -> None:
    sound = anxin(tmp_path, filled, "verify")
    assert sound.returncode == 0 and sound.stdout.startswith("ok: 3 entries, head 3:"), sound.stderr
    head = sound.stdout.split()[-1]
    assert anxin(tmp_path, filled, "verify", "--head", head).returncode == 0

    out = tmp_path / "out.jsonl"
    assert anxin(tmp_path, filled, "export", "--reason", "监管抽查", "--out", str(out)).returncode == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf8").splitlines()]
    assert len(lines) == 3 and all(line["sections"]["case"]["intact"] for line in lines)
    page = anxin(
        tmp_path, filled, "export", "--reason", "监管抽查", "--format", "html", "--since", "2026-11-24"
    )
    assert page.stdout.count("<article") == 3
    refused = anxin(tmp_path, filled, "export", "--reason", " ", "--out", str(tmp_path / "no"))
    assert refused.returncode == 1 and "请填写导出的原因" in refused.stderr and not (tmp_path / "no").exists()

    assert anxin(tmp_path, filled, "purge").stdout == "0 dossiers purged\n"

    db = Database(filled)
    await unguarded(db, "UPDATE archive_sections SET body = '{}' WHERE seq = 2 AND name = 'evidence'")
    await db.close()
    broken = anxin(tmp_path, filled, "verify")
    assert broken.returncode == 1
    assert (
        broken.stdout.startswith("broken at entry 2 (ticket AX")
        and "section evidence was changed" in broken.stdout
    )


async def test_the_triggers_of_the_migration_are_those_of_the_code(database_url: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    await upgrade_async(database_url)
    db = Database(database_url)
    ticket = await at_status(db, "closed")
    await archive_ticket(db, ArchivePorts(Talks(), Pictures()), ticket["id"], DONE)
    for statement in (
        "DELETE FROM archive_entries",
        "UPDATE archive_sections SET salt = ''",
        "DELETE FROM archive_sections",
    ):
        with pytest.raises(DBAPIError, match=r"append-only|not released"):
            async with db.write() as tx:
                await tx.execute(text(statement))
    await db.close()
