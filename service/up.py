"""`anxin up`: from a checkout to a running service, with every step shown."""

import asyncio
import signal
import time
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.status import Status
from rich.table import Table

from kernel.db import Database
from service import demo, setup
from service.brains import Brains
from service.migrate import upgrade_async
from service.processes import Child, check_port, redis_child, service_child, watch
from service.settings import Settings
from service.wiring import build


def prepare(settings: Settings, console: Console) -> None:
    """Runs the setup steps whose inputs changed since the last time."""
    setup.check_disk(settings.var)
    for step in setup.STEPS:
        began = time.monotonic()
        if step.is_done(settings.var):
            console.print(f"[green]✓[/] {step.title} [dim](there)[/]")
            continue
        with console.status(f"{step.title} …") as status:
            step.do(settings.var, partial(_show, status, step.title))
        console.print(f"[green]✓[/] {step.title} [dim]({time.monotonic() - began:.0f} s)[/]")


async def run(settings: Settings, console: Console) -> None:
    """Prepares, starts the children, seeds the demo, prints the addresses, and stays until it is told to stop."""
    check_port(settings.host, settings.port, "the service", "ANXIN_PORT=<port>")
    check_port(
        "127.0.0.1", int(settings.rasa_url.rsplit(":", 1)[-1]), "Rasa", "ANXIN_RASA_URL=http://127.0.0.1:"
    )
    await asyncio.to_thread(prepare, settings, console)
    await upgrade_async(settings.database)
    console.print("[green]✓[/] the database")
    logs = settings.var / "logs"
    children = ([] if settings.redis_url else [redis_child(settings)]) + [service_child(settings)]
    db = Database(settings.database)
    brains = Brains(settings, db)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    watchers: list[asyncio.Task[None]] = []
    try:
        await _start(children, brains, logs, console, stop)
        if stop.is_set():
            return
        seeded = await _seed(settings) if settings.demo else None
        _announce(settings, seeded, console)
        watchers = [asyncio.create_task(watch(child, logs)) for child in children]
        await stop.wait()
    finally:
        for watcher in watchers:
            watcher.cancel()
        console.print("Stopping …")
        await children[-1].stop()  # the service first: what it still asks of Rasa is answered
        await brains.stop()
        for child in children[:-1]:
            await child.stop()
        await db.close()
        console.print("Stopped.")


async def _start(
    children: list[Child], brains: Brains, logs: Path, console: Console, stop: asyncio.Event
) -> None:
    for child in children:
        await child.start(logs)
    model = await brains.start()
    waits: list[tuple[str, Coroutine[Any, Any, None]]] = [
        (child.name, child.wait_until_ready(logs)) for child in children
    ]
    for name, wait in [*waits, (f"Rasa with model {model[:12]}", brains.wait_until_ready())]:
        began = time.monotonic()
        with console.status(f"{name} is starting …"):
            ready = asyncio.create_task(wait)
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if stop.is_set():
                ready.cancel()
                return
            await ready
        console.print(f"[green]✓[/] {name} [dim]({time.monotonic() - began:.1f} s)[/]")


async def _seed(settings: Settings) -> dict[str, Any]:
    services = build(settings)
    try:
        return await demo.seed(services, f"http://{settings.host}:{settings.port}")
    finally:
        await services.close()


def _announce(settings: Settings, seeded: dict[str, Any] | None, console: Console) -> None:
    base = f"http://{settings.host}:{settings.port}"
    table = Table.grid(padding=(0, 2))
    if seeded:
        table.add_row("consumers", f"{base}/shop/", "choose a consumer, open 安心售后")
    table.add_row("agents", f"{base}/console/", "")
    table.add_row("API", f"{base}/docs/", "")
    for person in (seeded or {}).get("staff", []):
        if person["role"] in ("merchant_agent", "platform_agent", "supervisor"):
            table.add_row(
                "", f"{person['username']} / {person['password']}", f"{person['name']}, {person['role']}"
            )
    console.print(Panel(table, title="安心售后 Anxin is running", subtitle="Ctrl-C stops everything"))
    if seeded:
        console.print(f"[dim]accounts and tokens: {settings.var / 'demo.json'}[/]")
    console.print(f"[dim]logs: {settings.var / 'logs'}[/]")


def _show(status: Status, title: str, line: str) -> None:
    """The last line of a step's output beside its name; brackets would be read as markup."""
    status.update(f"{title} … [dim]{line.replace('[', '(').replace(']', ')')}[/]")
