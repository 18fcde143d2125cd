"""Random secrets, made once and kept in `var/secrets.env` for the processes of one installation."""

import os
import secrets
from pathlib import Path

NAMES = ("ANXIN_SECRET", "ANXIN_SHOP_SECRET", "ANXIN_RASA_TOKEN", "ANXIN_ACTION_TOKEN")


def load(var: Path) -> dict[str, str]:
    """The secrets as environment variables; those of the environment win, missing ones are made and kept."""
    path = var / "secrets.env"
    kept: dict[str, str] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf8").splitlines():
            name, _, value = line.partition("=")
            if value:
                kept[name.strip()] = value.strip()
    found = {name: os.environ.get(name) or kept.get(name) or secrets.token_urlsafe(32) for name in NAMES}
    to_keep = {name: kept.get(name) or found[name] for name in NAMES}
    if to_keep != kept:
        var.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={value}\n" for name, value in to_keep.items()), encoding="utf8")
    return found
