"""Alembic's entry: runs migrations on an async engine, for SQLite and PostgreSQL."""

import asyncio

from alembic import context
from sqlalchemy import pool
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import aftersales.archive.store
import aftersales.ledger
import aftersales.merchants.store
import aftersales.store
import curation.run_store
import curation.store
import handoff.store
import handoff.writing_store
import kernel.jobs
from kernel.db import metadata

__all__ = ["aftersales", "curation", "handoff", "kernel"]


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    engine = create_async_engine(context.config.attributes["database"], poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
