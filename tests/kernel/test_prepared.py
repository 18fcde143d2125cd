"""A prepared statement does what SQLAlchemy does with it, on both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from kernel.db import Database, UtcDateTime
from kernel.prepared import Plan

things = Table(
    "test_things",
    MetaData(),  # no part of the schema
    Column("id", Integer, primary_key=True),
    Column("name", String(40), unique=True),
    Column("at", UtcDateTime),
    Column("said", JSON, nullable=False),
    Column("fine", Boolean, nullable=False),
)
c = things.c
ADD = insert(things)
CHANGE = (
    update(things)
    .where(c.id == bindparam("of_id"))
    .values(name=bindparam("new_name"), fine=True)
    .returning(*c)
)
FIND = select(things).where(c.id >= bindparam("least"), c.name != "nobody").order_by(c.id)


class Kind(StrEnum):
    BOOK = "book"


ROWS = [
    {
        "id": 1,
        "name": "a",
        "at": datetime(2026, 11, 28, 3, 4, 5, 678000, UTC),
        "said": {"字": [1, None]},
        "fine": True,
    },
    {"id": 2, "name": Kind.BOOK, "at": None, "said": [], "fine": False},
]


@pytest.fixture
async def kept(db: Database) -> Any:
    await db.run_sync(lambda conn: things.create(conn, checkfirst=True))
    yield db
    async with db.write() as tx:
        await tx.execute(delete(things))


async def through(db: Database, prepared: bool) -> Sequence[Any]:
    """The same statements on an empty table, and everything they gave back."""
    add, change, find = (one.execution_options(prepared=prepared) for one in (ADD, CHANGE, FIND))
    async with db.write() as tx:
        await tx.execute(delete(things))
        await tx.do(add, ROWS)
        await tx.do(add, ROWS[0] | {"id": 3, "name": "c"})
        changed = dict(await tx.one(change, {"of_id": 3, "new_name": "d"}) or {})
        nobody = await tx.one(change, {"of_id": 9, "new_name": "e"})
        first = await tx.scalar(find, {"least": 2})
        none = await tx.scalar(find, {"least": 9})
    async with db.read(brief=True) as tx:
        rows = [dict(row) for row in await tx.all(find, {"least": 0})]
    return changed, nobody, first, none, rows


async def test_it_gives_what_the_plain_statement_gives(kept: Database) -> None:
    plain, prepared = await through(kept, False), await through(kept, True)
    assert prepared == plain
    assert plain[0]["at"] == ROWS[0]["at"]
    assert plain[4][1] == ROWS[1]


async def test_a_refusal_of_the_database_is_sqlalchemys_and_undoes_the_transaction(kept: Database) -> None:
    add = ADD.execution_options(prepared=True)

    async def twice() -> None:
        async with kept.write() as tx:
            await tx.do(add, ROWS)
            await tx.do(add, ROWS[0] | {"id": 3})

    with pytest.raises(IntegrityError):
        await twice()
    async with kept.read() as tx:
        assert await tx.all(FIND, {"least": 0}) == []


async def test_a_value_that_is_missing_is_named(kept: Database) -> None:
    async with kept.read(brief=True) as tx:
        with pytest.raises(Exception, match="least"):
            await tx.all(FIND.execution_options(prepared=True), {})


def test_what_a_plan_cannot_do_is_refused_when_it_is_made() -> None:
    dialect = create_engine("sqlite://").dialect
    with pytest.raises(ValueError, match="no lists"):
        Plan(select(things).where(c.id.in_([1, 2])), (), dialect)
    defaulted = Table("test_defaults", MetaData(), Column("id", Integer), Column("x", Integer, default=1))
    with pytest.raises(ValueError, match="every value"):
        Plan(insert(defaulted), ("id",), dialect)


@given(st.text(max_size=40), st.datetimes(timezones=st.just(UTC)), st.booleans())
def test_values_go_in_as_sqlalchemy_puts_them_in(name: str, at: datetime, fine: bool) -> None:
    engine = create_engine("sqlite://", json_serializer=str)
    value = {"id": 1, "name": name, "at": at, "said": {}, "fine": fine}
    ours = Plan(ADD, tuple(value), engine.dialect).values(value)
    with engine.connect() as conn:
        things.create(conn)
        conn.execute(ADD, value)
        theirs = conn.exec_driver_sql("select * from test_things").one()
    assert tuple(ours) == tuple(theirs)
