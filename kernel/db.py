"""The database: one metadata, one way to read, one way to write, on SQLite and on PostgreSQL alike."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, MetaData, event, text
from sqlalchemy.engine import CursorResult, Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import TypeDecorator

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


class Tx:
    """One transaction: statements, the events it raises, and what to do once it is committed."""

    def __init__(
        self, conn: AsyncConnection, handlers: Mapping[type, Sequence[Handler]], dialect: str
    ) -> None:
        self.conn = conn
        self.dialect = dialect
        self._handlers = handlers
        self._after: list[Callable[[], Awaitable[None]]] = []

    async def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        return await self.conn.execute(statement, values)

    async def one(self, statement: Executable) -> Row | None:
        """The first row as a mapping, or None."""
        return (await self.conn.execute(statement)).mappings().first()

    async def all(self, statement: Executable) -> Sequence[Row]:
        return (await self.conn.execute(statement)).mappings().all()

    async def scalar(self, statement: Executable) -> Any:
        return (await self.conn.execute(statement)).scalar()

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
        if self.is_sqlite:
            self.engine = create_async_engine(
                url, json_serializer=_dumps, pool_size=6, max_overflow=4, connect_args={"timeout": 30}
            )
            event.listen(self.engine.sync_engine, "connect", _sqlite_pragmas)
        else:
            self.engine = create_async_engine(
                url, json_serializer=_dumps, pool_size=10, max_overflow=10, pool_pre_ping=True
            )
        # SQLite has one writer; waiting here is fair and cheap, while its own busy handler sleeps and starves.
        self._writer = asyncio.Lock() if self.is_sqlite else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A read-only transaction: nothing done in it is kept."""
        async with self.engine.connect() as conn:
            try:
                yield Tx(conn, {}, self.engine.dialect.name)
            finally:
                await conn.rollback()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that commits at the end of the block, then runs what was left for after the commit."""
        if self._writer is None:
            async with self.engine.begin() as conn:
                tx = Tx(conn, self.handlers, self.engine.dialect.name)
                yield tx
        else:
            async with self._writer, self.engine.connect() as conn:
                await conn.execute(text("BEGIN IMMEDIATE"))
                tx = Tx(conn, self.handlers, self.engine.dialect.name)
                try:
                    yield tx
                except BaseException:
                    await conn.rollback()
                    raise
                await conn.commit()
        await tx.run_after_commit()

    async def close(self) -> None:
        await self.engine.dispose()


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
