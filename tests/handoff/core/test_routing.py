"""Who gets whom, decided without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.core.routing import Desk, Plan, Rules, Waiting, decide
from kernel.principal import PLATFORM

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
RULES = Rules()


def waiting(id: str = "c1", ago: float = 0, party: str = "m1", priority: int = 0, **more: object) -> Waiting:
    return Waiting(id, party, priority, NOW - timedelta(seconds=ago), **more)  # type: ignore[arg-type]


def desk(id: str, load: int = 0, party: str = "m1", capacity: int = 5, **more: object) -> Desk:
    return Desk(id, party, capacity, load, **more)  # type: ignore[arg-type]


def given_to(plan: Plan) -> dict[str, str]:
    return {one.conversation_id: one.agent_id for one in plan.assigned}


def test_the_least_loaded_agent_is_asked() -> None:
    assert given_to(decide([waiting()], [desk("a", 3), desk("b", 1)], RULES, NOW)) == {"c1": "b"}


def test_load_counts_against_capacity_not_in_numbers() -> None:
    desks = [desk("small", 2, capacity=3), desk("large", 4, capacity=20)]
    assert given_to(decide([waiting()], desks, RULES, NOW)) == {"c1": "large"}


def test_ties_go_round() -> None:
    desks = [
        desk("a", assigned_at=NOW - timedelta(seconds=5)),
        desk("b", assigned_at=NOW - timedelta(seconds=50)),
        desk("c"),
    ]
    for expected in ("c", "b", "a"):
        assert given_to(decide([waiting()], desks, RULES, NOW)) == {"c1": expected}
        desks = [replace(one, assigned_at=NOW) if one.id == expected else one for one in desks]


def test_who_had_the_consumer_last_is_asked_before_a_less_loaded_one() -> None:
    plan = decide([waiting(last_agent="a")], [desk("a", 4), desk("b", 0)], RULES, NOW)
    assert given_to(plan) == {"c1": "a"}


def test_who_had_the_consumer_last_but_has_no_room_is_not_waited_for() -> None:
    plan = decide([waiting(last_agent="a")], [desk("a", 5), desk("b", 4)], RULES, NOW)
    assert given_to(plan) == {"c1": "b"}


def test_urgent_ones_come_first_and_equals_in_the_order_they_came() -> None:
    line = [waiting("late", 1), waiting("early", 50), waiting("urgent", 0, priority=3)]
    plan = decide(line, [desk("a", capacity=2)], RULES, NOW)
    assert [one.conversation_id for one in plan.assigned] == ["urgent", "early"]


def test_a_specialist_comes_before_a_generalist_and_an_idle_one_at_home_in_other_things_waits() -> None:
    desks = [
        desk("other", skills=frozenset({"size"})),
        desk("all", 3),
        desk("expert", 4, skills=frozenset({"food"})),
    ]
    assert given_to(decide([waiting(skill="food")], desks, RULES, NOW)) == {"c1": "expert"}
    assert given_to(decide([waiting(skill="food")], desks[:2], RULES, NOW)) == {"c1": "all"}
    assert given_to(decide([waiting(skill="food")], desks[:1], RULES, NOW)) == {}


@pytest.mark.parametrize("more", [{"skill": "food"}, {"language": "en"}, {"team": "t2"}])
def test_when_patience_is_over_anybody_is_better_than_nobody(more: dict[str, str]) -> None:
    only = [desk("other", skills=frozenset({"size"}), team="t1")]
    long_ago = RULES.specialists_only.total_seconds()
    if "team" not in more:
        assert given_to(decide([waiting(**more)], only, RULES, NOW)) == {}
    assert given_to(decide([waiting(ago=long_ago, **more)], only, RULES, NOW)) == {"c1": "other"}


def test_english_goes_to_who_reads_it() -> None:
    desks = [desk("zh"), desk("en", 4, languages=frozenset({"zh", "en"}))]
    assert given_to(decide([waiting(language="en")], desks, RULES, NOW)) == {"c1": "en"}


def test_a_team_it_was_passed_on_to_gets_it() -> None:
    desks = [desk("a", 0, team="t1"), desk("b", 4, team="t2")]
    assert given_to(decide([waiting(team="t2")], desks, RULES, NOW)) == {"c1": "b"}


def test_an_agent_who_just_let_it_pass_is_not_asked_again() -> None:
    plan = decide([waiting(passed_over=frozenset({"a"}))], [desk("a"), desk("b", 4)], RULES, NOW)
    assert given_to(plan) == {"c1": "b"}


def test_nobody_gets_another_merchants_consumers() -> None:
    assert given_to(decide([waiting(ago=1000)], [desk("a", party="m2")], RULES, NOW)) == {}


@pytest.mark.parametrize(
    ("ago", "there", "closed", "why"),
    [
        (0, False, True, "closed"),
        (0, True, True, None),  # out of hours, but somebody is there
        (29, False, False, None),
        (30, False, False, "unattended"),
        (179, True, False, None),
        (180, True, False, "long"),
    ],
)
def test_the_platform_takes_over_when(ago: int, there: bool, closed: bool, why: str | None) -> None:
    own = [desk("own", 5)] if there else []
    plan = decide(
        [waiting(ago=ago)], [*own, desk("p", party=PLATFORM)], RULES, NOW, frozenset({"m1"} if closed else ())
    )
    assert [flow.why for flow in plan.overflowed] == ([why] if why else [])
    assert given_to(plan) == ({"c1": "p"} if why else {})


def test_what_overflowed_still_goes_to_its_own_merchant_first() -> None:
    desks = [desk("p", party=PLATFORM), desk("own", 4)]
    assert given_to(decide([waiting(ago=200)], desks, RULES, NOW)) == {"c1": "own"}


ids = st.sampled_from([f"a{i}" for i in range(6)])
some_desks = st.lists(
    st.builds(
        Desk,
        id=ids,
        party=st.sampled_from(["m1", "m2", PLATFORM]),
        capacity=st.integers(1, 4),
        load=st.integers(0, 4),
        skills=st.frozensets(st.sampled_from(["food", "size"]), max_size=2),
    ),
    unique_by=lambda one: one.id,
    max_size=6,
)
some_waiting = st.lists(
    st.builds(
        Waiting,
        id=st.uuids().map(str),
        party=st.sampled_from(["m1", "m2", PLATFORM]),
        priority=st.integers(0, 3),
        since=st.integers(0, 600).map(lambda ago: NOW - timedelta(seconds=ago)),
        skill=st.sampled_from([None, "food", "size"]),
        last_agent=st.none() | ids,
        passed_over=st.frozensets(ids, max_size=3),
    ),
    max_size=12,
)


@given(some_waiting, some_desks)
def test_nobody_is_given_twice_over_capacity_or_across_parties_and_nobody_who_could_be_is_left(
    line: list[Waiting], desks: list[Desk]
) -> None:
    plan = decide(line, desks, RULES, NOW)
    given_ = given_to(plan)
    assert len(given_) == len(plan.assigned)
    by_id = {one.id: one for one in desks}
    overflowed = {flow.conversation_id for flow in plan.overflowed}
    for one in line:
        if one.id in given_:
            taker = by_id[given_[one.id]]
            assert taker.id not in one.passed_over
            assert taker.party == one.party or (taker.party == PLATFORM and one.id in overflowed)
    taken = list(given_.values())
    room = {one.id: max(0, one.capacity - one.load) - taken.count(one.id) for one in desks}
    assert all(left >= 0 for left in room.values())
    for one in line:
        if one.id in given_ or NOW - one.since < RULES.specialists_only:
            continue
        able = [
            other
            for other in desks
            if room[other.id] > 0
            and other.id not in one.passed_over
            and (other.party == one.party or (other.party == PLATFORM and one.id in overflowed))
        ]
        assert not able, "somebody waits although an agent who may take him has room"
