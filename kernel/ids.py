"""Random identifiers: unguessable, URL-safe, told apart by a prefix."""

import secrets

_ALPHABET = b"abcdefghijkmnpqrstuvwxyz23456789"
_LETTER_OF = _ALPHABET * 8  # of each byte, all alike often


def new_id(prefix: str, length: int = 20) -> str:
    """`prefix_` and `length` letters or digits (100 bits at 20), without those that look alike."""
    return f"{prefix}_{secrets.token_bytes(length).translate(_LETTER_OF).decode()}"
