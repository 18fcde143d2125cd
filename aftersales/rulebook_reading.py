"""Published rulebooks for readers: which versions there are, what they say, what changed. Drafts are never shown."""

from datetime import datetime
from typing import Any

from aftersales.core.clauses import changes, clauses
from aftersales.core.publication import STATE_LABELS, in_force, state_of
from aftersales.core.rulebook import Rulebook
from aftersales.rulebook_store import shelf
from kernel.errors import not_found


def versions(now: datetime) -> dict[str, Any]:
    """`{versions, in_force}`, the newest first."""
    books = _published()
    current = in_force(books.values(), now)
    shown = [_head(book, current, now) for book in reversed(books.values())]
    return {"versions": shown, "in_force": current.version if current else ""}


def version(name: str, now: datetime) -> dict[str, Any]:
    """One version with all its clauses. Raises not_found (404), also for a draft."""
    books = _published()
    book = _one(books, name)
    head = _head(book, in_force(books.values(), now), now)
    return head | {"clauses": [clause.to_json() for clause in clauses(book)]}


def difference(old: str, new: str) -> dict[str, Any]:
    """What changed from one version to another. Raises not_found (404)."""
    books = _published()
    found = changes(_one(books, old), _one(books, new))
    return {"from": old, "to": new, "changes": [change.to_json() for change in found]}


def before(name: str) -> str | None:
    """The version that was in force before this one, None for the first."""
    books = sorted(_published().values(), key=lambda book: (book.effective_from, book.version))
    names = [book.version for book in books]
    return names[names.index(name) - 1] if name in names[1:] else None


def _published() -> dict[str, Rulebook]:
    found = [book for book in shelf().values() if book.published_at]
    return {book.version: book for book in sorted(found, key=lambda b: (b.effective_from, b.version))}


def _one(books: dict[str, Rulebook], name: str) -> Rulebook:
    if name not in books:
        raise not_found("规则版本")
    return books[name]


def _head(book: Rulebook, current: Rulebook | None, now: datetime) -> dict[str, Any]:
    state = state_of(book, current, now)
    return {
        "version": book.version,
        "status": state,
        "status_label": STATE_LABELS[state],
        "published_at": str(book.published_at),
        "effective_from": str(book.effective_from),
        "weighty": book.weighty,
        "note": book.note,
        "rules": len(clauses(book)),
    }
