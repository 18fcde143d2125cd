"""Files that people send: what they really are, kept safely, shown under short-lived signed links."""

import asyncio
import hashlib
import hmac
import io
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import filetype
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import func, insert, select

from handoff.core import video
from handoff.store import files
from kernel.db import Database, Row
from kernel.errors import DomainError, not_found
from kernel.ids import new_id

MB = 1024 * 1024
# domain-rules §3 (自定): what is taken and how large it may be.
LIMITS = {"image": 10 * MB, "video": 100 * MB, "document": 10 * MB}
KINDS = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "image",
    "video/mp4": "video",
    "video/quicktime": "video",
    "application/pdf": "document",
}
LONGEST_VIDEO_SECONDS = 60  # domain-rules §3 (自定)
MAX_PIXELS = 50_000_000
MAX_FILES_PER_CONVERSATION = 60
LINK_SECONDS = 12 * 3600
PREFIX = "/api/v1/files/"


@dataclass(frozen=True)
class Prepared:
    kind: str
    mime: str
    data: bytes
    sha256: str
    width: int | None = None
    height: int | None = None


def prepare(data: bytes) -> Prepared:
    """Sniffs, checks and, for pictures, re-encodes (which drops EXIF and anything hidden behind the pixels).

    `sha256` is that of the bytes as they were sent, so that a consumer's original can be matched later.
    Raises DomainError for an empty, unknown, oversized, overlong or broken file.
    """
    if not data:
        raise DomainError("empty_file", "文件是空的，请重新选择", 422)
    guessed = filetype.guess(data)
    kind = KINDS.get(guessed.mime) if guessed else None
    if kind is None or guessed is None:
        raise DomainError("unsupported_file", "支持 JPG、PNG、WebP 图片，MP4、MOV 视频和 PDF 文件", 415)
    if len(data) > LIMITS[kind]:
        raise DomainError(
            "file_too_large", f"文件太大了，最多 {LIMITS[kind] // MB} MB", 413, limit=LIMITS[kind]
        )
    digest = hashlib.sha256(data).hexdigest()
    if kind == "video":
        _check_length(data)
    if kind != "image":
        return Prepared(kind, guessed.mime, data, digest)
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise DomainError("picture_too_large", "图片像素太大了，请换一张", 413)
            upright = ImageOps.exif_transpose(picture)
            out = io.BytesIO()
            if guessed.mime == "image/png":
                upright.save(out, "PNG")
            else:
                upright.convert("RGB").save(out, "JPEG", quality=90)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise DomainError("broken_picture", "这张图片打不开，请换一张", 422) from error
    mime = "image/png" if guessed.mime == "image/png" else "image/jpeg"
    return Prepared(kind, mime, out.getvalue(), digest, upright.width, upright.height)


def _check_length(data: bytes) -> None:
    length = video.seconds(data)
    if length is None:
        raise DomainError("broken_video", "这段视频打不开，请换一段", 422)
    if length > LONGEST_VIDEO_SECONDS + 0.5:  # phones round up
        raise DomainError(
            "video_too_long",
            f"视频最长 {LONGEST_VIDEO_SECONDS} 秒，剪短一点再发就好",
            422,
            limit=LONGEST_VIDEO_SECONDS,
        )


class FileRoom:
    """Keeps files in a folder under random names and signs the links to them."""

    def __init__(self, folder: Path, secret: str) -> None:
        self.folder = folder
        self._secret = secret.encode()

    async def keep(
        self, db: Database, conversation_id: str, uploaded_by: str, name: str, data: bytes, now: datetime
    ) -> dict[str, Any]:
        """Stores one upload; returns its wire form. Raises DomainError when it is refused."""
        prepared = await asyncio.to_thread(prepare, data)
        file_id = new_id("f")
        path = f"{file_id[2:4]}/{file_id}"
        async with db.read() as tx:
            count = await tx.scalar(
                select(func.count()).select_from(files).where(files.c.conversation_id == conversation_id)
            )
        if count >= MAX_FILES_PER_CONVERSATION:
            raise DomainError("too_many_files", "这个会话的文件已经很多了，先处理这些吧", 422)
        await asyncio.to_thread(self._write, path, prepared.data)
        row = {
            "id": file_id,
            "conversation_id": conversation_id,
            "uploaded_by": uploaded_by,
            "kind": prepared.kind,
            "mime": prepared.mime,
            "name": Path(name or "文件").name[:120],
            "size": len(prepared.data),
            "sha256": prepared.sha256,
            "width": prepared.width,
            "height": prepared.height,
            "path": path,
            "at": now,
        }
        async with db.write() as tx:
            await tx.execute(insert(files).values(row))
        return wire_file(row)

    def _write(self, path: str, data: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".part")
        temporary.write_bytes(data)
        temporary.rename(target)

    def sign(self, value: Any, now: float | None = None) -> Any:
        """The same JSON with `?t=` on every file url; links are valid for LINK_SECONDS or a little more."""
        hour = int((now or time.time()) // 3600) * 3600  # the same link for an hour, so browsers can cache
        return self._sign(value, hour + LINK_SECONDS + 3600)

    def _sign(self, value: Any, expires: int) -> Any:
        if isinstance(value, dict):
            return {
                k: self._link(v, expires)
                if k == "url" and isinstance(v, str) and v.startswith(PREFIX)
                else self._sign(v, expires)
                for k, v in value.items()
            }
        if isinstance(value, list):
            return [self._sign(v, expires) for v in value]
        return value

    def _link(self, url: str, expires: int) -> str:
        file_id = url.removeprefix(PREFIX).split("?")[0]
        return f"{PREFIX}{file_id}?t={expires}.{self._mac(file_id, expires)}"

    def _mac(self, file_id: str, expires: int) -> str:
        return hmac.new(self._secret, f"{file_id}.{expires}".encode(), hashlib.sha256).hexdigest()[:32]

    def is_valid_link(self, file_id: str, token: str, now: float | None = None) -> bool:
        expires, _, mac = token.partition(".")
        if not expires.isdigit() or int(expires) < (now or time.time()):
            return False
        return hmac.compare_digest(mac, self._mac(file_id, int(expires)))

    async def find(self, db: Database, file_id: str) -> tuple[Row, Path]:
        async with db.read() as tx:
            row = await tx.one(select(files).where(files.c.id == file_id))
        path = self.folder / row["path"] if row else None
        if row is None or path is None or not path.is_file():
            raise not_found("文件")
        return row, path


def wire_file(row: Row | dict[str, Any]) -> dict[str, Any]:
    """A file on a message; the url is signed when it leaves."""
    keys = ("kind", "mime", "size", "sha256", "width", "height", "name")
    return {"file_id": row["id"], "url": PREFIX + row["id"]} | {key: row[key] for key in keys}
