"""The desk's figures over any period, out of what the record shows: pure sums over facts somebody else fetched."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from handoff.core.reasons import label_of
from kernel.times import SHANGHAI

ANSWERED_WITHIN = 60.0  # seconds, domain-rules §6


@dataclass(frozen=True)
class Episode:
    """From asking for a person to the end of his work; what has not come yet is None."""

    conversation_id: str
    party: str
    asked_at: datetime
    reason: str = ""
    accepted_at: datetime | None = None
    agent_id: str | None = None
    agent_name: str = ""
    replied_at: datetime | None = None
    ended_at: datetime | None = None
    left: bool = False  # the consumer went before anybody came

    @property
    def first_response(self) -> float | None:
        return (self.replied_at - self.asked_at).total_seconds() if self.replied_at else None

    @property
    def handle_time(self) -> float | None:
        if self.accepted_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.accepted_at).total_seconds()


@dataclass(frozen=True)
class Contact:
    """A conversation in which a consumer wrote on a day, and whether he asked for a person or had one."""

    conversation_id: str
    party: str
    at: datetime
    with_person: bool


@dataclass(frozen=True)
class Score:
    """One judged thing: a rating, a case's evidence, a conversation's wording, a told interval. 1 good (or hit), 0 not."""

    kind: str  # rating | one_pass | wording | interval
    party: str
    at: datetime
    value: float
    agent_id: str | None = None


@dataclass(frozen=True)
class Material:
    episodes: tuple[Episode, ...] = ()
    contacts: tuple[Contact, ...] = ()
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class Metric:
    """`unit`: count, seconds or share; `of` gives the figure, None where there is nothing to judge."""

    key: str
    label: str
    unit: str
    of: Callable[[Material], float | None]


def episodes(lines: Iterable[dict[str, Any]], party: str) -> list[Episode]:
    """The episodes of one conversation from its lines of owner changes and agents' messages, oldest first."""
    found: list[Episode] = []
    for line in lines:
        last = found[-1] if found else None
        data = line["data"] or {}
        owner = data.get("owner") if line["kind"] == "owner_changed" else None
        running = last is not None and last.ended_at is None and not last.left
        if owner == "queued" and not (running and last is not None and last.accepted_at is None):
            if running and last is not None:  # passed on: the next one's work is its own
                found[-1] = replace(last, ended_at=line["at"])
            found.append(Episode(line["conversation_id"], party, line["at"], data.get("reason") or ""))
        elif owner == "agent" and data.get("agent"):
            agent = {"agent_id": data["agent"]["id"], "agent_name": data["agent"]["name"]}
            if running and last is not None and last.accepted_at is None:
                found[-1] = replace(last, accepted_at=line["at"], **agent)
            else:
                reason = last.reason if last is not None and running else data.get("reason") or ""
                if running and last is not None:
                    found[-1] = replace(last, ended_at=line["at"])
                found.append(Episode(line["conversation_id"], party, line["at"], reason, line["at"], **agent))
        elif owner in ("bot", "closed") and running and last is not None:
            if last.accepted_at is None:
                found[-1] = replace(last, left=True)
            else:
                found[-1] = replace(last, ended_at=line["at"])
        elif line["kind"] == "message" and line["sender"] == "agent" and _awaits_word(last):
            assert last is not None
            found[-1] = replace(last, replied_at=line["at"])
    return found


def _awaits_word(one: Episode | None) -> bool:
    return one is not None and one.accepted_at is not None and one.replied_at is None and one.ended_at is None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _share(hits: int, all_: int) -> float | None:
    return hits / all_ if all_ else None


def _handoff_rate(material: Material) -> float | None:
    return _share(sum(one.with_person for one in material.contacts), len(material.contacts))


def _bot_resolution(material: Material) -> float | None:
    rate = _handoff_rate(material)
    return None if rate is None else 1 - rate


def _answered(material: Material) -> float | None:
    judged = [one for one in material.episodes if one.accepted_at is not None or not one.left]
    quick = sum(
        one.accepted_at is not None and (one.accepted_at - one.asked_at).total_seconds() <= ANSWERED_WITHIN
        for one in judged
    )
    return _share(quick, len(judged))


def _scored(kind: str) -> Callable[[Material], float | None]:
    return lambda material: _mean(one.value for one in material.scores if one.kind == kind)


