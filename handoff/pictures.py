"""What a machine can see on a photo: sharpness, light, when it was taken, its look, bar codes. Hints, never verdicts."""

from datetime import datetime
from typing import Any

import zxingcpp
from PIL import ExifTags, Image, ImageFilter, ImageStat

LOOK_SIDE = 8  # the look is a difference hash of 8 x 8 bits
SHARP_SIDE, CODE_SIDE = 512, 1600
MOST_CODES = 5
MOST_BITS = 3  # with up to three differing bits one of the four parts is the same


def traits(picture: Image.Image) -> dict[str, Any]:
    """`{sharpness, light, taken_at, look, codes}` of a decoded picture.

    `sharpness` is the variance of its edges at 512 pixels (a blurred photo has below about 30), `light` its mean
    brightness 0 to 255, `taken_at` the camera's own clock as ISO text without a zone, `look` 16 hexadecimal digits
    that stay nearly the same when the picture is scaled or compressed again, `codes` the texts of its bar codes.
    """
    grey = picture.convert("L")
    small = grey.copy()
    small.thumbnail((SHARP_SIDE, SHARP_SIDE))
    edges = small.filter(ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128))
    edges = (
        edges.crop((1, 1, edges.width - 1, edges.height - 1)) if min(edges.size) > 2 else edges
    )  # the filter leaves a border
    return {
        "sharpness": round(ImageStat.Stat(edges).var[0], 1),
        "light": round(ImageStat.Stat(small).mean[0], 1),
        "taken_at": taken_at(picture),
        "look": look(grey),
        "codes": codes(grey),
    }


def look(grey: Image.Image) -> str:
    """The difference hash: whether each of 64 places is brighter than its right neighbour."""
    tiny = grey.resize((LOOK_SIDE + 1, LOOK_SIDE), Image.Resampling.LANCZOS)
    light = tiny.tobytes()
    bits = 0
    for row in range(LOOK_SIDE):
        for column in range(LOOK_SIDE):
            place = row * (LOOK_SIDE + 1) + column
            bits = bits << 1 | (light[place] > light[place + 1])
    return f"{bits:016x}"


def parts(seen: str) -> list[str]:
    """The four parts by which a look is searched; those of plain areas say nothing and are left out."""
    quarters = [f"{place}:{seen[4 * place : 4 * place + 4]}" for place in range(4)]
    return [part for part in quarters if part[2:] not in ("0000", "ffff")]


def is_alike(one: str, other: str) -> bool:
    """Whether two looks belong to the same picture, scaled or compressed again."""
    return (int(one, 16) ^ int(other, 16)).bit_count() <= MOST_BITS


def taken_at(picture: Image.Image) -> str | None:
    """When the camera says that it took the picture; None without or with an impossible EXIF time."""
    try:
        exif = picture.getexif()
        said = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(
            ExifTags.Base.DateTime
        )
        return datetime.strptime(str(said).strip("\0 "), "%Y:%m:%d %H:%M:%S").isoformat() if said else None
    except (ValueError, OSError, KeyError, TypeError, SyntaxError):
        return None


def codes(grey: Image.Image) -> list[str]:
    """The texts of bar codes, such as the waybill number of a label."""
    shown = grey.copy()
    shown.thumbnail((CODE_SIDE, CODE_SIDE))
    found = zxingcpp.read_barcodes(shown)
    return list(dict.fromkeys(code.text.strip()[:80] for code in found if code.text.strip()))[:MOST_CODES]
