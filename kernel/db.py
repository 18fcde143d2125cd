"""The database: one metadata, one way to read, one way to write, on SQLite and on PostgreSQL alike."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import DateTime, MetaData, create_engine, event, text
from sqlalchemy.engine import Connection, CursorResult, Dialect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import TypeDecorator

from kernel.prepared import Plans

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A row by column name: what SQLAlchemy calls RowMapping; a plain dict serves as well.
Row = Mapping[Any, Any]
Handler = Callable[["Tx", Any], Awaitable[None]]


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out; SQLite forgets zones, so they are put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was given to the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Executes(Protocol):
    """What a transaction needs of a connection: SQLAlchemy's own on PostgreSQL, `_Inline` or `_Apart` on SQLite."""

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]: ...


class Tx:
    """One transaction: statements, the events it raises, and what to do once it is committed."""

    def __init__(self, conn: Executes, handlers: Mapping[type, Sequence[Handler]], dialect: str) -> None:
        self.conn = conn
        self.dialect = dialect
        self._prepared = conn.prepared if isinstance(conn, _Inline) else None
        self._handlers = handlers
        self._after: list[Callable[[], Awaitable[None]]] = []

    async def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        return await self.conn.execute(statement, values)

    async def one(self, statement: Executable, values: Any = None) -> Row | None:
        """The first row as a mapping, or None."""
        rows = self._prepared and self._prepared(statement, values)
        if rows is not None:
            return rows[0] if rows else None
        return (await self.conn.execute(statement, values)).mappings().first()

    async def all(self, statement: Executable, values: Any = None) -> Sequence[Row]:
        rows = self._prepared and self._prepared(statement, values)
        if rows is not None:
            return rows
        return (await self.conn.execute(statement, values)).mappings().all()

    async def do(self, statement: Executable, values: Any) -> None:
        """Runs a statement that has no rows, once or for each of a list of values."""
        if self._prepared is None or self._prepared(statement, values) is None:
            await self.conn.execute(statement, values)

    async def scalar(self, statement: Executable, values: Any = None) -> Any:
        rows = self._prepared and self._prepared(statement, values)
        if rows is not None:
            return next(iter(rows[0].values())) if rows else None
        return (await self.conn.execute(statement, values)).scalar()

    async def emit(self, event_: Any) -> None:
        """Runs the functions registered for the event's type, in this same transaction."""
        for handler in self._handlers.get(type(event_), ()):
            await handler(self, event_)

    def after_commit(self, fn: Callable[[], Awaitable[None]]) -> None:
        """`fn` runs once, in order, after the commit; never when the transaction is rolled back."""
        self._after.append(fn)

    async def run_after_commit(self) -> None:
        for fn in self._after:
            await fn()


class Database:
    """Opens transactions. `handlers` is the table from event type to functions, filled by the service."""

    def __init__(self, url: str, handlers: Mapping[type, Sequence[Handler]] | None = None) -> None:
        self.url = url
        self.handlers: dict[type, list[Handler]] = {k: list(v) for k, v in (handlers or {}).items()}
        self.is_sqlite = url.startswith("sqlite")
        self._on: _Sqlite | _Postgres = _Sqlite(url) if self.is_sqlite else _Postgres(url)
        self._dialect = "sqlite" if self.is_sqlite else "postgresql"

    @asynccontextmanager
    async def read(self, *, brief: bool = False) -> AsyncIterator[Tx]:
        """A read-only transaction: nothing done in it is kept. `brief`: a look at a few rows by an index."""
        async with self._on.reading(brief) as conn:
            yield Tx(conn, {}, self._dialect)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that commits at the end of the block, then runs what was left for after the commit."""
        async with self._on.writing() as conn:
            tx = Tx(conn, self.handlers, self._dialect)
            yield tx
        await tx.run_after_commit()

    async def run_sync(self, fn: Callable[[Connection], Any]) -> Any:
        """`fn(connection)` in a transaction of its own, for what SQLAlchemy has no async form of (`create_all`)."""
        return await self._on.run_sync(fn)

    async def close(self) -> None:
        await self._on.close()


class _Postgres:
    """Any number of transactions at once, over asyncpg."""

    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(
            url, json_serializer=_dumps, pool_size=10, max_overflow=10, pool_pre_ping=True
        )

    @asynccontextmanager
    async def reading(self, brief: bool) -> AsyncIterator[Executes]:
        async with self.engine.connect() as conn:
            try:
                yield conn
            finally:
                await conn.rollback()

    def writing(self) -> AbstractAsyncContextManager[Executes]:
        return self.engine.begin()

    async def run_sync(self, fn: Callable[[Connection], Any]) -> Any:
        async with self.engine.begin() as conn:
            return await conn.run_sync(fn)

    async def close(self) -> None:
        await self.engine.dispose()


class _Sqlite:
    """SQLite without a thread a statement: a hop to a thread and back costs more than most statements.

    A write's statements run where they are called; what may wait for the disk or for another process (BEGIN
    IMMEDIATE, COMMIT) runs in a thread, and so does a read that is not said to be brief. Writes that wait for each
    other share one commit: each is kept or undone for itself, and none returns before the disk has it.
    """

    READERS = 6

    def __init__(self, url: str) -> None:
        self.engine = create_engine(
            url.replace("+aiosqlite", ""),
            json_serializer=_dumps,
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
        self._glances: _Inline | None = None

    @asynccontextmanager
    async def reading(self, brief: bool) -> AsyncIterator[Executes]:
        if brief:
            yield self._glance()
            return
        async with self._readers:
            with self.engine.connect() as conn:
                yield _Apart(conn, self._threads)

    def _glance(self) -> "_Inline":
        """One connection for all brief reads: outside of transactions each statement sees what was committed last."""
        if self._glances is None:
            self._glances = _Inline(self.engine.connect(), self._plans)
        return self._glances

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Executes]:
        group: _Group | None = None
        try:
            async with self._writer:
                group = self._group or await self._open()
                group.run("SAVEPOINT one")
                try:
                    yield _Inline(group.conn, self._plans)
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
            assert isinstance(inline, _Inline)
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


class _Inline:
    def __init__(self, conn: Connection, plans: Plans) -> None:
        self.conn, self.plans = conn, plans

    def prepared(self, statement: Executable, parameters: Any) -> list[dict[str, Any]] | None:
        """The rows of a statement that asks for a plan, else None."""
        plan = self.plans.of(statement, parameters)
        return plan.run(_driver(self.conn), parameters or {}) if plan else None

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return self.conn.execute(statement, parameters)


class _Apart:
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


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: BEGIN IMMEDIATE above takes the write lock at once,
    # so that two processes never both read and then fail to upgrade.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
