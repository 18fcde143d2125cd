"""The tracker store on a real server: what is kept, what is forgotten, and what is never passed over in silence."""

import asyncio
import json
from typing import Any, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.tracker_store import (
    COMPACT_AT,
    KEEP_TURNS,
    SnapshotTrackerStore,
    TrackerUnreadable,
    compact,
    tracker_key,
)
from bot.turn import Turn, current_turn, turn_key

DOMAIN = Domain.from_dict(
    {
        "slots": {
            "case": {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]},
            "offer": {
                "type": "categorical",
                "values": ["none", "human"],
                "initial_value": "none",
                "mappings": [{"type": "custom"}],
            },
        },
        "intents": ["quality"],
        "actions": ["action_x"],
        "forms": {"evidence_form": {"required_slots": ["case"]}},
    }
)


def conversation(turns: int, *, loop: bool = True) -> DialogueStateTracker:
    tracker = DialogueStateTracker("c1", DOMAIN.slots)
    tracker.update_with_events(
        [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")], DOMAIN
    )
    for number in range(turns):
        events: List[Any] = [
            UserUttered(
                f"第{number}句",
                {"name": "quality", "confidence": 0.9},
                [],
                metadata={"turn_id": f"t{number}", "facts": {"order_lines": ["x" * 500]}},
            ),
            SlotSet("case", {"n": number}),
            ActionExecuted("evidence_form" if loop else "action_x"),
        ]
        if loop and number == 0:
            events.append(ActiveLoop("evidence_form"))
        tracker.update_with_events(
            [*events, BotUttered("好的", data={"custom": {"card": 1}}), ActionExecuted("action_listen")],
            DOMAIN,
        )
    return tracker


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def test_what_was_saved_comes_back(redis_url: str) -> None:
    async def story() -> DialogueStateTracker:
        store = SnapshotTrackerStore(DOMAIN, host=redis_url)
        await store.save(conversation(2))
        found = await store.retrieve("c1")
        assert found is not None and await store.exists("c1")
        return found

    found = run(story())
    assert found.get_slot("case") == {"n": 1}
    assert found.active_loop_name == "evidence_form"
    assert found.latest_message is not None and found.latest_message.text == "第1句"
    assert found.latest_action_name == "action_listen"


def test_an_unknown_conversation_is_none_and_not_an_error(redis_url: str) -> None:
    assert run(SnapshotTrackerStore(DOMAIN, host=redis_url).retrieve("nobody")) is None


def test_the_300th_turn_stores_no_more_than_the_10th(redis_url: str) -> None:
    sizes = {
        turns: len(json.dumps([e.as_dict() for e in compact(conversation(turns), DOMAIN)]))
        for turns in (10, 300)
    }
    assert sizes[300] <= sizes[10] * 1.1


@settings(max_examples=40, deadline=None)
@given(turns=st.integers(0, 30), loop=st.booleans())
def test_compaction_changes_neither_slots_nor_form_nor_the_last_turns(turns: int, loop: bool) -> None:
    whole = conversation(turns, loop=loop)
    kept = compact(whole, DOMAIN)
    again = DialogueStateTracker.from_events("c1", kept, slots=DOMAIN.slots)
    assert again.current_slot_values() == whole.current_slot_values()
    assert again.active_loop_name == whole.active_loop_name
    assert again.latest_action_name == whole.latest_action_name
    said = [event.text for event in whole.events if isinstance(event, UserUttered)]
    still = [event.text for event in again.events if isinstance(event, UserUttered)]
    assert still == said[-len(still) :] if still else not said
    assert len(still) <= COMPACT_AT and len(still) >= min(len(said), KEEP_TURNS)


def test_compacting_again_and_again_keeps_the_slots(redis_url: str) -> None:
    async def story() -> DialogueStateTracker:
        store = SnapshotTrackerStore(DOMAIN, host=redis_url)
        await store.redis.delete(tracker_key("c1"))
        await store.save(conversation(1))
        for _number in range(40):
            tracker = await store.retrieve("c1")
            assert tracker is not None
            tracker.update_with_events(
                [
                    UserUttered("再来", {"name": "quality"}, []),
                    ActionExecuted("action_x"),
                    ActionExecuted("action_listen"),
                ],
                DOMAIN,
            )
            await store.save(tracker)
        found = await store.retrieve("c1")
        assert found is not None
        return found

    found = run(story())
    assert found.get_slot("case") == {"n": 0} and found.active_loop_name == "evidence_form"
    assert len(found.events) < 60


def test_orders_and_cards_are_not_kept(redis_url: str) -> None:
    async def story() -> str:
        store = SnapshotTrackerStore(DOMAIN, host=redis_url)
        await store.save(conversation(1))
        return str(await store.redis.get(tracker_key("c1")))

    stored = run(story())
    assert "order_lines" not in stored and "card" not in stored and "t0" in stored


def test_a_server_that_is_away_raises_instead_of_beginning_anew(tmp_path: Any) -> None:
    store = SnapshotTrackerStore(DOMAIN, host=f"unix://{tmp_path}/nothing")
    with pytest.raises(TrackerUnreadable):
        run(store.retrieve("c1"))


def test_a_broken_value_raises_instead_of_beginning_anew(redis_url: str) -> None:
    async def story() -> None:
        store = SnapshotTrackerStore(DOMAIN, host=redis_url)
        await store.redis.set(tracker_key("broken"), '{"events": [{"event": "unheard_of"}]}')
        await store.retrieve("broken")

    with pytest.raises(TrackerUnreadable):
        run(story())


def test_keys_live_thirty_days(redis_url: str) -> None:
    async def story() -> int:
        store = SnapshotTrackerStore(DOMAIN, host=redis_url)
        await store.save(conversation(1))
        return int(await store.redis.ttl(tracker_key("c1")))

    assert 29 * 24 * 3600 < run(story()) <= 30 * 24 * 3600


def test_a_turn_and_its_answer_are_saved_together(redis_url: str) -> None:
    async def story() -> Any:
        store = SnapshotTrackerStore(DOMAIN, host=redis_url)
        turn = Turn.from_body({"turn_id": "t4", "conversation_id": "c1", "text": "第4句"})
        turn.collector.replies.append({"name": "utter_x", "text": "好的", "buttons": [], "card": None})
        current_turn.set(turn)
        await store.save(conversation(3))  # ends with t2: another turn's answer must not be stored for t4
        assert await store.redis.get(turn_key("t4")) is None
        await store.save(conversation(5))
        return json.loads(await store.redis.get(turn_key("t4")))

    answer = run(story())
    assert answer["replies"][0]["text"] == "好的" and answer["intent"] == {
        "name": "quality",
        "confidence": 0.9,
    }


def test_without_an_address_it_does_not_start() -> None:
    with pytest.raises(ValueError, match="ANXIN_REDIS_URL"):
        SnapshotTrackerStore(DOMAIN, host=None)
