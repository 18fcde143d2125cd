"""Ties the archive to conversations, the file room and the trainers' inbox, which `aftersales` knows nothing of."""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aftersales.archive.ports import ArchivePorts
from curation import erasing as curation_erasing
from handoff import erasing
from handoff.files import FileRoom
from kernel.db import Database, Tx
from kernel.errors import DomainError


class ConversationRecord:
    """The archive's `CommunicationRecord`."""

    def __init__(self, room: FileRoom) -> None:
        self._room = room

    async def lines(
        self, tx: Tx, conversation_id: str, from_seq: int, until: datetime
    ) -> list[dict[str, Any]]:
        return await erasing.lines(tx, conversation_id, from_seq, until)

    async def conversations_of(self, tx: Tx, consumer_id: str) -> list[str]:
        return await erasing.conversations_of(tx, consumer_id)

    async def erase(
        self, tx: Tx, conversation_ids: Sequence[str], keep_files: Collection[str], why: str, now: datetime
    ) -> dict[str, int]:
        await curation_erasing.erase(tx, conversation_ids)
        return await erasing.erase(tx, self._room.folder.joinpath, conversation_ids, keep_files, why, now)


class EvidenceFiles:
    """The archive's `FileBytes`; files are read beside the event loop, large ones in pieces."""

    def __init__(self, db: Database, room: FileRoom) -> None:
        self._db = db
        self._room = room

    async def read(self, file_id: str) -> tuple[str, bytes] | None:
        found = await self._find(file_id)
        if found is None:
            return None
        mime, path = found
        return mime, await asyncio.to_thread(path.read_bytes)

    async def sha256(self, file_id: str) -> str | None:
        found = await self._find(file_id)
        return await asyncio.to_thread(_digest, found[1]) if found else None

    async def _find(self, file_id: str) -> tuple[str, Path] | None:
        try:
            row, path = await self._room.find(self._db, file_id)
        except DomainError:
            return None
        return row["mime"], path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def archive_ports(db: Database, room: FileRoom) -> ArchivePorts:
    return ArchivePorts(ConversationRecord(room), EvidenceFiles(db, room))
