"""What the components share: where their results stand on a Message, and what makes training run again."""

import hashlib
from functools import lru_cache
from pathlib import Path

NORMALISED = "normalised"
BOT = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """Of everything the components rest on. Rasa's own fingerprint sees a component's class and nothing it imports."""
    digest = hashlib.sha256()
    for folder, pattern in (("nlu", "*.py"), ("components", "*.py"), ("dictionary", "*.txt")):
        for path in sorted((BOT / folder).glob(pattern)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
