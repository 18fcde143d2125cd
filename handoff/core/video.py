"""How long a video is, from its movie header; a library would bring a whole decoder to what strangers send."""

from collections.abc import Iterator


def seconds(data: bytes) -> float | None:
    """The length of an MP4 or MOV file in seconds, 0.0 where its header leaves it open (recorded in fragments).

    Reads `moov/mvhd` (ISO/IEC 14496-12, 8.2.2) and nothing else. None when there is no readable header.
    """
    for kind, body in _boxes(data):
        if kind == b"moov":
            for inner, header in _boxes(body):
                if inner == b"mvhd":
                    return _length(header)
    return None


def _length(header: bytes) -> float | None:
    wide = header[:1] == b"\x01"  # version 1 has 64-bit times
    start, width = (20, 8) if wide else (12, 4)
    if len(header) < start + 4 + width:
        return None
    scale = int.from_bytes(header[start : start + 4])
    duration = int.from_bytes(header[start + 4 : start + 4 + width])
    if scale == 0:
        return None
    return 0.0 if duration == 256**width - 1 else duration / scale


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, head = int.from_bytes(data[at : at + 4]), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            return
        yield data[at + 4 : at + 8], data[at + head : at + size]
        at += size
