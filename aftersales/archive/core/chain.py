"""The hash chain: every entry commits to its content and, through the entry before it, to all earlier ones.

A section's text is hashed with a salt of its own. When the text is deleted the salt goes with it, so that what is
left in the chain can neither be read nor guessed, and the chain still holds.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

GENESIS = "0" * 64
DOSSIER, ERASED, RESTRICTED = "dossier", "erased", "restricted"
HOLD_SET, HOLD_LIFTED = "hold_set", "hold_lifted"
KINDS = (DOSSIER, ERASED, HOLD_SET, HOLD_LIFTED, RESTRICTED)


@dataclass(frozen=True)
class Entry:
    """One link. `sections` maps the name of each section to its hash; `data` says what happened, in JSON values."""

    seq: int
    ticket_id: str
    kind: str
    at: datetime
    data: Mapping[str, Any]
    sections: Mapping[str, str]
    prev_hash: str
    hash: str


def canonical(value: Any) -> bytes:
    """RFC 8785 JSON: the same value gives the same bytes for everybody. Whole numbers up to 2**53 only."""
    return rfc8785.dumps(value)


def section_hash(salt: str, body: str) -> str:
    """SHA-256, in hex, of the salt, a line feed and the section's canonical JSON."""
    return hashlib.sha256(f"{salt}\n{body}".encode()).hexdigest()


def entry_hash(
    seq: int,
    ticket_id: str,
    kind: str,
    at: datetime,
    data: Mapping[str, Any],
    sections: Mapping[str, str],
    prev_hash: str,
) -> str:
    """SHA-256, in hex, of the hash before, a line feed and the canonical JSON of everything else."""
    head = {
        "seq": seq,
        "ticket_id": ticket_id,
        "kind": kind,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "data": dict(data),
        "sections": dict(sections),
    }
    return hashlib.sha256(prev_hash.encode() + b"\n" + canonical(head)).hexdigest()


def link(
    before: tuple[int, str],
    ticket_id: str,
    kind: str,
    at: datetime,
    data: Mapping[str, Any],
    sections: Mapping[str, str],
) -> Entry:
    """The entry that follows `before` (its seq and hash; `(0, GENESIS)` at the start)."""
    seq, prev_hash = before[0] + 1, before[1]
    made = entry_hash(seq, ticket_id, kind, at, data, sections, prev_hash)
    return Entry(seq, ticket_id, kind, at, data, sections, prev_hash, made)


def wrong_with(entry: Entry, before: tuple[int, str]) -> str | None:
    """Why `entry` cannot follow `before`; None when it does."""
    if entry.seq != before[0] + 1:
        return f"entry {before[0] + 1} is missing"
    if entry.prev_hash != before[1]:
        return "does not follow from the entry before it"
    expected = entry_hash(
        entry.seq, entry.ticket_id, entry.kind, entry.at, entry.data, entry.sections, entry.prev_hash
    )
    return None if expected == entry.hash else "its own content does not give its hash"


def wrong_section(name: str, entry: Entry, salt: str, body: str) -> str | None:
    """Why a stored section is not the one its entry speaks of; None when it is."""
    if name not in entry.sections:
        return f"has a section {name} that was never archived"
    if section_hash(salt, body) != entry.sections[name]:
        return f"section {name} was changed"
    return None
