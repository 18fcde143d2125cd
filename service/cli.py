"""The command line: `anxin up`, `doctor`, `token`, `migrate`, `seed`, `train`, `parse`, `evaluate`, `archive`, `curation`, `bench`."""

import asyncio
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from service import logs, setup
from service.settings import ROOT, installed

GROUPS = {"archive": "archive_cli", "rules": "rules_cli", "curation": "curation_runs_cli"}


class Commands(TyperGroup):
    """Loads a group's module when its name is typed or all are listed: what all need together takes a second."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *GROUPS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in GROUPS:
            return super().get_command(ctx, cmd_name)
        group = typer.main.get_command(import_module(f"service.{GROUPS[cmd_name]}").app)
        group.name = cmd_name
        return group


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    help="Anxin 安心售后: conversational after-sales.",
)
bench = typer.Typer(no_args_is_help=True, help="Measurements, as ratios within one run.")
app.add_typer(bench, name="bench")
console = Console(stderr=True)


@app.command()
def up(
    demo: Annotated[bool, typer.Option(help="Demo orders, accounts and shop, on loopback only.")] = False,
) -> None:
    """Set up what is missing, start everything, print the addresses; Ctrl-C stops it all."""
    from service import up

    try:
        asyncio.run(up.run(installed(demo=True) if demo else installed(), console))
    except setup.CannotStart as problem:
        console.print(f"[bold red]Cannot start.[/] {problem}", markup=True, highlight=False)
        raise typer.Exit(1) from problem
    except KeyboardInterrupt:
        console.print("Stopped.")


@app.command()
def brain() -> None:
    """Only Rasa's processes, as promotions want them (`up` does this too); Ctrl-C stops them."""
    from service import brains

    try:
        asyncio.run(brains.keep(installed(), console.print))
    except setup.CannotStart as problem:
        console.print(f"[bold red]Cannot start.[/] {problem}", highlight=False)
        raise typer.Exit(1) from problem


@app.command()
def prepare() -> None:
    """Only set up what is missing (environment, pages, model), start nothing."""
    from service import up

    try:
        up.prepare(installed(), console)
    except setup.CannotStart as problem:
        console.print(f"[bold red]Cannot prepare.[/] {problem}", highlight=False)
        raise typer.Exit(1) from problem


@app.command(hidden=True)
def web_check() -> None:
    """Types and unit tests of the web pages, with the wheel's Node."""
    npm, path = setup.node_and_npm()
    setup.run([*npm, "run", "check"], print, cwd=setup.WEB, env=path)


@app.command()
def train() -> None:
    """Train the model from data/, if anything that it depends on has changed."""
    step = next(step for step in setup.STEPS if step.name == "model")
    step.do(installed().var, console.print)


@app.command()
def parse() -> None:
    """Utterances on standard input, one JSON a line out, in order."""
    from service import parse

    raise typer.Exit(parse.run(sys.stdin, sys.stdout))


@app.command()
def evaluate(
    rows: Annotated[
        Path | None, typer.Option(help="Labelled rows (id, text, label_a, also_a, label_b, also_b) to judge.")
    ] = None,
) -> None:
    """How well the bot understands: figures, a page with the confusion matrix, non-zero below a floor."""
    import subprocess

    command = [str(setup.BRAIN_PYTHON), "-m", "bot.evaluate", "--out", str(installed().var / "evaluation")]
    if rows:
        command += ["--rows", str(rows.resolve())]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, env=os.environ | setup.brain_env()).returncode)


@app.command()
def token(
    consumer: Annotated[str, typer.Option(help="The consumer's id.")],
    name: str = "",
    orders: Annotated[
        str, typer.Option(help="Comma-separated order numbers; empty: all of the consumer's.")
    ] = "",
) -> None:
    """Print a signed consumer token, as the shop would make it."""
    from datetime import timedelta

    from connectors.tokens import sign_identity
    from kernel.clock import utcnow

    chosen = [order.strip() for order in orders.split(",") if order.strip()] or None
    print(sign_identity(installed().shop_secret, consumer, name, chosen, utcnow() + timedelta(days=1)))


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from service.migrate import upgrade

    chosen = installed()
    chosen.var.mkdir(parents=True, exist_ok=True)
    upgrade(chosen.database)
    console.print("The database is up to date.")


@app.command()
def seed() -> None:
    """Write the demo's accounts and consumers again, with new passwords, into var/demo.json."""
    from service.demo import seed as seed_demo
    from service.wiring import build

    async def run() -> None:
        services = build(installed(demo=True))
        demo = await seed_demo(services, services.settings.public_url)
        await services.close()
        print(json.dumps(demo["pages"], ensure_ascii=False))

    asyncio.run(run())


@app.command()
def doctor() -> None:
    """One table: what is there, what is missing, how to mend it."""
    from service import doctor

    raise typer.Exit(asyncio.run(doctor.run(installed(), Console())))


@bench.command("turn")
def bench_turn() -> None:
    """The same dialogue against stock Rasa and against ours."""
    from bench import turn

    turn.main(installed(), Console())


@bench.command("relay")
def bench_relay() -> None:
    """Consumer-to-agent delivery beside a bare WebSocket and Redis round trip."""
    from bench import relay

    relay.main(installed(), Console())


@bench.command("parse")
def bench_parse() -> None:
    """A sentence understood on one core, by stock DIET and by ours."""
    from bench import parse

    parse.main(installed(), Console())


@bench.command("tickets")
def bench_tickets(largest: int = typer.Option(1_000_000, help="how many tickets at most")) -> None:
    """Durable transitions beside bare commits; lists and due jobs from a thousand tickets to a million."""
    from bench import tickets

    tickets.main(Console(), largest)


@bench.command("waiting")
def bench_waiting(days: int = typer.Option(10, help="simulated days a desk")) -> None:
    """How often a consumer's wait lay within the interval he was told, by simulation."""
    from bench import waiting

    waiting.main(Console(), days)


@bench.command("desk")
def bench_desk(
    agents: int = typer.Option(200),
    consumers: int = typer.Option(5000, help="live sockets"),
    rate: float = typer.Option(200.0, help="messages a second"),
    seconds: float = typer.Option(60.0, help="before and again after the kill"),
    on: str = typer.Option("sqlite", help="sqlite or postgresql"),
) -> None:
    """A full desk: delivery beside a bare socket and Redis, memory a socket, nothing lost over a SIGKILL."""
    from bench import desk

    size = desk.Size(agents, consumers, rate, seconds)
    raise typer.Exit(0 if desk.main(installed(), Console(), size, on) else 1)


def main() -> None:
    logs.configure()
    app()


if __name__ == "__main__":
    main()
