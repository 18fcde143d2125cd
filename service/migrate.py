"""Brings the database to the newest schema with Alembic."""

import asyncio

from alembic import command
from alembic.config import Config

from service.settings import ROOT


def config(database: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(ROOT / "service" / "migrations"))
    made.attributes["database"] = database
    return made


def upgrade(database: str) -> None:
    """Runs every migration that is missing; nothing when there is none."""
    command.upgrade(config(database), "head")


async def upgrade_async(database: str) -> None:
    await asyncio.to_thread(upgrade, database)
