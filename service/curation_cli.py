"""`anxin curation`: the trainers' acts on the command line, on the machine of the service."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from curation import changing, checking, exchanging, gathering, labelling, reading
from curation.core.checks import KINDS
from curation.core.nlu_file import About
from curation.workbench import Workbench
from kernel.clock import utcnow
from kernel.db import Database
from service.operating import OPERATOR, console, with_database
from service.settings import Settings
from service.wiring import workbench

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The trainers' workbench: inbox, data, checks, runs, promotion.",
)


def with_bench[Result](work: Callable[[Database, Workbench], Awaitable[Result]]) -> Result:
    """As `with_database`, with the trainers' data at hand."""

    async def run(chosen: Settings, db: Database) -> Result:
        return await work(db, workbench(chosen))

    return with_database(run)


@app.command()
def inbox(
    state: Annotated[
        str, typer.Option(help="open, second, disputed, accepted, excluded or split; empty: what waits.")
    ] = "",
    words: Annotated[str, typer.Option(help="Only sentences that contain this.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Sentences that teach most, the first first."""

    async def work(db: Database, bench: Workbench) -> list[dict[str, Any]]:
        await gathering.gather(db, bench, utcnow(), utcnow())
        found, _ = await reading.inbox(db, OPERATOR, state=state or None, words=words or None, limit=limit)
        return found

    found = with_bench(work)
    if as_json:
        for one in found:
            print(json.dumps(one, ensure_ascii=False))
        return
    table = Table(box=None)
    for name in ("id", "句子", "机器人认为", "把握", "次数", "为什么"):
        table.add_column(name, overflow="fold")
    for one in found:
        why = "、".join(one["why"])
        table.add_row(
            one["id"], one["text"], one["predicted"], f"{one['confidence']:.0%}", str(one["size"]), why
        )
    Console().print(table)


@app.command()
def label(
    item: Annotated[str, typer.Argument(help="The sentence's id, as `inbox` prints it.")],
    intent: Annotated[str, typer.Argument(help="Its intent; `exclude` or `skip` for no label.")],
    detail: Annotated[str, typer.Option(help="Its sub-type or topic.")] = "",
    reason: Annotated[str, typer.Option(help="Written into the data's history.")] = "",
    move: Annotated[bool, typer.Option(help="Take it away from the label under which it stands.")] = False,
) -> None:
    """Label a sentence and its likes; the line goes into the data at once."""
    about = About(intent, "topic", detail) if detail else About(intent)
    verdict = intent if intent in ("exclude", "skip") else "label"
    said = labelling.Verdict(verdict, about if verdict == "label" else None, (), reason, move)

    async def work(db: Database, bench: Workbench) -> str:
        done = await labelling.label(db, bench, OPERATOR, item, said, utcnow())
        if done.change_id:
            row = await changing.carry_out(db, bench, done.change_id, utcnow())
            return f"{done.state}: change {done.change_id}, commit {row['commit'] or 'none: it stood there already'}"
        return done.state

    print(with_bench(work))


@app.command()
def undo(
    change: Annotated[str, typer.Argument(help="The change's id, as `changes` prints it.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "命令行撤回",
) -> None:
    """Take a change of the data back; its sentences wait in the inbox again."""
    row = with_bench(lambda db, bench: changing.undo(db, bench, OPERATOR, change, reason, utcnow()))
    print(f"undone by {row['id']}, commit {row['commit'] or 'none'}")


@app.command()
def changes(limit: Annotated[int, typer.Option(min=1, max=200)] = 20) -> None:
    """What changed in the data: when, who, why."""
    table = Table(box=None)
    for name in ("id", "at", "who", "kind", "what", "why"):
        table.add_column(name, overflow="fold")
    for one in with_database(lambda _, db: changing.recent(db, limit=limit)):
        what = "; ".join(f"{edit['do']} {edit['intent']}: {edit['text'][:30]}" for edit in one["edits"][:2])
        table.add_row(one["id"], one["at"], one["author"], one["kind"], what, one["reason"])
    Console().print(table)


@app.command()
def export(
    scope: Annotated[str, typer.Option(help="data, inbox or labelled.")] = "data",
    form: Annotated[str, typer.Option("--format", help="csv, jsonl, xlsx or yaml (Rasa).")] = "csv",
    out: Annotated[Path | None, typer.Option(help="A file; standard output without it.")] = None,
) -> None:
    """Write sentences out."""
    content = with_bench(lambda db, bench: exchanging.take_out(db, bench, OPERATOR, scope, form, utcnow()))
    if out:
        out.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    into: Annotated[str, typer.Option(help="inbox (to be labelled) or data (labelled already).")] = "inbox",
    form: Annotated[
        str, typer.Option("--format", help="csv, jsonl, xlsx or yaml; from the name without it.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Where the sentences are from; needed for --into data.")] = "",
    dry: Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen.")] = False,
) -> None:
    """Read sentences in: masked, checked against the evaluation set, one change that can be undone."""
    chosen = form or {"yml": "yaml", "json": "jsonl"}.get(file.suffix[1:].lower(), file.suffix[1:].lower())

    async def work(db: Database, bench: Workbench) -> exchanging.Report:
        content = file.read_bytes()
        return await exchanging.bring_in(
            db, bench, OPERATOR, content, chosen, into, reason, utcnow(), dry=dry
        )

    report = with_bench(work)
    for one in report.problems:
        console.print(f"row {one['row']}: {one['message']}: {one['text']}", highlight=False)
    print(
        f"{'would bring in' if dry else 'brought in'} {report.new}, there already {report.there}, "
        f"masked {report.masked}, held back {report.held_back}, refused {report.refused}"
    )


@app.command()
def check() -> None:
    """Check the data before a training; exit code 1 when something was found that nobody has waved through."""

    async def work(db: Database, bench: Workbench) -> dict[str, Any]:
        asked = await checking.ask(db, OPERATOR, utcnow())
        await checking.carry_on(db, bench, utcnow())
        while True:
            found = next(one for one in await checking.latest(db) if one["id"] == asked["id"])
            if found["state"] in ("done", "failed"):
                return found
            await asyncio.sleep(1)

    found = with_bench(work)
    for kind, count in found["counts"].items():
        print(f"{KINDS.get(kind, kind)}\t{count}")
    if found["problem"]:
        console.print(found["problem"], highlight=False)
    if found["state"] == "failed" or found["counts"]:
        raise typer.Exit(1)


@app.command()
def path() -> None:
    """Print the data's git repository, made when it is not there; its branch `trainers` is what a training reads."""

    def prepared(bench: Workbench) -> str:
        bench.folder.prepare()
        return str(bench.folder.path)

    async def work(_: Database, bench: Workbench) -> str:
        return await asyncio.to_thread(prepared, bench)

    print(with_bench(work))
