"""Reads rulebooks from their files; an error names the file and the rule."""

from functools import cache
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from aftersales.core.rulebook import Rulebook

FOLDER = Path(__file__).parent / "rulebook"


class BadRulebook(Exception):
    """A rulebook that cannot be used: file, place in it, and what is wrong."""


def read(path: Path) -> Rulebook:
    """The rulebook of one file. Raises BadRulebook."""
    try:
        value = YAML(typ="safe").load(path)
        book = Rulebook.model_validate(value)
    except YAMLError as error:
        raise BadRulebook(f"{path.name}: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
        raise BadRulebook(f"{path.name}: {problems}") from error
    if book.version != path.stem:
        raise BadRulebook(f"{path.name}: version: is {book.version}, the file is named {path.stem}")
    return book


@cache
def load_rulebook(version: str | None = None) -> Rulebook:
    """The given version, or the newest one."""
    path = FOLDER / f"{version}.yml" if version else max(FOLDER.glob("*.yml"))
    return read(path)
