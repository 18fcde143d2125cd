"""`anxin rules`: check what was written, see what changed, announce a version."""

import asyncio
import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from aftersales import rulebook_register, rulebook_store
from aftersales.core.clauses import Change, changes, clauses
from aftersales.core.publication import (
    earliest_effect,
    in_force,
    notice_days,
    problems_of,
    state_of,
    today,
    weighty_reasons,
)
from aftersales.core.rulebook import Rulebook
from kernel.clock import utcnow
from kernel.db import Database
from service.settings import installed, var_folder

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="The rulebook: check it, compare versions, announce one."
)
console = Console(highlight=False, soft_wrap=True)

KINDS = {"added": "[green]+ added[/]", "removed": "[red]- removed[/]", "changed": "[yellow]~ changed[/]"}
STATES = {"draft": "draft", "announced": "announced", "in_force": "[green]in force[/]", "past": "past"}


def _folder(folder: Path | None) -> Path:
    return folder or rulebook_store.FOLDER


_FOLDER = Annotated[
    Path | None, typer.Option("--folder", help="Where the versions are; default: the project's.")
]


@app.command()
def check(folder: _FOLDER = None) -> None:
    """Read every version; say with file, line and rule what is wrong. Exit code 1 when something is."""
    place, now = _folder(folder), utcnow()
    books, problems = _read_all(place)
    for book in books.values():
        problems += [f"{book.version}.yml: {what}" for what in problems_of(book, books.values())]
    current = in_force(books.values(), now)
    if books and current is None:
        problems.append("no version is published and in force today")
    problems += asyncio.run(_compared_with_register(books, place))
    table = Table("version", "state", "announced", "in force from", "rules", "sources read")
    for book in books.values():
        found = clauses(book)
        table.add_row(
            book.version,
            STATES[state_of(book, current, now)],
            str(book.published_at or ""),
            f"{book.effective_from}{' weighty' if book.weighty else ''}",
            str(len(found)),
            f"{sum(clause.rule.verified for clause in found)} of {len(found)}",
        )
    console.print(table)
    for problem in problems:
        console.print(f"[red]✗[/] {escape(problem)}")
    if problems:
        raise typer.Exit(1)
    console.print("[green]✓[/] every rulebook can be used")


@app.command()
def diff(old: str, new: str, folder: _FOLDER = None) -> None:
    """What changed between two versions, drafts too."""
    place = _folder(folder)
    _show(changes(_read(place, old), _read(place, new)))


@app.command()
def publish(
    version: str,
    folder: _FOLDER = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of announcement; default today.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:  # fmt: skip
    """Announce a draft: it becomes public on /rules now and takes effect at its date, never earlier than allowed."""
    place, day = _folder(folder), on.date() if on else today(utcnow())
    book = _read(place, version)
    if book.published_at:
        _refuse(f"{version} was announced on {book.published_at}; a published version is never edited")
    before = _predecessor(place, book)
    changed = changes(before, book) if before else []
    if before:
        if not changed:
            _refuse(f"{version} says the same as {before.version}; there is nothing to announce")
        if not book.weighty and (reasons := weighty_reasons(before, book, changed)):
            _refuse(
                "this change weighs on consumers; write `weighty: true` and announce it 15 days ahead:\n  "
                + "\n  ".join(reasons)
            )
    first = earliest_effect(book, day)
    if book.effective_from < first:
        _refuse(
            f"effective_from is {book.effective_from}; announced on {day} with {notice_days(book)} days' notice, "
            f"{first} is the earliest day"
        )
    console.print(f"{version}, compared with {before.version if before else 'nothing before it'}:")
    _show(changed)
    if not yes:
        typer.confirm(f"Announce {version}, in force from {book.effective_from}?", abort=True)
    _stamp(place / f"{version}.yml", day)
    kept = asyncio.run(_record(place))
    console.print(f"[green]✓[/] {version} is announced; it is in force from {book.effective_from}")
    console.print(
        "[dim]kept in the register[/]" if kept else "[dim]the register keeps it when the service starts[/]"
    )


def _read_all(place: Path) -> tuple[dict[str, Rulebook], list[str]]:
    books: dict[str, Rulebook] = {}
    problems: list[str] = []
    for path in sorted(place.glob("*.yml")):
        try:
            books[path.stem] = rulebook_store.read(path)
        except rulebook_store.BadRulebook as error:
            problems += error.problems
    if not books and not problems:
        problems.append(f"{place.name}: there are no rulebooks here")
    return books, problems


def _read(place: Path, version: str) -> Rulebook:
    try:
        return rulebook_store.read(place / f"{version}.yml")
    except rulebook_store.BadRulebook as error:
        _refuse(str(error))


def _predecessor(place: Path, book: Rulebook) -> Rulebook | None:
    """The published version that this one takes over from."""
    books, _ = _read_all(place)
    earlier = [one for one in books.values() if one.published_at and one.effective_from < book.effective_from]
    return max(earlier, key=lambda one: one.effective_from, default=None)


def _stamp(path: Path, day: date) -> None:
    """Writes the day of announcement under the version; everything else in the file stays as people wrote it."""
    lines = path.read_text(encoding="utf8").splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if line.startswith("version:")) + 1
    text = "".join([*lines[:place], f"published_at: {day}\n", *lines[place:]])
    rulebook_store.parse(text, path.name)
    made = path.with_suffix(".new")
    made.write_text(text, encoding="utf8")
    made.replace(path)


def _show(found: list[Change]) -> None:
    if not found:
        console.print("nothing changed for readers")
    for change in found:
        console.print(f"{KINDS[change.kind]} rule {change.clause.rule.rule_id} {escape(change.clause.title)}")
        for label, old, new in change.parts:
            said = f"{escape(old)} → {escape(new)}" if old and new else escape(new or old)
            console.print(f"    {escape(label)}: {said}")


def _refuse(why: str) -> NoReturn:
    console.print(f"[red]✗[/] {escape(why)}")
    raise typer.Exit(1)


def _database() -> Database | None:
    """The installation's database, None where there is none yet."""
    if not (os.environ.get("DATABASE_URL") or (var_folder() / "anxin.db").is_file()):
        return None
    return Database(installed().database)


async def _compared_with_register(books: dict[str, Rulebook], place: Path) -> list[str]:
    """Published versions whose files were edited afterwards; nothing where no register is reachable."""
    db = _database()
    if db is None or place != rulebook_store.FOLDER:
        return []
    try:
        known = await rulebook_register.recorded(db)
    except (SQLAlchemyError, OSError):
        console.print("[dim]the register could not be read: anxin migrate[/]")
        return []
    finally:
        await db.close()
    return [
        f"{version}.yml: was edited after its publication; make a new version instead"
        for version, book in books.items()
        if version in known
        and known[version] != rulebook_register.digest((place / f"{version}.yml").read_text(encoding="utf8"))
    ]


async def _record(place: Path) -> bool:
    db = _database()
    if db is None or place != rulebook_store.FOLDER:
        return False
    try:
        await rulebook_register.record(db, utcnow(), place)
    except (SQLAlchemyError, OSError):
        return False
    finally:
        await db.close()
    return True
