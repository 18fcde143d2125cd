"""Reads the merchants' rules and the course from their files."""

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from aftersales.merchants.core.course import Course
from aftersales.merchants.core.rules import MerchantRules

_HERE = Path(__file__).parent


@cache
def load_rules() -> MerchantRules:
    """The rules merchants are measured by. Raises pydantic's ValidationError for a file that cannot be used."""
    return MerchantRules.model_validate(YAML(typ="safe").load(_HERE / "rules.yml"))


@cache
def load_course() -> Course:
    return Course.model_validate(YAML(typ="safe").load(_HERE / "course.yml"))
