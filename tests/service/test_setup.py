"""Setting up: done once, done again when its inputs change, clear when it fails."""

import socket
import sys
from pathlib import Path

import pytest

from service import processes, setup
from service.setup import CannotStart, Step


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    return tmp_path


def test_a_step_is_done_again_only_when_its_inputs_change(root: Path) -> None:
    source, runs = root / "source.yml", []
    source.write_text("a")
    step = Step("s", "a step", lambda: [source], lambda: bool(runs), lambda say: runs.append(1))
    assert not step.is_done(root)
    step.do(root, print)
    assert step.is_done(root)
    source.write_text("b")
    assert not step.is_done(root)


def test_a_step_whose_result_was_deleted_is_done_again(root: Path) -> None:
    there = [True]
    step = Step("s", "a step", list, lambda: there[0], lambda say: None)
    step.do(root, print)
    there[0] = False
    assert not step.is_done(root)


def test_built_and_installed_files_are_no_inputs(root: Path) -> None:
    for name in ("src/a.ts", "node_modules/b.ts", "dist/c.js", "src/.hidden"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    assert [path.name for path in setup.files_under(root)] == ["a.ts"]


def test_a_failing_command_says_what_it_printed() -> None:
    script = "import sys; print('no space left'); sys.exit(3)"
    with pytest.raises(CannotStart, match="no space left"):
        setup.run([sys.executable, "-c", script], lambda line: None, cwd=Path.cwd())


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} .*ANXIN_PORT=<port>"):
            processes.check_port("127.0.0.1", port, "the service", "ANXIN_PORT=<port>")
