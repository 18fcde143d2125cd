"""`anxin curation train | runs | compare | promote | rollback`: runs and promotions on the command line."""

import asyncio
import time
from typing import Annotated, Any

import typer
from rich.table import Table

from curation import models, promoting, runs
from curation.core.gates import LABELS
from curation.core.run import RunState
from kernel.clock import utcnow
from kernel.db import Database
from kernel.errors import DomainError
from service.curation_cli import app
from service.curation_ports import releasing_parts, training_parts
from service.operating import OPERATOR, console, with_database
from service.settings import Settings
from service.wiring import workbench

Reason = Annotated[str, typer.Option(help="Why; it is kept with the act.")]
OVER = {RunState.DONE, RunState.FAILED, RunState.CANCELLED}
LOOK_EVERY = 2.0


@app.command()
def train(reason: Reason, wait: Annotated[bool, typer.Option(help="Stay until it is over.")] = True) -> None:
    """Queue a training run over the trainers' data as they are now, and follow it."""

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        training = training_parts(settings, workbench(settings))
        row = await runs.ask(db, training, OPERATOR, reason, utcnow())
        console.print(f"{row['id']} is queued, data {row['data_version'][:12]}")
        said = runs.shown(training, row)
        with console.status("waiting for its turn …") as status:
            while wait and said["state"] not in OVER:
                await runs.tick(db, training, utcnow())  # the service does the same; whoever is first
                said = await runs.read(db, training, row["id"])
                if said["progress"]:
                    share, left = said["progress"]["share"], said["progress"]["seconds_left"]
                    status.update(f"{said['progress']['current'] or ''} {share:.0%}, {left} s left")
                await asyncio.sleep(LOOK_EVERY)
        return said

    said = with_database(work)
    if said["state"] in (RunState.FAILED, RunState.CANCELLED):
        console.print(f"[bold red]{said['error'] or said['state']}[/]", highlight=False)
        raise typer.Exit(1)
    if said["model"]:
        print(said["model"])


@app.command("runs")
def show_runs() -> None:
    """The newest runs and models."""

    async def work(settings: Settings, db: Database) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        return await runs.listing(
            db, training_parts(settings, workbench(settings)), 20
        ), await models.listing(db)

    found, known = with_database(work)
    table = Table("run", "state", "model", "asked", "by", "why")
    for one in found:
        table.add_row(
            one["id"],
            one["state"],
            (one["model"] or "")[:12],
            one["asked_at"][:19],
            one["asked_by"],
            one["reason"],
        )
    console.print(table)
    table = Table("model", "live", "sentences", "MB", "trained")
    for one in known:
        live = "●" if one["is_live"] else "○" if one["has_served"] else ""
        size = f"{one['size'] / 1e6:.1f}"
        table.add_row(one["sha256"][:12], live, str(one["examples"]), size, one["trained_at"][:19])
    console.print(table)


@app.command()
def compare(run: Annotated[str, typer.Argument(help="The run's id.")]) -> None:
    """A run's model beside the one in use, and every gate; exit code 1 when a gate is closed."""

    async def work(settings: Settings, db: Database) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        training = training_parts(settings, workbench(settings))
        said = await runs.read(db, training, run)
        if not said["report"]:
            raise DomainError("no_report", f"这次训练还没有报告（{said['state']}）", 409)
        releasing = releasing_parts(settings, training)
        return said, promoting.judge(said["report"], releasing)

    said, gates = with_database(work)
    for part in ("held_out", "rows"):
        if judged := said["report"].get(part):
            table = Table(part, "precision", "recall", "F1", "change", "n")
            for label, now in judged["after"]["labels"].items():
                change = now["f1"] - judged["before"]["labels"][label]["f1"]
                row = [f"{now[key]:.3f}" for key in ("precision", "recall", "f1")]
                table.add_row(LABELS.get(label, label), *row, f"{change:+.3f}", str(round(now["n"])))
            console.print(table)
    fresh, dialogues = said["report"]["fresh"], said["report"]["dialogues"]
    console.print(f"new sentences {fresh['n']}: right {fresh['right_before']} → {fresh['right_after']}")
    console.print(
        f"dialogues {dialogues['passed']} of {dialogues['total']}; latency {said['report']['latency']}"
    )
    closed = [gate for gate in gates if not gate["open"]]
    for gate in closed:
        console.print(f"[red]✗ {gate['reason']}[/]", highlight=False)
    if closed:
        raise typer.Exit(1)
    console.print("[green]✓ every gate is open[/]")


@app.command()
def promote(
    model: Annotated[str, typer.Argument(help="The model's sha256, or its beginning.")],
    reason: Reason,
    share: Annotated[int, typer.Option(min=1, max=100, help="Percent of new conversations.")] = 10,
) -> None:
    """Send conversations to a model: a share of the new ones first; refused with reasons when a gate is closed."""

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        training = training_parts(settings, workbench(settings))
        releasing = releasing_parts(settings, training)
        row = await promoting.promote(db, releasing, OPERATOR, model, share, reason, utcnow())
        return await _followed(db, row["id"])

    _say(with_database(work))


@app.command()
def rollback(
    model: Annotated[str, typer.Argument(help="The sha256 (or its beginning) of a model that has served.")],
    reason: Reason,
) -> None:
    """Back to an earlier model, for all conversations."""

    async def work(settings: Settings, db: Database) -> dict[str, Any]:
        training = training_parts(settings, workbench(settings))
        releasing = releasing_parts(settings, training)
        row = await promoting.roll_back(db, releasing, OPERATOR, model, reason, utcnow())
        return await _followed(db, row["id"])

    _say(with_database(work))


async def _followed(db: Database, promotion_id: str) -> dict[str, Any]:
    """Until the second process is warm (or has failed)."""
    end = time.monotonic() + promoting.START_PATIENCE.total_seconds() + 10
    with console.status("the model is being loaded …"):
        while True:
            said = next(one for one in await promoting.listing(db) if one["id"] == promotion_id)
            if said["state"] != "starting" or time.monotonic() > end:
                return said
            await promoting.advance(db, utcnow())
            await asyncio.sleep(0.5)


def _say(said: dict[str, Any]) -> None:
    console.print(f"{said['model'][:12]}: {said['state']}, {said['share']} % of new conversations")
    if said["state"] == "failed":
        console.print(f"[bold red]{said['end_reason']}[/]", highlight=False)
        raise typer.Exit(1)
