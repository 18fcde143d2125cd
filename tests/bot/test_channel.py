"""The turn route: once a turn id, to its end although the caller leaves, and refused rather than half done."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import tracker_store
from bot.channel import AnxinInput, ModelChanged
from bot.nlg import Replies
from bot.tracker_store import SnapshotTrackerStore, TrackerUnreadable
from bot.turn import PHOTO_TEXT, Turn, TurnAborted, escape, running_key, turn_key

DOMAIN = Domain.from_dict({"intents": ["quality"]})


class FakeAgent:
    """Stands for Rasa: understands everything as quality, answers once, and saves as the processor does."""

    def __init__(self, url: str, before_reply: Optional[Callable[[], Any]] = None) -> None:
        self.tracker_store = SnapshotTrackerStore(DOMAIN, host=url)
        self.nlg = Replies()
        self.handled: List[str] = []
        self.before_reply = before_reply

    async def handle_message(self, message: Any) -> None:
        self.handled.append(message.text)
        tracker = await self.tracker_store.retrieve(message.sender_id) or DialogueStateTracker(
            message.sender_id, DOMAIN.slots
        )
        parsed = message.parse_data or {"intent": {"name": "quality", "confidence": 0.9}, "entities": []}
        tracker.update(
            UserUttered(
                message.text, parsed["intent"], parsed["entities"], parsed, metadata=message.metadata
            ),
            DOMAIN,
        )
        if self.before_reply:
            await self.before_reply()
        await message.output_channel.send_response(
            message.sender_id, {"text": "收到", "utter_action": "utter_x"}
        )
        tracker.update(ActionExecuted("action_listen"), DOMAIN)
        await self.tracker_store.save(tracker)


class FakeApp:
    def __init__(self, agent: FakeAgent) -> None:
        self.ctx = type("Ctx", (), {"agent": agent})()


def asked(turn_id: str = "t1", conversation: str = "c", **more: Any) -> Turn:
    body: Dict[str, Any] = {"turn_id": turn_id, "conversation_id": conversation, "text": "衣服破了", **more}
    turn = Turn.from_body(body)
    turn.as_user_message()
    return turn


def channel() -> AnxinInput:
    return AnxinInput("token-of-16-signs-and-more")


def test_the_same_turn_runs_once_and_is_answered_alike(redis_url: str) -> None:
    async def story() -> Any:
        agent = FakeAgent(redis_url)
        app, door = FakeApp(agent), channel()
        first = await door.answer(app, asked("once"))  # type: ignore[arg-type]
        return agent, first, await door.answer(app, asked("once"))  # type: ignore[arg-type]

    agent, first, second = asyncio.run(story())
    assert first == second and len(agent.handled) == 1


def test_two_calls_at_once_wait_for_the_same_run(redis_url: str) -> None:
    async def story() -> Any:
        agent = FakeAgent(redis_url, before_reply=lambda: asyncio.sleep(0.05))
        app, door = FakeApp(agent), channel()
        return agent, await asyncio.gather(*(door.answer(app, asked("both")) for _ in range(5)))  # type: ignore[arg-type]

    agent, answers = asyncio.run(story())
    assert len(agent.handled) == 1 and all(answer == answers[0] for answer in answers)


def test_a_turn_runs_to_its_end_although_the_caller_left(redis_url: str) -> None:
    async def story() -> Any:
        agent = FakeAgent(redis_url, before_reply=lambda: asyncio.sleep(0.05))
        app, door = FakeApp(agent), channel()
        caller = asyncio.ensure_future(door.answer(app, asked("left")))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        caller.cancel()
        await asyncio.sleep(0.2)
        return json.loads(await agent.tracker_store.redis.get(turn_key("left")))

    assert asyncio.run(story())["replies"][-1]["text"] == "收到"


def test_the_answer_outlives_a_restart(redis_url: str) -> None:
    first = asyncio.run(channel().answer(FakeApp(FakeAgent(redis_url)), asked("restart", "c9")))  # type: ignore[arg-type]
    agent = FakeAgent(redis_url)
    second = asyncio.run(channel().answer(FakeApp(agent), asked("restart", "c9")))  # type: ignore[arg-type]
    assert first == second and agent.handled == []


def test_two_processes_never_run_the_same_turn(redis_url: str) -> None:
    async def story() -> Any:
        agents = [FakeAgent(redis_url, before_reply=lambda: asyncio.sleep(0.3)) for _ in range(2)]
        doors = [channel(), channel()]  # blue and green, while models are changed
        answers = await asyncio.gather(
            *(
                door.answer(FakeApp(agent), asked("swap", "c7"))
                for door, agent in zip(doors, agents, strict=True)
            )  # type: ignore[arg-type]
        )
        return agents, answers, await agents[0].tracker_store.redis.exists(running_key("swap"))

    agents, answers, still_held = asyncio.run(story())
    assert len(agents[0].handled) + len(agents[1].handled) == 1
    assert answers[0] == answers[1] and not still_held


def test_the_turn_of_a_process_that_died_is_free_again(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_store, "HELD_SECONDS", 1)

    async def story() -> Any:
        agent = FakeAgent(redis_url)
        await agent.tracker_store.redis.set(running_key("dead"), "a process that is no more", ex=1)
        return await door.answer(FakeApp(agent), asked("dead", "c8"))  # type: ignore[arg-type]

    door = channel()
    assert asyncio.run(story())["replies"]


def test_the_answer_names_the_model_and_what_it_took_the_sentence_for(redis_url: str) -> None:
    door = AnxinInput("token-of-16-signs-and-more", "f" * 64)
    answer = asyncio.run(door.answer(FakeApp(FakeAgent(redis_url)), asked("named", "c10")))  # type: ignore[arg-type]
    assert answer["model"] == "f" * 64 and answer["ranking"] == [] and answer["candidates"] == []


def test_an_archive_that_is_not_the_one_we_were_told_is_never_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(b"a model")
    right = hashlib.sha256(b"a model").hexdigest()
    monkeypatch.setenv("ANXIN_RASA_TOKEN", "token-of-16-signs-and-more")
    monkeypatch.setenv("ANXIN_MODEL", str(archive))
    monkeypatch.setenv("ANXIN_MODEL_SHA256", right)
    assert AnxinInput.from_credentials(None).model == right
    archive.write_bytes(b"another model")
    with pytest.raises(ModelChanged):
        AnxinInput.from_credentials(None)


def test_an_aborted_turn_leaves_no_trace_and_may_be_asked_again(redis_url: str) -> None:
    async def abort() -> None:
        raise TurnAborted("action server: away")

    async def story() -> Any:
        app, door = FakeApp(FakeAgent(redis_url, before_reply=abort)), channel()
        with pytest.raises(TurnAborted):
            await door.answer(app, asked("again", "c5"))  # type: ignore[arg-type]
        agent = FakeAgent(redis_url)
        assert not await agent.tracker_store.exists("c5")
        return await door.answer(FakeApp(agent), asked("again", "c5"))  # type: ignore[arg-type]

    assert asyncio.run(story())["replies"]


def test_memory_that_cannot_be_read_refuses_the_turn(tmp_path: Any) -> None:
    with pytest.raises(TrackerUnreadable):
        asyncio.run(channel().answer(FakeApp(FakeAgent(f"unix://{tmp_path}/none")), asked("dark")))  # type: ignore[arg-type]


def test_a_new_conversation_begins_by_saying_who_is_speaking(redis_url: str) -> None:
    async def story() -> Any:
        app, door = FakeApp(FakeAgent(redis_url)), channel()
        return [await door.answer(app, asked(turn, "intro")) for turn in ("i1", "i2")]  # type: ignore[arg-type]

    first, second = asyncio.run(story())
    assert "智能助手" in first["replies"][0]["text"] and len(second["replies"]) == 1


def test_the_service_may_have_introduced_us_already(redis_url: str) -> None:
    turn = asked("greeted", "greeted", facts={"introduced": True})
    answer = asyncio.run(channel().answer(FakeApp(FakeAgent(redis_url)), turn))  # type: ignore[arg-type]
    assert len(answer["replies"]) == 1


def test_a_photo_alone_brings_its_own_meaning() -> None:
    turn = asked(text="", attachments=[{"file_id": "f1", "kind": "image", "sha256": "a"}])
    assert turn.message is not None and turn.message.text == PHOTO_TEXT
    assert turn.message.parse_data["intent"]["name"] == "provide_evidence"
    assert turn.message.metadata["attachments"][0]["file_id"] == "f1"


def test_a_button_brings_its_own_meaning() -> None:
    turn = asked(text="", choice={"intent": "choose_order", "entities": {"order_line": "1-1"}})
    assert turn.message is not None
    assert turn.message.parse_data["intent"]["name"] == "choose_order"
    assert turn.message.parse_data["entities"][0]["value"] == "1-1"


@pytest.mark.parametrize("text", ["/restart", " /request_human", '/choose_order{"order_line": "x"}'])
def test_what_is_typed_is_never_a_command(text: str) -> None:
    assert not escape(text).startswith("/") and asked(text=text).message.parse_data is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body", [{}, {"turn_id": "t"}, {"turn_id": "t", "conversation_id": "c", "text": " "}]
)
def test_an_empty_turn_is_refused(body: Dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Turn.from_body(body).as_user_message()


def test_a_short_token_does_not_open_the_door() -> None:
    with pytest.raises(ValueError, match="16 characters"):
        AnxinInput("short")
