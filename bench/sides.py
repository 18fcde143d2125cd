"""The two sides of `anxin bench turn`: stock Rasa as its documentation has it, and the whole product.

The same on both: the machine, the run, the sentences, a client that waits for the answer. Not the same: stock keeps
everything in memory and answers over its REST channel; ours verifies a token, keeps every message durable before it
is acknowledged (SQLite, synchronous=FULL), fences the reply, and delivers it over a WebSocket.
"""

import asyncio
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import websockets
from ruamel.yaml import YAML

from service import demo, setup
from service.migrate import upgrade_async
from service.processes import Child, rasa_child, redis_child, service_child
from service.settings import ROOT, Settings
from service.wiring import build

STOCK = ROOT / "bench" / "stock"
SAMPLE = 30  # sentences an intent: stock Rasa's training time grows with them, its speed hardly does


class Talk(Protocol):
    """One consumer's conversation on either side."""

    async def ask(self, text: str) -> str:
        """Says something and returns the text of the answer; fails when there is none."""
        ...

    async def close(self) -> None: ...


class StockTalk:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http, self.sender = http, uuid.uuid4().hex

    async def ask(self, text: str) -> str:
        answer = await self.http.post("/webhooks/rest/webhook", json={"sender": self.sender, "message": text})
        replies = answer.json()
        if not replies:
            raise RuntimeError(f"stock Rasa answered nothing to {text!r}")
        return str(replies[0]["text"])

    async def close(self) -> None: ...


class OurTalk:
    def __init__(self, socket: Any) -> None:
        self.socket = socket

    @classmethod
    async def open(cls, url: str, token: str) -> "OurTalk":
        async with httpx.AsyncClient(base_url=url) as http:
            opened = (await http.post("/api/v1/conversations", json={"token": token})).json()
        path = f"{url.replace('http', 'ws')}/api/v1/conversations/{opened['conversation_id']}/socket?after=1"
        protocols: Any = ["anxin.v1", opened["conversation_token"]]
        return cls(await websockets.connect(path, subprotocols=protocols))

    async def say(self, text: str) -> None:
        await self.socket.send(
            json.dumps(
                {"type": "message", "client_msg_id": uuid.uuid4().hex, "text": text}, ensure_ascii=False
            )
        )

    async def next_reply(self) -> str:
        while True:
            frame = json.loads(await asyncio.wait_for(self.socket.recv(), 30))
            if frame["type"] == "error":
                raise RuntimeError(frame["error"]["message"])
            if frame["type"] == "message" and frame["message"]["sender"] in ("bot", "system"):
                return str(frame["message"]["text"])

    async def ask(self, text: str) -> str:
        await self.say(text)
        return await self.next_reply()

    async def close(self) -> None:
        await self.socket.close()


@asynccontextmanager
async def stock(settings: Settings) -> AsyncIterator[str]:
    """Stock Rasa and its stock action server; yields its address. Trained once and kept under var/bench."""
    folder = settings.var / "bench" / "stock"
    await asyncio.to_thread(train_stock, folder)
    rasa_port, action_port = free_port(), free_port()
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(f"action_endpoint:\n  url: http://127.0.0.1:{action_port}/webhook\n")
    python, env = str(setup.BRAIN_PYTHON), setup.brain_env() | {"PYTHONPATH": str(STOCK)}
    run = [python, "-m", "rasa", "run", "--model", str(folder / "model.tar.gz"), "--port", str(rasa_port)]
    run += [
        "--interface",
        "127.0.0.1",
        "--endpoints",
        str(endpoints),
        "--credentials",
        str(folder / "credentials.yml"),
    ]
    act = [python, "-m", "rasa_sdk", "--actions", "stock_actions", "--port", str(action_port)]
    children = [
        Child("stock-actions", act, _answers(f"http://127.0.0.1:{action_port}/health"), env, 60),
        Child("stock-rasa", run, _answers(f"http://127.0.0.1:{rasa_port}/"), env, 180),
    ]
    async with running(children, folder / "logs"):
        yield f"http://127.0.0.1:{rasa_port}"


