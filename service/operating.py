"""What the commands of an operator share: who he is, and the installation's database around his work."""

import asyncio
from collections.abc import Awaitable, Callable

import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError, ProgrammingError

from kernel.db import Database
from kernel.errors import DomainError
from kernel.principal import PLATFORM, Principal
from service.settings import Settings, installed

console = Console(stderr=True)
OPERATOR = Principal("agent", agent_id="cli", name="命令行", role="admin", party=PLATFORM)


def with_database[Result](work: Callable[[Settings, Database], Awaitable[Result]]) -> Result:
    """Runs `work(settings, database)`; a refusal, or a database that is not there or not up to date, is printed as a
    sentence and ends with exit code 1."""

    async def run() -> Result:
        chosen = installed()
        db = Database(chosen.database)
        try:
            return await work(chosen, db)
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except DomainError as problem:
        console.print(f"[bold red]{problem.message}[/]", highlight=False)
        raise typer.Exit(1) from problem
    except (OperationalError, ProgrammingError, ConnectionError) as problem:
        why = str(getattr(problem, "orig", problem)).splitlines()[0]
        console.print(
            f"[bold red]the database does not answer: {why}[/] (anxin migrate, or check DATABASE_URL)",
            highlight=False,
        )
        raise typer.Exit(1) from problem
