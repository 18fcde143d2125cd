"""The smallest video files that say how long they are."""


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body


def mp4(length: float | None, *, wide: bool = False) -> bytes:
    """A header without pictures; None leaves the length open, as a recording in fragments does."""
    width = 8 if wide else 4
    duration = 256**width - 1 if length is None else round(length * 1000)
    times = bytes(2 * width) + (1000).to_bytes(4) + duration.to_bytes(width)
    header = bytes([wide, 0, 0, 0]) + times + bytes(80)
    ftyp = box(b"ftyp", b"isom" + bytes(4) + b"isommp42")
    return ftyp + box(b"moov", box(b"mvhd", header))
