"""SQLite under `kernel.db`: one writer whose commits are shared, readers, and statements without a thread each."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.sql.base import Executable

from kernel.prepared import Plans


class Sqlite:
    """SQLite without a thread a statement: a hop to a thread and back costs more than most statements.

    A write's statements run where they are called; what may wait for the disk or for another process (BEGIN
    IMMEDIATE, COMMIT) runs in a thread, and so does a read that is not said to be brief. Writes that wait for each
    other share one commit: each is kept or undone for itself, and none returns before the disk has it.
    """

    READERS = 6

    def __init__(self, url: str, dumps: Callable[[Any], str]) -> None:
        self.engine = create_engine(
            url.replace("+aiosqlite", ""),
            json_serializer=dumps,
            pool_size=self.READERS + 3,
            max_overflow=0,
            connect_args={"timeout": 30, "check_same_thread": False},
        )
        event.listen(self.engine, "connect", _sqlite_pragmas)
        self._threads = ThreadPoolExecutor(self.READERS + 1, "sqlite")
        # One writer at a time: waiting here is fair and cheap, while SQLite's busy handler sleeps and starves.
        self._writer = asyncio.Lock()
        self._group: _Group | None = None
        # The pool would block the event loop where this waits.
        self._readers = asyncio.Semaphore(self.READERS)
        self._plans = Plans(self.engine.dialect)
        self._glances: Inline | None = None

    @asynccontextmanager
    async def reading(self, brief: bool) -> AsyncIterator["Inline | Apart"]:
        if brief:
            yield self._glance()
            return
        async with self._readers:
            with self.engine.connect() as conn:
                yield Apart(conn, self._threads)

    def _glance(self) -> "Inline":
        """One connection for all brief reads: outside of transactions each statement sees what was committed last."""
        if self._glances is None:
            self._glances = Inline(self.engine.connect(), self._plans)
        return self._glances

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Inline"]:
        group: _Group | None = None
        try:
            async with self._writer:
                group = self._group or await self._open()
                group.run("SAVEPOINT one")
                try:
                    yield Inline(group.conn, self._plans)
                except BaseException:
                    self._undo(group)
                    raise
                group.run("RELEASE one")
                group.used = True
        except Exception:
            # it may have met with what another of the group wrote: who looks now must see that, or that it is gone
            if group and group.used:
                await asyncio.wait([group.kept])
            raise
        await asyncio.shield(group.kept)

    async def _open(self) -> "_Group":
        """Begins the next group. Its end stands in line behind the writers who wait now, and only behind them."""
        group = _Group(self.engine.connect())
        try:
            await in_thread(self._threads, group.conn.execute, text("BEGIN IMMEDIATE"))
        except BaseException:
            group.conn.close()
            raise
        self._group = group
        group.end = asyncio.create_task(self._end(group), name="sqlite-commit")
        return group

    def _undo(self, group: "_Group") -> None:
        try:
            group.run("ROLLBACK TO one")
            group.run("RELEASE one")
        except sqlite3.Error as error:  # a full disk undoes the whole transaction, and all who share it
            group.lost = error

    async def _end(self, group: "_Group") -> None:
        async with self._writer:
            self._group = None
            try:
                if group.lost:
                    raise group.lost
                if group.used:
                    await in_thread(self._threads, group.conn.commit)
            except BaseException as error:
                group.kept.set_exception(error)
                group.kept.exception()  # when nobody waits for it any more
            else:
                group.kept.set_result(None)
            finally:
                group.close()

    async def run_sync(self, fn: Callable[[Connection], Any]) -> Any:
        async with self.writing() as inline:
            return fn(inline.conn)

    async def close(self) -> None:
        if self._glances:
            self._glances.conn.close()
        self.engine.dispose()
        self._threads.shutdown(wait=False)


class _Group:
    """Writes that share a transaction: each in a savepoint, all kept by one commit."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.used = False
        self.lost: sqlite3.Error | None = None
        self.kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.end: asyncio.Task[None] | None = None  # held, or it could be collected while it runs

    @property
    def driver(self) -> sqlite3.Connection:
        return _driver(self.conn)

    def run(self, statement: str) -> None:
        if self.lost:
            raise self.lost
        self.driver.execute(statement)

    def close(self) -> None:
        """Gives the connection back; what was not committed is undone, also when it was the commit that failed."""
        if self.driver.in_transaction:
            self.driver.rollback()
        self.conn.close()


class Inline:
    def __init__(self, conn: Connection, plans: Plans) -> None:
        self.conn, self.plans = conn, plans

    def prepared(self, statement: Executable, parameters: Any) -> list[dict[str, Any]] | None:
        """The rows of a statement that asks for a plan, else None."""
        plan = self.plans.of(statement, parameters)
        return plan.run(_driver(self.conn), parameters or {}) if plan else None

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return self.conn.execute(statement, parameters)


class Apart:
    def __init__(self, conn: Connection, threads: ThreadPoolExecutor) -> None:
        self.conn, self.threads = conn, threads

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return await in_thread(self.threads, self._fetch, statement, parameters)

    def _fetch(self, statement: Executable, parameters: Any) -> Any:
        return self.conn.execute(statement, parameters).freeze()()


def _driver(conn: Connection) -> sqlite3.Connection:
    return conn.connection.driver_connection  # type: ignore[return-value]


async def in_thread(threads: ThreadPoolExecutor, fn: Callable[..., Any], *args: Any) -> Any:
    """`fn(*args)` in a thread. A cancelled caller leaves only when it has ended: a connection has one user at a time."""
    running = asyncio.get_running_loop().run_in_executor(threads, fn, *args)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError:
                continue
        raise


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: BEGIN IMMEDIATE above takes the write lock at once,
    # so that two processes never both read and then fail to upgrade.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
