"""What the verbs of the workbench work with besides the database: the data folder and the sentences measured on."""

import asyncio
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from curation.core.nearness import Measured
from curation.folder import DataFolder


@dataclass(frozen=True)
class BrainRunner:
    """The brain's own Python, for work beside the service."""

    python: Path
    env: dict[str, str]


@dataclass
class Workbench:
    """`rows`: labelled rows to measure on (`id, text, label_a, …`, tab-separated), never to be trained on."""

    folder: DataFolder
    rows: Path | None = None
    double: float = 0.0  # share of sentences that two trainers label
    brain: BrainRunner | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)  # the check that runs in this process
    _measured: tuple[float, Measured] | None = field(default=None, repr=False)

    def measured(self) -> Measured:
        """The evaluation set's sentences; none without one. Blocking; read again when the file has changed."""
        if self.rows is None or not self.rows.is_file():
            return Measured(())
        at = self.rows.stat().st_mtime
        if self._measured is None or self._measured[0] != at:
            lines = self.rows.read_text(encoding="utf8").splitlines()[1:]
            self._measured = (at, Measured(line.split("\t")[1] for line in lines if line.count("\t") >= 1))
        return self._measured[1]

    def wanted(self, flat: str) -> int:
        """How many trainers are asked about a sentence; the same for the same sentence."""
        return 2 if zlib.crc32(flat.encode()) % 1000 < self.double * 1000 else 1
