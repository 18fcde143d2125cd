"""The trainers' data as a git repository: branch `trainers`, on top of what the project ships (`project`).

All of it is blocking and meant for a thread; a lock file keeps two processes apart. Nothing here is the running model's.
"""

import fcntl
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.core.corpus import Corpus
from curation.core.markup import unmarked
from curation.core.nlu_file import About, Line, NluFile, read_lines
from kernel.errors import DomainError

BRANCH, PROJECT = "trainers", "project"
NLU = Path("data") / "nlu"
TRAILER = "Anxin-Change"


@dataclass(frozen=True)
class Edit:
    """One sentence more or less; `raw` with its marks when added."""

    do: str  # add | remove
    text: str
    raw: str
    about: About

    def to_json(self) -> dict[str, Any]:
        about = self.about
        return {
            "do": self.do,
            "text": self.text,
            "raw": self.raw,
            "intent": about.intent,
            "kind": about.kind,
            "detail": about.detail,
        }

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Edit":
        return cls(row["do"], row["text"], row["raw"], About.of(row["intent"], row["kind"], row["detail"]))


class DataFolder:
    """`path` is the repository; `project` the folder whose `data/nlu` it begins with and follows."""

    def __init__(self, path: Path, project: Path) -> None:
        self.path, self.project = path, project
        self._lock = threading.RLock()
        self._read: dict[str, tuple[tuple[int, int], list[Line]]] = {}
        self._corpus: tuple[str, Corpus] | None = None
        self._ready = False

    @property
    def nlu(self) -> Path:
        return self.path / NLU

    def prepare(self) -> None:
        """Makes the repository when there is none, and takes over what the project's own data have gained.

        Where both changed the same lines the trainers' stay. A repository that was there before brings its own data
        and is only given the branch. Raises DomainError `no_git` (503) without git.
        """
        if self._ready:
            return
        with self._locked():
            if shutil.which("git") is None:
                raise DomainError("no_git", "服务器上没有安装 git，训练数据暂时不能改动", 503)
            if not (self.path / ".git").exists():
                self.path.mkdir(parents=True, exist_ok=True)
                self._git("init", "--quiet", "--initial-branch", BRANCH)
                self._git("config", "anxin.follows", "project")
            if self._asks("config", "anxin.follows"):
                self._follow_project()
            if self._asks("rev-parse", "--abbrev-ref", "HEAD") != BRANCH:
                self._git("checkout", "--quiet", *([] if self._ref(BRANCH) else ["-b"]), BRANCH)
            self._ready = True

    def head(self) -> str:
        """The commit that the trainers' branch is at."""
        self.prepare()
        return self._git("rev-parse", "HEAD").strip()

    def base(self) -> str:
        """The commit that the trainers' changes stand on: the project's data, or what a given repository brought."""
        self.prepare()
        changed = f"^{TRAILER}: "
        return (
            self._ref(PROJECT)
            or self._git("log", BRANCH, "--invert-grep", f"--grep={changed}", "-1", "--format=%H").strip()
        )

    def corpus(self) -> Corpus:
        """Every sentence as of now; read again only where a file has changed."""
        self.prepare()
        head = self._git("rev-parse", "HEAD").strip()
        with self._lock:
            if self._corpus is None or self._corpus[0] != head:
                self._corpus = (head, self._corpus_now())
            return self._corpus[1]

    def apply(
        self, edits: Sequence[Edit], change_id: str, author: str, reason: str
    ) -> tuple[str | None, list[dict[str, Any]]]:
        """Carries a change out as one commit, once: asked again with the same id, it answers with that commit.

        Returns the commit (None when nothing had to change) and what came of each edit: `added`, `there`,
        `clash` (it stands under another meaning), `removed` or `gone`.
        """
        self.prepare()
        with self._locked():
            self._tidy()
            made = self._git("log", "--format=%H", f"--grep=^{TRAILER}: {change_id}$", "-1").strip()
            if made:
                return made, []
            corpus, files = self._corpus_now(), dict[str, NluFile]()
            self._corpus = None  # until the change is through
            done = [edit.to_json() | self._edit(edit, corpus, files) for edit in edits]
            self._marker.touch()
            for name, file in files.items():
                self._write(self.nlu / name, file.content())
            self._git("add", "--all", "--", str(NLU))
            changed = bool(self._git("status", "--porcelain", "--", str(NLU)).strip())
            if changed:
                self._commit(f"{_title(edits, reason)}\n\n{reason}\n\n{TRAILER}: {change_id}", author)
            self._marker.unlink()
            return (self._git("rev-parse", "HEAD").strip() if changed else None), done

    def diff(self, commit: str) -> str:
        """What a commit changed, as a patch. Raises DomainError `not_found` (404) for one that is not there."""
        self.prepare()
        if not commit.isalnum():
            raise DomainError("not_found", "没有找到这个提交", 404)
        try:
            return self._git("show", "--format=", "--unified=1", commit, "--", str(NLU))
        except RuntimeError as error:
            raise DomainError("not_found", "没有找到这个提交", 404) from error

    def added(self) -> list[str]:
        """The sentences that the trainers' branch has beyond the project's; all of them where there is no project."""
        self.prepare()
        if not self._ref(PROJECT):
            return [line.text for line in self.corpus().lines]
        patch = self._git("diff", "--unified=0", PROJECT, "HEAD", "--", str(NLU))
        rows = (
            row[1:].strip() for row in patch.splitlines() if row.startswith("+") and not row.startswith("+++")
        )
        return [unmarked(row[2:].strip())[0] for row in rows if row.startswith("- ")]

    def checkout(self, commit: str, target: Path) -> None:
        """Writes `data/nlu` as of `commit` under `target`."""
        self.prepare()
        archive = self._git_bytes("archive", "--format=tar", commit, "--", str(NLU))
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(target, filter="data")

    def _edit(self, edit: Edit, corpus: Corpus, files: dict[str, NluFile]) -> dict[str, Any]:
        if edit.do == "add":
            standing = corpus.standing(edit.text)
            if standing:
                same = [line for line in standing if line.about == edit.about]
                where = (same or standing)[0]
                result = "there" if same else "clash"
                return {"result": result, "file": where.file, "stands_as": where.about.intent}
            name = corpus.home(edit.about)
            self._opened(name, files).add(edit.raw, edit.about)
            corpus.add(Line(name, edit.about, edit.text, edit.raw))
            return {"result": "added", "file": name}
        for line in list(corpus.by_text.get(edit.text, [])):
            if line.about == edit.about:
                raw = self._opened(line.file, files).remove(edit.text, edit.about)
                if raw is not None:
                    corpus.remove(line)
                    return {"result": "removed", "file": line.file, "raw": raw}
        return {"result": "gone", "file": None}

    def _opened(self, name: str, files: dict[str, NluFile]) -> NluFile:
        if name not in files:
            path = self.nlu / name
            files[name] = NluFile(path.read_text(encoding="utf8") if path.is_file() else "")
        return files[name]

    def _write(self, path: Path, content: str) -> None:
        if not content:
            path.unlink(missing_ok=True)  # its last sentence is gone
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(content, encoding="utf8")
        os.replace(beside, path)

    @property
    def _marker(self) -> Path:
        return self.path.with_name(self.path.name + ".applying")

    def _tidy(self) -> None:
        """Takes back half a change that a crash left; keeps what somebody edited here by hand, as a commit of its own."""
        if not self._git("status", "--porcelain", "--", str(NLU)).strip():
            self._marker.unlink(missing_ok=True)
            return
        if self._marker.exists():
            self._git("checkout", "--quiet", "--force", "HEAD", "--", str(NLU))
            self._git("clean", "--quiet", "--force", "--", str(NLU))
            self._marker.unlink()
        else:
            self._git("add", "--all", "--", str(NLU))
            self._commit("直接在数据目录里改的内容", "数据目录")

    def _corpus_now(self) -> Corpus:
        return Corpus(line for path in self._files() for line in self._lines(path))

    def _files(self) -> list[Path]:
        return sorted(self.nlu.glob("*.yml"))

    def _lines(self, path: Path) -> list[Line]:
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(path.name)
        if known is None or known[0] != stamp:
            known = (stamp, list(read_lines(path.name, path.read_text(encoding="utf8"))))
            self._read[path.name] = known
        return known[1]

    def _follow_project(self) -> None:
        """Keeps the project's own data on their branch and merges what is new."""
        source = self.project / NLU
        if source.resolve() == self.nlu.resolve() or not source.is_dir():
            return
        with tempfile.TemporaryDirectory() as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index"), "GIT_WORK_TREE": str(self.project)}
            self._git("add", "--all", "--force", "--", str(NLU), env=env, cwd=self.project)
            tree = self._git("write-tree", env=env).strip()
        known = self._ref(PROJECT)
        if known and self._git("rev-parse", f"{PROJECT}^{{tree}}").strip() == tree and self._ref(BRANCH):
            return
        parent = ["-p", known] if known else []
        made = self._git(
            "commit-tree", tree, *parent, "-m", "随项目发布的训练数据", env=_identity("Anxin")
        ).strip()
        self._git("update-ref", f"refs/heads/{PROJECT}", made)
        if not self._ref(BRANCH):
            self._git("reset", "--quiet", "--hard", made)
        else:
            self._git("checkout", "--quiet", "--force", BRANCH)
            self._git(
                "merge", "--quiet", "--no-edit", "--allow-unrelated-histories", "-X", "ours",
                "-m", "接受项目发布的训练数据", PROJECT, env=_identity("Anxin"),
            )  # fmt: skip

    def _ref(self, branch: str) -> str:
        return self._asks("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")

    def _asks(self, *arguments: str) -> str:
        """The answer of a git command that may have none."""
        try:
            return self._git(*arguments).strip()
        except RuntimeError:
            return ""

    def _commit(self, message: str, author: str) -> None:
        self._git("commit", "--quiet", "--no-verify", "-m", message, env=_identity(author))

    def _git(self, *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
        return self._git_bytes(*arguments, env=env, cwd=cwd).decode()

    def _git_bytes(
        self, *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> bytes:
        # the machine's own git settings (hooks, signing) are none of ours
        settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
        place = {"GIT_DIR": str(self.path / ".git"), "GIT_WORK_TREE": str(self.path)}
        if not (self.path / ".git").is_dir():
            place = {}  # before `init`, or a worktree of another repository
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        ran = subprocess.run(
            [
                "git",
                "-c",
                f"core.hooksPath={os.devnull}",
                "-c",
                "core.autocrlf=false",
                "-c",
                "safe.directory=*",
                *arguments,
            ],
            cwd=cwd or self.path,
            env=keep | settings | place | (env or {}),
            capture_output=True,
        )
        if ran.returncode:
            raise RuntimeError(f"git {arguments[0]}: {ran.stderr.decode(errors='replace').strip()[:300]}")
        return ran.stdout

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Never within itself: the file's lock is not re-entrant."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, self.path.with_name(self.path.name + ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _identity(author: str) -> dict[str, str]:
    clean = "".join(sign for sign in author if sign.isprintable() and sign not in "<>\n") or "Anxin"
    return {
        "GIT_AUTHOR_NAME": clean,
        "GIT_AUTHOR_EMAIL": "trainers@anxin.invalid",
        "GIT_COMMITTER_NAME": "Anxin",
        "GIT_COMMITTER_EMAIL": "trainers@anxin.invalid",
    }


def _title(edits: Sequence[Edit], reason: str) -> str:
    first = edits[0] if edits else None
    if first is None:
        return reason[:60]
    verb = "增加" if first.do == "add" else "移除"
    more = f" 等 {len(edits)} 句" if len(edits) > 1 else ""
    return f"{verb} {first.about.intent}{more}：{first.text[:40]}"
