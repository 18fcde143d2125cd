"""The desk's figures from lines of the record."""

from datetime import UTC, datetime, timedelta
from typing import Any

from handoff.core.report import Contact, Episode, Material, Score, episodes, report

T0 = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def owner(seconds: float, to: str, agent: str | None = None, reason: str | None = None) -> dict[str, Any]:
    who = {"id": agent, "name": agent} if agent else None
    data = {"owner": to, "agent": who, "reason": reason}
    return {
        "conversation_id": "c",
        "kind": "owner_changed",
        "sender": "system",
        "data": data,
        "at": at(seconds),
    }


def word(seconds: float) -> dict[str, Any]:
    return {"conversation_id": "c", "kind": "message", "sender": "agent", "data": None, "at": at(seconds)}


def test_an_episode_runs_from_asking_to_the_end_of_the_agents_work() -> None:
    lines = [
        owner(0, "queued", reason="button"),
        owner(20, "agent", "甲"),
        word(35),
        word(50),
        owner(200, "closed"),
    ]
    (one,) = episodes(lines, "m_1")
    assert (one.reason, one.agent_id, one.first_response, one.handle_time, one.left) == (
        "button",
        "甲",
        35,
        180,
        False,
    )


def test_who_leaves_the_queue_was_not_answered_and_is_not_handled() -> None:
    (one,) = episodes([owner(0, "queued", reason="button"), owner(90, "bot")], "m_1")
    assert (one.left, one.handle_time, one.first_response) == (True, None, None)


def test_passed_on_each_agents_work_is_his_own() -> None:
    lines = [
        owner(0, "queued", reason="food"),
        owner(10, "agent", "甲"),
        word(12),
        owner(100, "agent", "乙"),
        word(130),
    ]
    first, second = episodes(lines, "m_1")
    assert (first.agent_id, first.handle_time) == ("甲", 90)
    assert (second.agent_id, second.first_response, second.reason) == ("乙", 30, "food")


def test_requeued_the_wait_begins_again() -> None:
    lines = [
        owner(0, "queued", reason="button"),
        owner(10, "agent", "甲"),
        owner(60, "queued", reason="transfer"),
        owner(90, "agent", "乙"),
    ]
    first, second = episodes(lines, "m_1")
    assert (first.ended_at, second.asked_at, second.accepted_at) == (at(60), at(60), at(90))


def test_the_report_has_every_figure_and_groups_add_up() -> None:
    asked = [
        Episode("c1", "m_1", at(0), "button", at(30), "a_1", "甲", at(40), at(100)),
        Episode("c2", "m_1", at(0), "food", at(120), "a_2", "乙", at(140), at(200)),
        Episode("c3", "m_2", at(86400), "button", left=True),
    ]
    contacts = [
        Contact(f"c{i}", "m_1" if i < 3 else "m_2", at(0 if i < 3 else 86400), i < 4) for i in range(1, 7)
    ]
    scores = [
        Score("rating", "m_1", at(0), 1.0),
        Score("rating", "m_1", at(0), 0.0),
        Score("interval", "m_2", at(0), 1.0),
    ]
    material = Material(tuple(asked), tuple(contacts), tuple(scores))
    made = report(material, "day", {})
    totals = {metric["key"]: metric["total"] for metric in made["metrics"]}
    assert totals["contacts"] == 6
    assert totals["handoff_rate"] == totals["bot_resolution"] == 0.5
    assert totals["first_response"] == 90
    assert totals["handle_time"] == 75
    assert totals["answered_60"] == 0.5  # who left before anybody came is not judged
    assert totals["satisfaction"] == 0.5
    assert totals["one_pass_rate"] is None, "nothing to judge is no zero"
    handoffs = next(metric for metric in made["metrics"] if metric["key"] == "handoffs")
    assert [point["at"] for point in handoffs["series"]] == ["2026-11-27", "2026-11-28"]
    assert sum(point["value"] for point in handoffs["series"]) == totals["handoffs"] == 3
    reasons = made["tables"][1]["rows"]
    assert [(row["name"], row["handoffs"]) for row in reasons] == [("消费者点了转人工", 2), ("食品安全", 1)]
    by_agent = report(material, "agent", {"a_1": "甲", "a_2": "乙"})["tables"][0]["rows"]
    assert [row["name"] for row in by_agent] == ["甲", "乙"]
