"""Uploads are what their bytes say, are re-encoded, and are shown only under signed links."""

import io
from pathlib import Path

import pytest
from PIL import Image

from handoff.files import FileRoom, prepare
from handoff.stream import EventStream
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from tests.handoff.clips import mp4


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **save: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **save)
    return out.getvalue()


MP4 = mp4(12.0)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (picture(), "image"),
        (picture("PNG"), "image"),
        (picture("WEBP"), "image"),
        (MP4, "video"),
        (PDF, "document"),
    ],
)
def test_a_file_is_known_by_its_bytes(data: bytes, kind: str) -> None:
    assert prepare(data).kind == kind


def test_a_picture_loses_what_hides_in_it() -> None:
    exif = Image.Exif()
    exif[0x010E] = "13800138000"
    sent = picture("JPEG", exif=exif) + b"<script>alert(1)</script>"
    kept = prepare(sent)
    assert b"13800138000" in sent
    assert b"13800138000" not in kept.data
    assert b"<script>" not in kept.data
    assert (kept.width, kept.height) == (40, 30)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"<html><script>alert(1)</script></html>", "unsupported_file"),
        (b"MZ" + b"\x00" * 100, "unsupported_file"),
        (picture()[:60], "broken_picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "broken_picture"),
        (PDF + b"\x00" * (10 * 1024 * 1024), "file_too_large"),
    ],
)
def test_what_is_no_evidence_is_refused_with_a_code(data: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        prepare(data)
    assert refusal.value.code == code


async def test_a_kept_file_is_found_under_a_random_name(
    db: Database, stream: EventStream, conversation: Row, tmp_path: Path
) -> None:
    room = FileRoom(tmp_path / "files", "secret")
    kept = await room.keep(db, conversation["id"], "u_1", "../../etc/passwd.jpg", picture(), utcnow())
    assert kept["name"] == "passwd.jpg"
    row, path = await room.find(db, kept["file_id"])
    assert path.is_relative_to(tmp_path / "files")
    assert row["sha256"] == kept["sha256"]
    with pytest.raises(DomainError):
        await room.find(db, "f_nothing")


def test_a_link_is_signed_wherever_it_is_and_expires() -> None:
    room = FileRoom(Path("/nowhere"), "secret")
    signed = room.sign(
        {"files": [{"url": "/api/v1/files/f_1"}], "card": {"url": "/demo/goods/x.svg"}}, now=1_000_000
    )
    token = signed["files"][0]["url"].partition("?t=")[2]
    assert signed["card"]["url"] == "/demo/goods/x.svg"
    assert room.is_valid_link("f_1", token, now=1_000_000)
    assert not room.is_valid_link("f_2", token, now=1_000_000)
    assert not room.is_valid_link("f_1", token, now=1_000_000 + 14 * 3600)
    assert not FileRoom(Path("/nowhere"), "other").is_valid_link("f_1", token, now=1_000_000)
    assert not room.is_valid_link("f_1", "", now=1_000_000)


@pytest.mark.parametrize("seconds", [0.0, 59.0, 60.4])
def test_a_video_of_a_minute_is_taken(seconds: float) -> None:
    assert prepare(mp4(seconds)).kind == "video"


def test_a_longer_video_is_refused_with_the_limit() -> None:
    with pytest.raises(DomainError) as refused:
        prepare(mp4(75.0))
    assert refused.value.code == "video_too_long"
    assert "60 秒" in refused.value.message


def test_a_video_without_a_readable_header_is_refused() -> None:
    with pytest.raises(DomainError) as refused:
        prepare(mp4(5.0)[:24] + bytes(64))
    assert refused.value.code == "broken_video"
