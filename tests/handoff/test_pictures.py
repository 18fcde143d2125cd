"""What a machine sees on a photo, and that the same picture is known again."""

import io
from datetime import timedelta
from pathlib import Path

import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from handoff.files import FileRoom
from handoff.pictures import is_alike, traits
from handoff.stream import EventStream
from kernel.clock import utcnow
from kernel.db import Database
from tests.handoff.conftest import open_one


def scene(seed: int = 1, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Lines and letters, different for each seed."""
    picture = Image.new("RGB", size, (230, 230, 225))
    pen = ImageDraw.Draw(picture)
    for number in range(40):
        x, y = (number * 97 * seed) % size[0], (number * 61 * (seed + 3)) % size[1]
        pen.rectangle(
            (x, y, x + 40 + seed, y + 25), fill=((number * 37) % 255, (number * 91 * seed) % 255, 60)
        )
        pen.text(
            (y % size[0], x % size[1]), f"{number}破损{seed}".encode("ascii", "ignore").decode(), fill="black"
        )
    return picture


def jpeg(picture: Image.Image, **save: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", **save)
    return out.getvalue()


def test_a_blurred_picture_is_told_from_a_sharp_one() -> None:
    sharp = traits(scene())["sharpness"]
    blurred = traits(scene().filter(ImageFilter.GaussianBlur(12)))["sharpness"]
    assert sharp > 100 > 30 > blurred, (sharp, blurred)


def test_dark_and_bright_pictures_are_told() -> None:
    assert traits(Image.new("RGB", (50, 50), (5, 5, 5)))["light"] < 25
    assert traits(Image.new("RGB", (50, 50), "white"))["light"] > 240


def test_the_look_survives_scaling_and_compression_and_tells_others_apart() -> None:
    small = Image.open(io.BytesIO(jpeg(scene().resize((320, 240)), quality=60)))
    assert is_alike(traits(scene())["look"], traits(small)["look"])
    assert not is_alike(traits(scene(1))["look"], traits(scene(2))["look"])


def test_the_cameras_clock_is_read_and_nonsense_is_none() -> None:
    for said, expected in (
        ("2026:11:20 09:30:00", "2026-11-20T09:30:00"),
        ("0000:00:00 00:00:00", None),
        ("x", None),
    ):
        exif = Image.Exif()
        exif[0x0132] = said
        assert traits(Image.open(io.BytesIO(jpeg(scene(), exif=exif))))["taken_at"] == expected
    assert traits(scene())["taken_at"] is None


def test_the_bar_code_of_a_label_is_read() -> None:
    code = zxingcpp.create_barcode("SF1029384756", zxingcpp.BarcodeFormat.Code128)
    label = Image.fromarray(code.to_image(scale=3)).convert("RGB") if hasattr(code, "to_image") else None
    assert label is not None
    page = Image.new("RGB", (900, 600), "white")
    page.paste(label, (60, 200))
    assert traits(page)["codes"] == ["SF1029384756"]
    assert traits(scene())["codes"] == []


async def test_the_same_picture_in_another_conversation_is_noticed(
    db: Database, tmp_path: Path, stream: EventStream
) -> None:
    room = FileRoom(tmp_path, "secret")
    first, second = await open_one(db, None), await open_one(db, None)
    now = utcnow()
    one = await room.keep(db, first["id"], "u_1", "a.jpg", jpeg(scene()), now)
    same = await room.keep(db, first["id"], "u_1", "b.jpg", jpeg(scene()), now)
    again = await room.keep(
        db, second["id"], "u_2", "c.jpg", jpeg(scene(), quality=60), now + timedelta(days=1)
    )
    other = await room.keep(db, second["id"], "u_2", "d.jpg", jpeg(scene(7)), now)
    blank = [
        await room.keep(db, talk["id"], "u", "e.jpg", jpeg(Image.new("RGB", (60, 60), colour)), now)
        for talk, colour in ((first, "red"), (second, "blue"))
    ]
    seen = await room.seen(db, [file["file_id"] for file in (one, same, again, other, *blank)])
    assert seen[one["file_id"]]["again"] == [second["id"]]
    assert seen[again["file_id"]]["again"] == [first["id"]]
    assert seen[other["file_id"]]["again"] == []
    assert [seen[file["file_id"]]["again"] for file in blank] == [[], []]
    assert await room.seen(db, []) == {}
