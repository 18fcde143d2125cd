"""Random identifiers: unguessable, URL-safe, told apart by a prefix."""

import secrets

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_id(prefix: str, length: int = 20) -> str:
    """`prefix_` and `length` letters or digits (100 bits at 20), without those that look alike."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(length))
