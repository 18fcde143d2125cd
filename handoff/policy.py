"""The desk's own rules, read once from a file people edit: patience, hours, holidays."""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator
from ruamel.yaml import YAML

from aftersales.core.deadline import is_day_off
from handoff.core import hours
from handoff.core.hours import Hours, Span
from handoff.core.routing import Rules
from kernel.principal import PLATFORM

DEFAULT = Path(__file__).parent / "desk.yml"
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Week(_Strict):
    workdays: list[str]
    days_off: list[str]

    @field_validator("workdays", "days_off")
    @classmethod
    def _spans_are_times(cls, spans: list[str]) -> list[str]:
        for span in spans:
            begins, ends = _span(span)
            if ends != time(0) and begins >= ends:
                raise ValueError(f"{span}: ends before it begins")
        return spans

    @property
    def hours(self) -> Hours:
        return Hours([_span(one) for one in self.workdays], [_span(one) for one in self.days_off])


class AllHours(_Strict):
    platform: Week
    merchant: Week
    parties: dict[str, Week] = Field(default_factory=dict)


class Policy(_Strict):
    """desk.yml as a value; its comments say what each number means."""

    accept_within: int = Field(ge=5)
    specialists_only: int = Field(ge=0)
    overflow_after: int = Field(ge=0)
    unattended_after: int = Field(ge=0)
    abandoned_after: int = Field(ge=10)
    again_after: int = Field(ge=0)
    silent_after: int = Field(ge=10, le=30)
    returns_after: int = Field(ge=60)
    visits_a_day: int = Field(ge=2)
    answer_within: int = Field(ge=1)
    reply_within: int = Field(ge=1)
    callback_within: int = Field(ge=60)
    hours: AllHours

    @property
    def rules(self) -> Rules:
        return Rules(
            accept_within=timedelta(seconds=self.accept_within),
            specialists_only=timedelta(seconds=self.specialists_only),
            overflow_after=timedelta(seconds=self.overflow_after),
            unattended_after=timedelta(seconds=self.unattended_after),
            abandoned_after=timedelta(seconds=self.abandoned_after),
            again_after=timedelta(seconds=self.again_after),
        )

    @property
    def silence(self) -> timedelta:
        return timedelta(seconds=self.silent_after)

    def hours_of(self, party: str) -> Hours:
        """What the party's supervisors set, else what the file says."""
        if party in _own:
            return _own[party]
        week = self.hours.parties.get(party)
        if week is None:
            week = self.hours.platform if party == PLATFORM else self.hours.merchant
        return week.hours

    def is_open(self, party: str, at: datetime) -> bool:
        return hours.is_open(self.hours_of(party), at, is_day_off)

    def next_open(self, party: str, at: datetime) -> datetime | None:
        """When somebody of the party or of the platform, which takes over for it, is there again."""
        found = [hours.next_open(self.hours_of(who), at, is_day_off) for who in {party, PLATFORM}]
        return min((one for one in found if one), default=None)


_own: dict[str, Hours] = {}


def set_own(parties: Mapping[str, Hours]) -> None:
    """The hours that parties set for themselves, which go before the file's; see `handoff.opening`."""
    _own.clear()
    _own.update(parties)


def read(path: Path) -> Policy:
    """Raises pydantic's ValidationError naming the field that is wrong."""
    return Policy.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf8")))


@cache
def _kept(path: Path) -> Policy:
    return read(path)


_chosen = DEFAULT


def use(path: Path | None) -> Policy:
    """Makes this file the desk's rules from now on; None: the project's own."""
    global _chosen
    _chosen = path or DEFAULT
    return _kept(_chosen)


def current() -> Policy:
    return _kept(_chosen)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"{text}: not of the form 09:00-18:00")
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    return time(from_hour, from_minute), time(to_hour % 24, to_minute)
