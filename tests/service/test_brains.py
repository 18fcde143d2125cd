"""The keepers of the Rasa processes, with real processes that answer as Rasa's channel does."""

import asyncio
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from curation import promoting, serving
from curation.promoting import Releasing
from curation.run_store import promotions
from curation.serving import STANDBY, Routes
from kernel.clock import utcnow
from kernel.db import Database, metadata
from service import brains as brains_module
from service.brains import Brains
from service.curation_ports import registry
from service.processes import Child
from service.settings import Settings
from service.setup import CannotStart
from tests.conftest import make_settings, until
from tests.curation.kit import FLOORS, TRAINER, archive
from tests.curation.test_promoting import made, one

SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
port, sha = int(sys.argv[1]), sys.argv[2]
if open(sys.argv[3], 'rb').read().startswith(b'broken'):
    sys.exit(7)
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({'ready': True, 'model': sha}).encode()
        self.send_response(200); self.send_header('content-length', str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
ThreadingHTTPServer(('127.0.0.1', port), Answer).serve_forever()
"""


def make(slot: str, url: str, path: Path, sha256: str) -> Child:
    port = str(urlsplit(url).port)

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(url, timeout=1)).json()["model"] == sha256
        except httpx.HTTPError:
            return False

    command = [sys.executable, "-c", textwrap.dedent(SERVER), port, sha256, str(path)]
    return Child(f"rasa-{slot}", command, ready, patience=20)


@pytest.fixture
async def settings(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    first = tmp_path / "installed" / "current.tar.gz"
    archive(first, "the installed model")
    monkeypatch.setattr(brains_module, "LOOK_EVERY", 0.05)
    return make_settings(
        tmp_path, redis_url, f"sqlite+aiosqlite:///{tmp_path / 'anxin.db'}", installed_model=first
    )


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database)
    await database.run_sync(metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
async def brains(settings: Settings, db: Database) -> AsyncIterator[Brains]:
    running = Brains(settings, db, make)
    await running.start()
    await asyncio.wait_for(running.wait_until_ready(), 20)
    yield running
    await running.stop()


async def model_at(db: Database) -> str:
    """The model of the process that answers a conversation now."""
    url = await Routes(db, "http://nobody").url_of("c_1", utcnow())
    async with httpx.AsyncClient() as client:
        return str((await client.get(url)).json()["model"])


async def test_a_promotion_starts_a_second_process_and_moves_over_when_it_answers(
    brains: Brains, db: Database, settings: Settings
) -> None:
    releasing = Releasing(registry(settings), FLOORS)
    live = await model_at(db)
    new = await made(db, releasing, live)
    row = await promoting.promote(db, releasing, TRAINER, new, 100, "更好", utcnow())

    async def moved() -> bool:
        assert await model_at(db) in (live, new)  # there is always somebody who answers
        await promoting.advance(db, utcnow())
        return (await one(db, row["id"]))["state"] == "live"

    await until(moved, 20)
    assert await model_at(db) == new
    blue = next(keeper for keeper in brains.keepers if keeper.slot == "blue")
    assert blue.child is not None and blue.child.process is not None and blue.child.process.returncode is None

    # After its time the process that was replaced is stopped.
    async with db.write() as tx:
        await serving.retire(tx, "blue", utcnow() - STANDBY)
    await until(lambda: blue.child is None, 20)


async def test_a_process_that_dies_is_started_again(brains: Brains, db: Database) -> None:
    blue = next(keeper for keeper in brains.keepers if keeper.slot == "blue")
    assert blue.child is not None and blue.child.process is not None
    died = blue.child.process
    died.kill()
    await died.wait()
    await until(lambda: blue.child and blue.child.process not in (None, died), 20)
    await asyncio.wait_for(brains.wait_until_ready(), 20)
    assert await model_at(db)


async def test_a_model_that_cannot_be_loaded_fails_and_the_old_one_goes_on(
    brains: Brains, db: Database, settings: Settings
) -> None:
    releasing = Releasing(registry(settings), FLOORS)
    live = await model_at(db)
    broken = await made(db, releasing, live, "broken archive")
    row = await promoting.promote(db, releasing, TRAINER, broken, 100, "不知道坏了", utcnow())

    async def failed() -> bool:
        await promoting.advance(db, utcnow())
        return (await one(db, row["id"]))["state"] == "failed"

    await until(failed, 40)
    assert "退出码 7" in (await one(db, row["id"]))["end_reason"]
    assert await model_at(db) == live


async def test_an_archive_changed_after_it_was_judged_is_never_started(
    brains: Brains, db: Database, settings: Settings
) -> None:
    releasing = Releasing(registry(settings), FLOORS)
    live = await model_at(db)
    new = await made(db, releasing, live)
    path = releasing.registry.shelf.path(new)
    async with db.write() as tx:
        path.chmod(0o600)
        path.write_bytes(b"code of somebody else")
        await serving.want(tx, "green", new, utcnow())

    async def refused() -> bool:
        row = await serving.wanted_of(db, "green")
        return bool(row and row["state"] == "failed" and "不一致" in row["error"])

    await until(refused, 20)
    green = next(keeper for keeper in brains.keepers if keeper.slot == "green")
    assert green.child is None


async def test_a_restart_brings_the_promoted_model_back(settings: Settings, db: Database) -> None:
    releasing = Releasing(registry(settings), FLOORS)
    first = Brains(settings, db, make)
    await first.start()
    await asyncio.wait_for(first.wait_until_ready(), 20)
    new = await made(db, releasing, await model_at(db))
    row = await promoting.promote(db, releasing, TRAINER, new, 100, "更好", utcnow())

    async def live() -> bool:
        await promoting.advance(db, utcnow())
        return (await one(db, row["id"]))["state"] == "live"

    await until(live, 20)
    await first.stop()
    again = Brains(settings, db, make)
    assert await again.start() == new
    await asyncio.wait_for(again.wait_until_ready(), 20)
    assert await model_at(db) == new
    await again.stop()


async def test_a_promotion_that_was_starting_goes_on_after_a_restart(
    settings: Settings, db: Database
) -> None:
    releasing = Releasing(registry(settings), FLOORS)
    first = Brains(settings, db, make)
    await first.start()
    await asyncio.wait_for(first.wait_until_ready(), 20)
    new = await made(db, releasing, await model_at(db))
    await first.stop()
    row = await promoting.promote(db, releasing, TRAINER, new, 100, "更好", utcnow())
    again = Brains(settings, db, make)
    await again.start()

    async def live() -> bool:
        await promoting.advance(db, utcnow())
        return (await one(db, row["id"]))["state"] == "live"

    await until(live, 20)
    await again.stop()
    async with db.read() as tx:
        assert len(await tx.all(select(promotions))) == 1


async def test_a_start_that_cannot_succeed_says_so(settings: Settings, db: Database, tmp_path: Path) -> None:
    archive(tmp_path / "installed" / "current.tar.gz", "broken from the beginning")
    running = Brains(settings, db, make)
    await running.start()
    with pytest.raises(CannotStart, match="退出码 7"):
        await asyncio.wait_for(running.wait_until_ready(), 40)
    await running.stop()