@asynccontextmanager
async def ours(settings: Settings) -> AsyncIterator[tuple[str, list[str]]]:
    """The whole product on its own database; yields its address and consumers' tokens."""
    var = Path(tempfile.mkdtemp(prefix="anxin-bench-"))
    port = free_port()
    chosen = settings.model_copy(
        update={
            "var": var,
            "port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "rasa_url": f"http://127.0.0.1:{free_port()}",
            "database_url": f"sqlite+aiosqlite:///{var / 'anxin.db'}",
            "redis_url": f"unix://{var / 'redis.sock'}",
            "demo": True,
            "rate_factor": 10_000,
        }
    )
    await upgrade_async(chosen.database)
    children = [redis_child(chosen), rasa_child(chosen), service_child(chosen)]
    try:
        async with running(children, var / "logs"):
            services = build(chosen)
            seeded = await demo.seed(services, chosen.public_url)
            await services.close()
            yield chosen.public_url, [consumer["token"] for consumer in seeded["consumers"]]
    finally:
        shutil.rmtree(var, ignore_errors=True)


@asynccontextmanager
async def running(children: list[Child], logs: Path) -> AsyncIterator[None]:
    """The children, started and ready; all stopped in the end, whatever happens."""
    try:
        for child in children:
            await child.start(logs)
        for child in children:
            await child.wait_until_ready(logs)
        yield
    finally:
        for child in reversed(children):
            await child.stop()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _answers(url: str) -> Any:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient() as http:
                return (await http.get(url, timeout=2)).status_code == 200
        except httpx.HTTPError:
            return False

    return ready


def train_stock(folder: Path, say: Callable[[str], None] = lambda line: None) -> None:
    """Trains stock Rasa into `folder` unless it is there for this configuration; `say` hears its progress."""
    wanted = setup.fingerprint(setup.files_under(STOCK))
    stamp, model = folder / "stamp", folder / "model.tar.gz"
    if model.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "credentials.yml").write_text("rest:\n")
    found = _sample()
    (folder / "nlu.yml").write_text(_nlu(found), encoding="utf8")
    (folder / "domain.yml").write_text(_domain(found), encoding="utf8")
    command = [str(setup.BRAIN_PYTHON), "-m", "rasa", "train", "--config", str(STOCK / "config.yml")]
    command += [
        "--domain",
        str(STOCK / "domain.yml"),
        "--data",
        str(folder / "nlu.yml"),
        str(STOCK / "rules.yml"),
    ]
    command += ["--out", str(folder), "--fixed-model-name", "model"]
    began = time.monotonic()
    setup.run(command, say, env=setup.brain_env() | {"OMP_NUM_THREADS": str(os.cpu_count() or 1)})
    stamp.write_text(wanted)
    (folder / "seconds").write_text(f"{time.monotonic() - began:.0f}")


def _sample() -> dict[str, list[str]]:
    """A sample of the project's own sentences for every one of its intents: stock Rasa is to know as much as ours."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for block in YAML(typ="safe").load(path)["nlu"]:
            if "intent" in block:
                found.setdefault(block["intent"], []).extend(block["examples"].splitlines())
    return {
        intent: lines[:: max(1, len(lines) // SAMPLE)][:SAMPLE]
        for intent, lines in found.items()
        if len(lines) > 10
    }


def _nlu(found: dict[str, list[str]]) -> str:
    lines = ['version: "3.1"', "nlu:"]
    for intent, sentences in found.items():
        lines += [f"- intent: {intent}", "  examples: |", *(f"    {sentence}" for sentence in sentences)]
    return "\n".join(lines) + "\n"


def _domain(found: dict[str, list[str]]) -> str:
    text = (STOCK / "domain.yml").read_text(encoding="utf8")
    return text.replace("intents: []", f"intents: [{', '.join(found)}]")
