"""Migrations bring an empty database to exactly the tables that the code names."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

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
from service.migrate import upgrade_async
from tests.handoff.conftest import open_one

__all__ = ["aftersales", "curation", "handoff", "kernel"]


async def test_the_migrated_schema_is_the_one_in_the_code(database_url: str) -> None:
    await upgrade_async(database_url)
    await upgrade_async(database_url)  # a second time changes nothing
    db = Database(database_url)

    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await db.run_sync(differences) == []
    await db.close()


async def test_a_migrated_database_keeps_the_record_immutable(database_url: str) -> None:
    await upgrade_async(database_url)
    db = Database(database_url)
    await open_one(db, None)
    for statement in ("UPDATE messages SET text = 'x'", "DELETE FROM messages"):
        with pytest.raises(DBAPIError):
            async with db.write() as tx:
                await tx.execute(text(statement))
        await asyncio.sleep(0)
    await db.close()
