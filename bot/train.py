"""`python -m bot.train --out models/`: trains when data, configuration or code have changed, and says what it does.

`--data` names another folder with `nlu/` in it: the trainers' sentences as they were at one moment. Writes `models/current.tar.gz` and beside it `models/current.json` `{sha256, data_fingerprint, trained_at, seconds,
examples}`. Both appear at once and only when training has succeeded; a running Rasa keeps what it has loaded.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Tuple

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu/**/*.yml",
    "data/stories/**/*.yml",
    "bot/nlu/*.py",
    "bot/nlu/*.yml",
    "bot/components/*.py",
    "bot/dictionary/*.txt",
    "bot/tuning/made/**/*.*",
    "bot/uv.lock",
)


def fingerprint(root: Path = ROOT, data: Optional[Path] = None) -> str:
    """Of everything a model depends on; the same sentences in another folder give the same."""
    digest = hashlib.sha256()
    for name, path in sources(root, data or root / "data"):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def sources(root: Path, data: Path) -> Iterator[Tuple[str, Path]]:
    """Each file with its name from the repository's root, whichever folder the sentences are in."""
    for pattern in SOURCES:
        inside = pattern.startswith("data/nlu/")
        folder = data if inside else root
        for path in sorted(folder.glob(pattern[len("data/") :] if inside else pattern)):
            name = str(path.relative_to(folder))
            yield (f"data/{name}" if inside else name), path


def trained_for(out: Path) -> Optional[str]:
    """The fingerprint of the model that is there and whole, else None."""
    try:
        about = json.loads((out / "current.json").read_text(encoding="utf8"))
        return about["data_fingerprint"] if about["sha256"] == sha256(out / "current.tar.gz") else None
    except (OSError, ValueError, KeyError):
        return None


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def train(out: Path, data_fingerprint: str, sentences: Path = ROOT / "data") -> Dict[str, Any]:
    """Trains in a folder of its own and moves the result into place. Raises RuntimeError with the reason."""
    began = time.monotonic()
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=out) as scratch:
        with Progress("Rasa is being loaded"):
            import rasa

            from bot import speedups
            from bot.nlu.examples import read_examples
        speedups.apply_to_training()
        with Progress("training"):
            data = [str(sentences / "nlu"), str(ROOT / "data" / "stories")]
            result = rasa.train(
                domain=str(ROOT / "domain.yml"),
                config=str(ROOT / "config.yml"),
                training_files=data,
                output=scratch,
                fixed_model_name="current",
                force_training=True,
            )
        if result.code != 0 or not result.model:
            raise RuntimeError("Rasa could not train; the lines above say why")
        model = Path(result.model)
        about = {
            "sha256": sha256(model),
            "data_fingerprint": data_fingerprint,
            "trained_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - began),
            "examples": len(read_examples(sentences / "nlu")),
        }
        shutil.copyfile(model, Path(scratch) / "ready.tar.gz")
        (Path(scratch) / "ready.json").write_text(json.dumps(about, indent=1), encoding="utf8")
        os.replace(Path(scratch) / "ready.tar.gz", out / "current.tar.gz")
        os.replace(Path(scratch) / "ready.json", out / "current.json")
    return about


class Progress:
    """Says that something is going on, with the seconds it has taken."""

    def __init__(self, what: str) -> None:
        self._what, self._done, self._began = what, threading.Event(), time.monotonic()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()
        self._line(end="\n")

    def _tick(self) -> None:
        while not self._done.wait(1 if sys.stderr.isatty() else 15):
            self._line()

    def _line(self, end: str = "") -> None:
        tty = sys.stderr.isatty()
        seconds = time.monotonic() - self._began
        print(
            f"{chr(13) if tty else ''}{self._what} … {seconds:.0f} s",
            end=end if tty else "\n",
            file=sys.stderr,
            flush=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description="train the brain's model if anything it depends on has changed"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "models")
    parser.add_argument("--force", action="store_true", help="train although nothing has changed")
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="the folder with nlu/ in it")
    asked = parser.parse_args()
    wanted = fingerprint(data=asked.data)
    if not asked.force and trained_for(asked.out) == wanted:
        print("the model is up to date")
        return 0
    try:
        about = train(asked.out, wanted, asked.data)
    except RuntimeError as error:
        print(f"training failed: {error}", file=sys.stderr)
        return 1
    size = (asked.out / "current.tar.gz").stat().st_size / 1e6
    print(
        f"trained on {about['examples']} sentences in {about['seconds']} s, {size:.1f} MB: {asked.out / 'current.tar.gz'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
