"""Reads rulebooks from their files; an error names the file, the rule and the place."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from aftersales.core.rulebook import Rulebook

FOLDER = Path(__file__).parent / "rulebook"


class BadRulebook(Exception):
    """A rulebook that cannot be used: file, rule, place in it, and what is wrong."""


def read(path: Path) -> Rulebook:
    """The rulebook of one file. Raises BadRulebook."""
    try:
        value = YAML(typ="safe").load(path)
    except FileNotFoundError as error:
        raise BadRulebook(f"{path.name}: there is no such rulebook") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise BadRulebook(f"{path.name}: {error}") from error
    try:
        book = Rulebook.model_validate(value)
    except ValidationError as error:
        problems = [f"{_place(value, problem['loc'])}{problem['msg']}" for problem in error.errors()]
        raise BadRulebook(f"{path.name}: {'; '.join(problems)}") from error
    if book.version != path.stem:
        raise BadRulebook(f"{path.name}: version: is {book.version}, the file is named {path.stem}")
    return book


def _place(value: Any, loc: Sequence[int | str]) -> str:
    """rule E01: issues.quality_damaged.freight: — the nearest rule around the place, and the place."""
    around = [value]
    for part in loc:
        try:
            around.append(around[-1][part])
        except (KeyError, IndexError, TypeError):
            break
    rules = [found for level in around if (found := _rule_id(level))]
    rule = rules[-1] if rules else None
    place = ".".join(map(str, loc))
    return (f"rule {rule}: " if rule else "") + (f"{place}: " if place else "")


def _rule_id(level: Any) -> Any:
    """The id of the rule that is written here, or beside the place under `rule`."""
    if not isinstance(level, dict):
        return None
    beside = level.get("rule")
    return beside.get("rule_id") if isinstance(beside, dict) else level.get("rule_id")


@cache
def load_rulebook(version: str | None = None) -> Rulebook:
    """The given version, or the newest one. Raises BadRulebook."""
    path = FOLDER / f"{version}.yml" if version else max(FOLDER.glob("*.yml"))
    return read(path)
