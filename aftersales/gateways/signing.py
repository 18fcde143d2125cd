"""The signature between the platform and us, the same in both directions."""

import hashlib
import hmac

TIME, SIGNATURE = "x-anxin-time", "x-anxin-signature"
TOLERANCE_SECONDS = 300  # older or newer requests are refused: a recorded one cannot be played again later


def sign(secret: bytes, at: str, method: str, path: str, body: bytes = b"") -> str:
    """The hex HMAC-SHA256, under the secret, of four lines: Unix seconds, method, path with query as it is on the
    wire, and the hex SHA-256 of the body."""
    said = f"{at}\n{method.upper()}\n{path}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()


def is_signed(
    secret: bytes, given: str, at: str, now: float, method: str, path: str, body: bytes = b""
) -> bool:
    """Whether a request carries the right signature, made within TOLERANCE_SECONDS of `now` (Unix seconds)."""
    if not at.isdigit() or abs(now - int(at)) > TOLERANCE_SECONDS:
        return False
    return hmac.compare_digest(sign(secret, at, method, path, body), given)
