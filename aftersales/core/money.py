"""Money is integer 分; it becomes 元 only where people read it."""


def yuan(fen: int) -> str:
    """1234.50 for 123450. No floating point on the way."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
