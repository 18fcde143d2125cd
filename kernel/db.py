"""The database: one metadata, one way to read, one way to write, on SQLite and on PostgreSQL alike."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import DateTime, MetaData
from sqlalchemy.engine import Connection, CursorResult, Dialect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import TypeDecorator

from kernel.sqlite import Inline, Sqlite

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
    """What a transaction needs of a connection: SQLAlchemy's own on PostgreSQL, `kernel.sqlite` else."""

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]: ...


class Tx:
    """One transaction: statements, the events it raises, and what to do once it is committed."""

    def __init__(self, conn: Executes, handlers: Mapping[type, Sequence[Handler]], dialect: str) -> None:
        self.conn = conn
        self.dialect = dialect
        self._prepared = conn.prepared if isinstance(conn, Inline) else None
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
        self._on: Sqlite | _Postgres = Sqlite(url, _dumps) if self.is_sqlite else _Postgres(url)
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


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
