"""Model archives, each under the sha256 of its content, read-only: an archive is code and is checked before it runs."""

import hashlib
import os
import shutil
from pathlib import Path

from kernel.errors import DomainError


class Shelf:
    """One folder of `<sha256>.tar.gz`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.tar.gz"

    def keep(self, archive: Path, sha256: str) -> Path:
        """Puts a copy on the shelf. Raises DomainError `model_changed` (409) when it is not the one that was built."""
        kept = self.path(sha256)
        if not kept.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            beside = kept.with_suffix(f".{os.getpid()}.new")
            shutil.copyfile(archive, beside)
            if digest(beside) != sha256:
                beside.unlink()
                raise _changed(sha256)
            beside.chmod(0o444)
            os.replace(beside, kept)
        return self.verified(sha256)

    def verified(self, sha256: str) -> Path:
        """The archive, its content checked now. Raises DomainError `model_missing` or `model_changed` (409)."""
        kept = self.path(sha256)
        if not kept.is_file():
            raise DomainError("model_missing", f"模型文件 {sha256[:12]} 不在了", 409)
        if digest(kept) != sha256:
            raise _changed(sha256)
        return kept


def digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _changed(sha256: str) -> DomainError:
    return DomainError("model_changed", f"模型文件 {sha256[:12]} 的内容和登记的不一致，不能使用", 409)
