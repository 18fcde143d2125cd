"""A sentence of the data gets another label or goes, as a change that can be undone."""

import asyncio
from datetime import datetime
from typing import Any

from curation import changing
from curation.core.markup import marked, unmarked
from curation.core.nlu_file import About, Line
from curation.folder import Edit
from curation.labelling import known_meaning
from curation.workbench import Workbench
from kernel.db import Database, Row
from kernel.errors import DomainError, not_found
from kernel.principal import Principal


async def lines(bench: Workbench, words: str, intent: str | None, limit: int = 100) -> list[dict[str, Any]]:
    """Sentences of the data that contain `words`."""

    def look() -> list[Line]:
        found = (
            line
            for line in bench.folder.corpus().lines
            if words in line.text and intent in (None, line.about.intent)
        )
        return [line for _, line in zip(range(limit), found, strict=False)]

    return [line_json(line) for line in await asyncio.to_thread(look)]


async def relabel(
    db: Database,
    bench: Workbench,
    who: Principal,
    text: str,
    of: About,
    to: About | None,
    reason: str,
    now: datetime,
) -> Row:
    """Moves the sentence from one meaning to another, or with `to` None takes it out of the data.

    Raises `not_found` (404) when it does not stand there, `unknown_label` (422), `same_label` (422).
    """
    edits = await asyncio.to_thread(_edits, bench, text, of, to)
    async with db.write() as tx:
        change_id = await changing.plan(
            tx, "move" if to else "remove", who, reason.strip() or "复查", edits, now
        )
    return await changing.carry_out(db, bench, change_id, now)


def _edits(bench: Workbench, text: str, of: About, to: About | None) -> list[Edit]:
    corpus = bench.folder.corpus()
    line = next((one for one in corpus.by_text.get(text, []) if one.about == of), None)
    if line is None:
        raise not_found("训练句")
    edits = [Edit("remove", text, line.raw, of)]
    if to is not None:
        about = known_meaning(corpus, to)
        if about == of:
            raise DomainError("same_label", "新标签和原来一样", 422)
        edits.append(Edit("add", text, marked(*unmarked(line.raw)), about))
    return edits


def line_json(line: Line) -> dict[str, Any]:
    about = line.about
    return {
        "text": line.text,
        "file": line.file,
        "intent": about.intent,
        "kind": about.kind,
        "detail": about.detail,
    }
