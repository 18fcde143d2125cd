"""The annotation guideline: written by us as data, growing with the cases that reviewers settled."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy import select

from curation.core.corpus import Corpus
from curation.store import cases
from kernel.db import Database, Row
from kernel.times import wire_time

FILE = Path(__file__).with_name("guideline.yml")
NEWEST = 200


@lru_cache(maxsize=1)
def written() -> dict[str, Any]:
    """`{labels: [{label, name, key, when, not_when, examples}], boundaries, details}` as the file has it."""
    loaded: dict[str, Any] = YAML(typ="safe").load(FILE.read_text(encoding="utf8"))
    return loaded


async def guideline(db: Database) -> dict[str, Any]:
    """The guideline with its settled cases, the newest first."""
    async with db.read() as tx:
        settled = await tx.all(select(cases).order_by(cases.c.at.desc()).limit(NEWEST))
    return written() | {"cases": [case_json(row) for row in settled]}


def meanings(corpus: Corpus) -> list[dict[str, Any]]:
    """Every intent of the data with its name, its key and its details, in the guideline's order."""
    known = {one["label"]: one for one in written()["labels"]}
    names = written()["details"]
    order = list(known)
    found = corpus.meanings
    return [
        {
            "intent": intent,
            "name": known.get(intent, {}).get("name", intent),
            "key": known.get(intent, {}).get("key"),
            "details": [
                {"detail": detail, "kind": kind, "name": names.get(detail, detail)}
                for detail, kind in found[intent].items()
            ],
        }
        for intent in sorted(found, key=lambda one: order.index(one) if one in known else len(order))
    ]


def case_json(row: Row) -> dict[str, Any]:
    keys = ("id", "text", "intent", "detail", "instead_of", "why", "settled_by")
    return {key: row[key] for key in keys} | {"at": wire_time(row["at"])}