METRICS: tuple[Metric, ...] = (
    Metric("contacts", "来访会话", "count", lambda m: float(len(m.contacts))),
    Metric("handoffs", "转人工", "count", lambda m: float(len(m.episodes))),
    Metric("handoff_rate", "转人工率", "share", _handoff_rate),
    Metric("bot_resolution", "智能助手独立解决率", "share", _bot_resolution),
    Metric(
        "first_response",
        "首次响应时长",
        "seconds",
        lambda m: _mean(one.first_response for one in m.episodes),
    ),
    Metric("answered_60", "60 秒接通率", "share", _answered),
    Metric("handle_time", "人工处理时长", "seconds", lambda m: _mean(one.handle_time for one in m.episodes)),
    Metric("one_pass_rate", "一次性告知达标率", "share", _scored("one_pass")),
    Metric("satisfaction", "满意度", "share", _scored("rating")),
    Metric("wording_violations", "话术违规率", "share", _scored("wording")),
    Metric("interval_held", "等待时间预估准确率", "share", _scored("interval")),
)
GROUPS = ("day", "agent", "merchant", "reason")


def day_of(at: datetime) -> str:
    return at.astimezone(SHANGHAI).date().isoformat()


def grouped(material: Material, by: str, names: dict[str, str]) -> list[tuple[str, Material]]:
    """(label, what belongs to it), days in order, everything else by the number of its handoffs."""
    parts: dict[str, Material] = {}

    def add(key: str, **more: Any) -> None:
        known = parts.get(key, Material())
        field, value = next(iter(more.items()))
        parts[key] = replace(known, **{field: (*getattr(known, field), value)})

    for episode in material.episodes:
        key = {
            "day": day_of(episode.asked_at),
            "agent": episode.agent_id or "",
            "merchant": episode.party,
            "reason": episode.reason,
        }[by]
        if key:
            add(key, episodes=episode)
    for contact in material.contacts:
        if by in ("day", "merchant"):
            add(day_of(contact.at) if by == "day" else contact.party, contacts=contact)
    for score in material.scores:
        key = {"day": day_of(score.at), "agent": score.agent_id or "", "merchant": score.party, "reason": ""}[
            by
        ]
        if key:
            add(key, scores=score)
    if by == "day":
        return sorted(parts.items())
    ordered = sorted(parts.items(), key=lambda part: (-len(part[1].episodes), part[0]))
    return [(label_of(key) if by == "reason" else names.get(key, key), part) for key, part in ordered]


def report(material: Material, by: str, names: dict[str, str]) -> dict[str, Any]:
    """`{metrics: [{key, label, unit, total, series}], tables: [{key, title, columns, rows}]}`."""
    parts = grouped(material, by, names)
    metrics = [
        {
            "key": metric.key,
            "label": metric.label,
            "unit": metric.unit,
            "total": metric.of(material),
            "series": [{"at": label, "value": metric.of(part)} for label, part in parts],
        }
        for metric in METRICS
    ]
    return {"metrics": metrics, "tables": [_table(parts, by), _reasons(material)]}


TITLES = {"day": "日期", "agent": "坐席", "merchant": "商家", "reason": "原因"}


def _table(parts: Sequence[tuple[str, Material]], by: str) -> dict[str, Any]:
    columns = [{"key": "name", "label": TITLES[by], "unit": "text"}]
    columns += [{"key": one.key, "label": one.label, "unit": one.unit} for one in METRICS]
    rows = [{"name": label} | {one.key: one.of(part) for one in METRICS} for label, part in parts]
    return {"key": f"by_{by}", "title": f"按{TITLES[by]}", "columns": columns, "rows": rows}


def _reasons(material: Material) -> dict[str, Any]:
    """Handoffs by reason, and their share of all contacts: the handoff rate taken apart."""
    by_reason = sorted(material.episodes, key=lambda one: one.reason)
    counts = [(reason, len(list(group))) for reason, group in groupby(by_reason, key=lambda one: one.reason)]
    contacts = len(material.contacts)
    rows = [
        {"name": label_of(reason) or "未记录", "handoffs": count, "rate": _share(count, contacts)}
        for reason, count in sorted(counts, key=lambda pair: -pair[1])
    ]
    columns = [
        {"key": "name", "label": "转人工原因", "unit": "text"},
        {"key": "handoffs", "label": "次数", "unit": "count"},
        {"key": "rate", "label": "占来访", "unit": "share"},
    ]
    return {"key": "reasons", "title": "转人工原因", "columns": columns, "rows": rows}
