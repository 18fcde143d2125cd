"""What the archive asks of the rest of the house. The service ties these to conversations and the file room."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kernel.db import Tx


class CommunicationRecord(Protocol):
    """The messages of conversations."""

    async def lines(
        self, tx: Tx, conversation_id: str, from_seq: int, until: datetime
    ) -> list[dict[str, Any]]:
        """The record from `from_seq` to what was said at `until`, oldest first, as on the wire (each has `seq`)."""
        ...

    async def conversations_of(self, tx: Tx, consumer_id: str) -> list[str]:
        """Every conversation of a consumer."""
        ...

    async def erase(
        self, tx: Tx, conversation_ids: Sequence[str], keep_files: Collection[str], why: str, now: datetime
    ) -> dict[str, int]:
        """Deletes for good what was said and sent in these conversations, but for the files that dossiers speak of.

        Returns how many of what.
        """
        ...


class FileBytes(Protocol):
    """The files of evidence."""

    async def read(self, file_id: str) -> tuple[str, bytes] | None:
        """Media type and content, or None when it is gone."""
        ...

    async def sha256(self, file_id: str) -> str | None:
        """The hash of the content as it is kept, or None when it is gone."""
        ...


@dataclass(frozen=True)
class ArchivePorts:
    record: CommunicationRecord
    files: FileBytes
