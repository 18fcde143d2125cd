"""The keepers of the two Rasa processes: each runs the model that is wanted of its slot, and says what became of it.

What is wanted stands in the database (curation.serving), so that a promotion is the same act from the console, from
the command line and on another machine, and goes on after a restart.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from curation import serving
from curation.core.serving import SLOTS
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from service.curation_ports import registry
from service.processes import RESTART_SECONDS, Child, rasa_child
from service.settings import Settings
from service.setup import CannotStart

log = structlog.get_logger()

LOOK_EVERY = 0.5
MOST_RESTARTS = 3  # of a process that was never ready: its model is broken

Make = Callable[[str, str, Path, str], Child]  # slot, url, archive, sha256


class Keeper:
    """Keeps one slot: starts, watches, starts again, changes the model, stops."""

    def __init__(self, settings: Settings, db: Database, slot: str, make: Make | None = None) -> None:
        self.settings, self.db, self.slot = settings, db, slot
        self.shelf = registry(settings).shelf
        self.make = make or self._rasa
        self.child: Child | None = None
        self.model: str | None = None  # that the child runs
        self.url = ""
        self.was_ready = False
        self.failures = 0
        self.error = ""  # why the last start did not succeed

    async def keep(self) -> None:
        """For ever; a failure of one round is logged and the next one tries again."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("brain.round_failed", slot=self.slot)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """One comparison of what is wanted with what is there."""
        row = await serving.wanted_of(self.db, self.slot)
        if row is None:
            return
        now = utcnow()
        if row["model"] is None or (row["until"] and row["until"] <= now):
            await self.stop()
            if row["model"] is not None:
                await serving.release(self.db, self.slot, row["model"], now)
            return
        if row["model"] != self.model:
            await self.stop()
            self.failures = 0
        if row["state"] == "failed":
            return
        if self.child is None:
            await self._start(row)
        elif self.child.process is None or self.child.process.returncode is not None:
            await self._died(row)
        elif row["state"] != "ready" or row["url"] != self.url:
            await self._await_ready(row)

    async def stop(self) -> None:
        if self.child is not None:
            await self.child.stop()
        self.child, self.model, self.was_ready = None, None, False

    async def leave(self) -> None:
        """Stops for good; nobody is sent to the address any more."""
        model = self.model
        await self.stop()
        if model is not None:
            await serving.report_slot(self.db, self.slot, model, "starting", utcnow())

    async def _start(self, row: Row) -> None:
        self.model = row["model"]
        try:
            archive = await asyncio.to_thread(self.shelf.verified, row["model"])
        except DomainError as error:
            await self._failed(row, error.message)
            return
        self.url = self._address()
        self.child = self.make(self.slot, self.url, archive, row["model"])
        self.was_ready = False
        await self.child.start(self.settings.var / "logs")
        log.info("brain.starting", slot=self.slot, model=row["model"][:12])

    async def _await_ready(self, row: Row) -> None:
        assert self.child is not None
        if await self.child.is_ready():
            self.was_ready, self.failures = True, 0
            await serving.report_slot(self.db, self.slot, row["model"], "ready", utcnow(), url=self.url)
            log.info("brain.ready", slot=self.slot, model=row["model"][:12])
        elif asyncio.get_running_loop().time() - self.child.born > self.child.patience:
            await self.child.stop()  # the next look sees it dead

    async def _died(self, row: Row) -> None:
        assert self.child is not None and self.child.process is not None
        code = self.child.process.returncode
        self.failures += 1
        log.error("brain.died", slot=self.slot, code=code, failures=self.failures)
        if not self.was_ready and self.failures >= MOST_RESTARTS:
            await self._failed(row, f"新模型的进程启动了 {self.failures} 次都没有成功（退出码 {code}）")
            return
        await serving.report_slot(self.db, self.slot, row["model"], "starting", utcnow())
        if self.failures > 1:
            await asyncio.sleep(RESTART_SECONDS[min(self.failures - 2, len(RESTART_SECONDS) - 1)])
        self.child = None

    async def _failed(self, row: Row, why: str) -> None:
        self.error = why
        await serving.report_slot(self.db, self.slot, row["model"], "failed", utcnow(), error=why)

    def _address(self) -> str:
        """The settings' own address for the first slot, a free port beside it for the other."""
        given = urlsplit(self.settings.rasa_url)
        if self.slot == SLOTS[0]:
            return self.settings.rasa_url
        inside = given.hostname in ("127.0.0.1", "localhost", "::1")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1" if inside else "0.0.0.0", 0))
            return f"{given.scheme}://{given.hostname}:{probe.getsockname()[1]}"

    def _rasa(self, slot: str, url: str, archive: Path, sha256: str) -> Child:
        return rasa_child(self.settings, name=f"rasa-{slot}", url=url, model=archive, sha256=sha256)


class Brains:
    """Both keepers, as `anxin up` and `anxin brain` run them."""

    def __init__(self, settings: Settings, db: Database, make: Make | None = None) -> None:
        self.settings, self.db = settings, db
        self.keepers = [Keeper(settings, db, slot, make) for slot in SLOTS]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> str:
        """Decides what serves and starts it; returns the sha256 of the model in use."""
        row = await serving.establish(self.db, registry(self.settings), utcnow())
        self._tasks = [asyncio.create_task(keeper.keep(), name=keeper.slot) for keeper in self.keepers]
        return str(row["model"])

    async def wait_until_ready(self) -> None:
        """Until the live slot answers. Raises CannotStart when it cannot."""
        while True:
            said = await serving.shown(self.db)
            live = next(one for one in said["slots"] if one["name"] == said["routing"]["live"])
            if live["state"] == "ready":
                return
            if live["state"] == "failed":
                raise CannotStart(f"Rasa did not start: {live['error']}. See {self.settings.var / 'logs'}")
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await asyncio.gather(*(keeper.leave() for keeper in self.keepers))


async def keep(settings: Settings, say: Callable[[str], None]) -> None:
    """Only Rasa's processes, as promotions want them, until it is told to stop: where the service runs apart."""
    db = Database(settings.database)
    brains, stop = Brains(settings, db), asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        say(f"model {(await brains.start())[:12]} is being loaded")
        ready = asyncio.create_task(brains.wait_until_ready())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            ready.result()
            say("ready")
        await stopped
        ready.cancel()
    finally:
        await brains.stop()
        await db.close()
