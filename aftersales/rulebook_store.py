"""Reads rulebooks from their files; an error names the file, the line, the rule and the place."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from aftersales.core.publication import in_force
from aftersales.core.rulebook import Rulebook
from kernel.clock import utcnow

log = structlog.get_logger()

FOLDER = Path(__file__).parent / "rulebook"
_NAMED = re.compile(r"rule ([^\s:)]+)")


class BadRulebook(Exception):
    """A rulebook that cannot be used: each problem with file, line, rule, place, and what is wrong."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read(path: Path) -> Rulebook:
    """The rulebook of one file. Raises BadRulebook with every problem that it has."""
    try:
        text = path.read_text(encoding="utf8")
    except FileNotFoundError as error:
        raise BadRulebook(f"{path.name}: there is no such rulebook") from error
    except UnicodeDecodeError as error:
        raise BadRulebook(f"{path.name}: {error}") from error
    return parse(text, path.name)


def parse(text: str, name: str) -> Rulebook:
    """The rulebook of a text that comes from the file `name`. Raises BadRulebook."""
    try:
        value = YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadRulebook(f"{name}:{line}: {error.problem or error.context}") from error
    except YAMLError as error:
        raise BadRulebook(f"{name}: {error}") from error
    try:
        book = Rulebook.model_validate(value)
    except ValidationError as error:
        tree = YAML(typ="rt").load(text)
        problems = [
            problem
            for found in error.errors()
            for problem in _told(tree, found["loc"], found["msg"].removeprefix("Value error, "))
        ]
        raise BadRulebook(*(f"{name}:{problem}" for problem in problems)) from error
    if book.version != Path(name).stem:
        line = _line(YAML(typ="rt").load(text), ("version",))
        raise BadRulebook(f"{name}:{line}: version: is {book.version}, the file is named {Path(name).stem}")
    return book


def _told(tree: Any, loc: Sequence[int | str], message: str) -> Iterator[str]:
    """56: rule E01: issues.quality_damaged.freight: … — the line, the nearest rule around the place, the place."""
    if loc:
        rule = _rule_around(tree, loc)
        place = ".".join(map(str, loc))
        yield f"{_line(tree, loc)}: " + (f"rule {rule}: " if rule else "") + f"{place}: {message}"
        return
    for part in message.split("; "):  # what concerns several places says which rule it is about
        named = _NAMED.search(part)
        lines = list(_lines_of_rule(tree, named[1])) if named else []
        yield f"{lines[-1] if lines else 1}: {part}"


def _line(tree: Any, loc: Sequence[int | str]) -> int:
    """The line, from 1, of the deepest part of the place that is written."""
    found, around = 1, tree
    for part in loc:
        try:
            mark = around.lc.item(part) if isinstance(part, int) else around.lc.key(part)
            found, around = mark[0] + 1, around[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return found


def _rule_around(tree: Any, loc: Sequence[int | str]) -> Any:
    around = [tree]
    for part in loc:
        try:
            around.append(around[-1][part])
        except (KeyError, IndexError, TypeError):
            break
    rules = [found for level in around if (found := _rule_id(level))]
    return rules[-1] if rules else None


def _rule_id(level: Any) -> Any:
    """The id of the rule that is written here, or beside the place under `rule`."""
    if not isinstance(level, dict):
        return None
    beside = level.get("rule")
    return beside.get("rule_id") if isinstance(beside, dict) else level.get("rule_id")


def _lines_of_rule(level: Any, rule_id: str) -> Iterator[int]:
    if hasattr(level, "values"):
        if str(level.get("rule_id")) == rule_id:
            yield level.lc.key("rule_id")[0] + 1
        for value in level.values():
            yield from _lines_of_rule(value, rule_id)
    elif isinstance(level, list):
        for value in level:
            yield from _lines_of_rule(value, rule_id)


_kept: dict[str, Rulebook] = {}  # versions whose files are gone, from the register


def keep(book: Rulebook) -> None:
    """Makes a version known that has no file any more, so that its tickets can still be explained."""
    _kept[book.version] = book


def shelf(folder: Path | None = None) -> dict[str, Rulebook]:
    """Every version that can be read, oldest first, drafts too; what cannot be read is logged and left out."""
    books = dict(_kept) if folder is None else {}
    for path in sorted((folder or FOLDER).glob("*.yml")):
        stat = path.stat()
        try:
            books[path.stem] = _cached(path, stat.st_mtime_ns, stat.st_size)
        except BadRulebook as error:
            log.error("rulebook.unreadable", file=path.name, problems=len(error.problems))
    return dict(sorted(books.items()))


@cache
def _cached(path: Path, _changed: int, _size: int) -> Rulebook:
    return read(path)


def load_rulebook(version: str | None = None, now: datetime | None = None) -> Rulebook:
    """The given version, or the one in force at `now` (by default this moment). Raises BadRulebook."""
    if version is None:
        book = in_force(shelf().values(), now or utcnow())
        if book is None:
            raise BadRulebook(f"{FOLDER.name}: no version is published and in force")
        return book
    if version in _kept:
        return _kept[version]
    return _version(version)


@cache
def _version(version: str) -> Rulebook:
    return read(FOLDER / f"{version}.yml")
