"""`anxin archive`: verify the chain, export dossiers, delete what is over."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from aftersales.archive import erasing, exporting
from aftersales.archive.checking import verify as verify_chain
from aftersales.archive.reading import Search
from handoff.files import FileRoom
from kernel.clock import utcnow
from kernel.db import Database
from kernel.times import SHANGHAI
from service.archive_ports import archive_ports
from service.operating import OPERATOR, with_database
from service.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The archive: verify, export, purge.")


@app.command()
def verify(
    head: Annotated[
        str, typer.Option(help="SEQ:HASH of an entry written down earlier, outside the database.")
    ] = "",
) -> None:
    """Check the whole chain; the first entry that does not hold is named, and the exit code is 1."""
    known = _head(head) if head else None
    verdict = with_database(lambda _, db: verify_chain(db, known))
    if verdict.holds:
        print(f"ok: {verdict.entries} entries, head {verdict.entries}:{verdict.head}")
        return
    of = f" (ticket {verdict.broken_ticket})" if verdict.broken_ticket else ""
    print(f"broken at entry {verdict.broken_seq}{of}: {verdict.problem}")
    raise typer.Exit(1)


@app.command()
def export(
    reason: Annotated[str, typer.Option(help="Why; it is written into the access log.")],
    out: Annotated[Path | None, typer.Option(help="A file; standard output without it.")] = None,
    form: Annotated[
        str, typer.Option("--format", help="json (a dossier a line) or html (one page).")
    ] = "json",
    order: Annotated[str, typer.Option(help="Only this order number.")] = "",
    consumer: Annotated[str, typer.Option(help="Only this consumer.")] = "",
    merchant: Annotated[str, typer.Option(help="Only this merchant.")] = "",
    type_: Annotated[str, typer.Option("--type", help="Only this issue type.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Completed on or after this day.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Completed before this day.")] = None,
    restricted: Annotated[bool, typer.Option(help="What deletion requests moved out of sight.")] = False,
) -> None:
    """Write dossiers out, however many, in flat memory."""
    wanted = Search(
        order_no=order or None,
        consumer_id=consumer or None,
        party=merchant or None,
        issue_type=type_ or None,
        since=since.replace(tzinfo=SHANGHAI) if since else None,
        until=until.replace(tzinfo=SHANGHAI) if until else None,
        restricted=restricted,
    )

    async def work(chosen: Settings, db: Database) -> None:
        ports = archive_ports(db, FileRoom(chosen.var / "files", chosen.secret))
        pieces = exporting.export(db, ports.files, OPERATOR, wanted, form, reason, utcnow())
        first = await anext(pieces, "")  # a refusal leaves no empty file behind
        target = out.open("w", encoding="utf8") if out else sys.stdout
        try:
            target.write(first)
            async for piece in pieces:
                target.write(piece)
        finally:
            if out:
                target.close()

    with_database(work)


@app.command()
def purge() -> None:
    """Delete the content of dossiers whose time is over and that nobody holds; the chain stays."""

    async def work(chosen: Settings, db: Database) -> int:
        ports = archive_ports(db, FileRoom(chosen.var / "files", chosen.secret))
        done = 0
        while batch := await erasing.purge(db, ports, utcnow(), chosen.archive_end):
            done += batch
        return done

    print(f"{with_database(work)} dossiers purged")


def _head(text: str) -> tuple[int, str]:
    seq, _, digest = text.partition(":")
    if not seq.isdigit() or len(digest) != 64:
        raise typer.BadParameter("expected SEQ:HASH as `anxin archive verify` prints it")
    return int(seq), digest
