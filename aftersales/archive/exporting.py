"""Dossiers for outside: JSON Lines for programs, one self-contained page for people. Many are streamed."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader

from aftersales.archive.core.dossier import LABELS
from aftersales.archive.ports import FileBytes
from aftersales.archive.reading import Search, described, matching, read_dossiers
from aftersales.archive.store import files
from aftersales.archive.watching import note
from aftersales.core.money import yuan
from aftersales.core.moving import LIABLE
from aftersales.core.table import TABLE
from aftersales.core.ticket import PHASE_LABELS, STATUS_LABELS, Status
from aftersales.paging import after
from aftersales.rulebook_store import load_rulebook
from aftersales.views import MARKS
from kernel.db import Database
from kernel.errors import DomainError
from kernel.principal import Principal
from kernel.times import SHANGHAI

BATCH = 50
LARGEST_PICTURE = 10 * 1024 * 1024
OPENED = {"open": "提交申请"}
SIDES = {"consumer": "消费者", "merchant": "商家", "platform": "平台", "system": "系统"}
FORMATS = {"json": "application/x-ndjson; charset=utf-8", "html": "text/html; charset=utf-8"}


async def dossiers(db: Database, who: Principal, wanted: Search) -> AsyncIterator[dict[str, Any]]:
    """Every dossier that is wanted and may be seen, newest completion first, BATCH at a time in memory."""
    query = matching(wanted, who).limit(BATCH)
    last = None
    while True:
        page = query
        if last is not None:
            place = (last["completed_at"], last["ticket_id"])
            page = query.where(after(files.c.completed_at, files.c.ticket_id, place))
        async with db.read() as tx:
            rows = await tx.all(page)
            found = await read_dossiers(tx, rows)
        for one in found:
            yield one
        if len(rows) < BATCH:
            return
        last = rows[-1]


async def export(
    db: Database,
    pictures: FileBytes,
    who: Principal,
    wanted: Search,
    form: str,
    reason: str,
    now: datetime,
) -> AsyncIterator[str]:
    """The export as text in pieces: `json` gives a dossier a line, `html` one page with its pictures inside.

    A reason is always asked for, and logged before the first piece. Raises `missing_reason`, `bad_format` (422).
    """
    if form not in FORMATS:
        raise DomainError("bad_format", "支持的格式：json、html", 422, formats=sorted(FORMATS))
    if not reason.strip():
        raise DomainError("missing_reason", "请填写导出的原因", 422, field="reason")
    matching(wanted, who)  # refuses before anything is written down
    async with db.write() as tx:
        await note(tx, who, "export", None, reason, now, wanted=described(wanted), format=form)
    async for piece in (
        as_lines(db, who, wanted) if form == "json" else as_page(db, pictures, who, wanted, now)
    ):
        yield piece


async def as_lines(db: Database, who: Principal, wanted: Search) -> AsyncIterator[str]:
    """One dossier a line."""
    async for one in dossiers(db, who, wanted):
        yield json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n"


async def as_page(
    db: Database, pictures: FileBytes, who: Principal, wanted: Search, now: datetime
) -> AsyncIterator[str]:
    """A page head, an article for each dossier, a foot."""
    yield _template("head.html.j2").render(title="售后档案", now=now)
    async for one in dossiers(db, who, wanted):
        yield await article(one, pictures)
    yield _template("foot.html.j2").render()


async def page(one: dict[str, Any], pictures: FileBytes, now: datetime) -> str:
    """One dossier as a self-contained page."""
    head = _template("head.html.j2").render(title=f"售后档案 {one['ticket_id']}", now=now)
    return head + await article(one, pictures) + _template("foot.html.j2").render()


async def article(one: dict[str, Any], pictures: FileBytes) -> str:
    """One dossier as HTML with its pictures as data; a picture that differs from the archived one says so."""
    shown: dict[str, dict[str, Any]] = {}
    evidence, decisions = (
        (one["sections"].get(name) or {}).get("body") or {} for name in ("evidence", "decisions")
    )
    for item in [*evidence.get("items", ()), *decisions.get("statements", ())]:
        for file in item["files"]:
            if file.get("kind") == "image" and file["file_id"] not in shown:
                shown[file["file_id"]] = await _picture(file, pictures)
    return _template("dossier.html.j2").render(one=one, labels=LABELS, pictures=shown, words=_words(one))


def _words(one: dict[str, Any]) -> dict[str, str]:
    """What the codes in a dossier are called, by the rules of its own version."""
    case = (one["sections"].get("case") or {}).get("body") or {}
    words = {status.value: label for status, label in STATUS_LABELS.items()}
    words |= {phase.value: label for phase, label in PHASE_LABELS.items()}
    words |= SIDES | LIABLE
    try:
        book = load_rulebook(((one["sections"].get("rules") or {}).get("body") or {}).get("rule_version"))
    except (DomainError, KeyError):  # a version that is not on the shelf any more
        return words
    words |= {name: remedy.label for name, remedy in book.remedies.items()}
    return words | {"_issue": book.label_of(case.get("issue_type") or "", case.get("sub_type"))}


async def _picture(file: dict[str, Any], pictures: FileBytes) -> dict[str, Any]:
    found = await pictures.read(file["file_id"])
    if found is None or len(found[1]) > LARGEST_PICTURE:
        return {"url": None, "same": False}
    mime, content = found
    same = await pictures.sha256(file["file_id"]) == file.get("stored_sha256")
    return {"url": f"data:{mime};base64,{base64.b64encode(content).decode()}", "same": same}


@cache
def _template(name: str) -> Any:
    made = Environment(
        loader=PackageLoader("aftersales.archive"),
        autoescape=True,  # consumers wrote much of what is shown
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["yuan"] = yuan
    made.filters["moment"] = _moment
    made.filters["act"] = _act
    return made.get_template(name)


def _act(move: dict[str, Any], before: str | None) -> str:
    """What a move is called from the status it was made in."""
    row = TABLE.get((Status(before), move["trigger"])) if before else None
    return row.label if row else (OPENED | MARKS).get(move["trigger"], move["trigger"])


def _moment(at: str | datetime | None) -> str:
    if not at:
        return "—"
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{when.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
