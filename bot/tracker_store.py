"""Rasa's working memory in Redis: bounded, so that the 300th turn costs what the 10th does, and never lost in silence.

The communication record lives elsewhere; here only what the dialogue needs to go on is kept: the last turns in full
and, before them, one snapshot of slots and form.
"""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import Any, AsyncIterator, Dict, Iterable, List, Optional, Tuple
from uuid import uuid4

import redis.asyncio as redis
import structlog
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.turn import current_turn, dumps, running_key, turn_key

log = structlog.get_logger()

KEEP_TURNS = 3  # what stays in full after compaction: no rule looks back further than one
COMPACT_AT = 6  # turns in full before it happens
LIVES_SECONDS = 30 * 24 * 3600
ANSWER_LIVES_SECONDS = 24 * 3600
HELD_SECONDS = 6  # after this a process that said nothing more is taken for dead, and its turn for free
LOOK_EVERY = 0.1


class TrackerUnreadable(Exception):
    """The tracker may exist but cannot be read: the turn must be refused, not begun as with a new consumer."""


class SnapshotTrackerStore(TrackerStore):
    """Tracker store with one key a conversation; a turn and its answer are written in one transaction."""

    def __init__(
        self, domain: Domain, host: Optional[str] = None, event_broker: Any = None, **kwargs: Any
    ) -> None:
        if not host:
            raise ValueError("tracker_store.url is missing (ANXIN_REDIS_URL)")
        self.redis = redis.from_url(host, decode_responses=True, socket_timeout=5, socket_connect_timeout=2)
        super().__init__(domain, event_broker)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The tracker, or None when there is none. Raises TrackerUnreadable when that cannot be told."""
        try:
            stored = await self.redis.get(tracker_key(sender_id))
        except (redis.RedisError, OSError) as error:
            raise TrackerUnreadable(f"Redis does not answer: {type(error).__name__}") from error
        if stored is None:
            return None
        try:
            events = deserialise_events(json.loads(stored)["events"])
        except (ValueError, KeyError, TypeError) as error:
            raise TrackerUnreadable(f"stored tracker is broken: {type(error).__name__}") from error
        return DialogueStateTracker.from_events(sender_id, events, slots=self.domain.slots)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A new tracker, not yet stored: a turn that is aborted must leave no trace."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Writes the tracker and, within a turn, the turn's answer. Raises when either is not written."""
        events = compact(tracker, self.domain)
        turn, answer = current_turn.get(), None
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.set(tracker_key(tracker.sender_id), dumps({"events": _as_dicts(events)}), ex=LIVES_SECONDS)
            if turn is not None and _ends_turn(tracker, turn.turn_id):
                answer = turn.answer(tracker.latest_message.parse_data)  # type: ignore[union-attr]
                pipe.set(turn_key(turn.turn_id), dumps(answer), ex=ANSWER_LIVES_SECONDS)
            await pipe.execute()
        if turn is not None and answer is not None:
            turn.saved = answer

    @asynccontextmanager
    async def only_here(self, turn_id: str) -> AsyncIterator[Optional[Dict[str, Any]]]:
        """Holds the turn against every other Rasa process; gives its answer when one has finished it already.

        While models are changed two processes serve, and a turn asked again may reach the other one.
        """
        me = uuid4().hex
        answer, is_mine = await self._hold(turn_id, me)
        while answer is None and not is_mine:
            await asyncio.sleep(LOOK_EVERY)
            answer, is_mine = await self._hold(turn_id, me)
        if not is_mine:
            yield answer
            return
        still = asyncio.get_running_loop().create_task(self._keep(turn_id, me))
        try:
            yield answer
        finally:
            still.cancel()
            with suppress(redis.RedisError, OSError):  # it is free by itself after HELD_SECONDS
                await self.redis.delete(running_key(turn_id))

    async def _hold(self, turn_id: str, me: str) -> Tuple[Optional[Dict[str, Any]], bool]:
        try:
            async with self.redis.pipeline(transaction=True) as pipe:
                pipe.get(turn_key(turn_id))
                pipe.set(running_key(turn_id), me, nx=True, ex=HELD_SECONDS)
                stored, held = await pipe.execute()
        except (redis.RedisError, OSError) as error:
            raise TrackerUnreadable(f"Redis does not answer: {type(error).__name__}") from error
        return (json.loads(stored) if stored else None), bool(held)

    async def _keep(self, turn_id: str, me: str) -> None:
        while True:
            await asyncio.sleep(HELD_SECONDS / 3)
            try:
                await self.redis.set(running_key(turn_id), me, xx=True, ex=HELD_SECONDS)
            except (redis.RedisError, OSError) as error:
                log.warning("turn.not_held", error=type(error).__name__)

    async def exists(self, conversation_id: str) -> bool:
        return bool(await self.redis.exists(tracker_key(conversation_id)))

    async def keys(self) -> Iterable[str]:
        prefix = tracker_key("")
        return [key[len(prefix) :] async for key in self.redis.scan_iter(match=prefix + "*")]


def tracker_key(sender_id: str) -> str:
    return f"anxin:tracker:{sender_id}"


def compact(tracker: DialogueStateTracker, domain: Domain) -> List[Event]:
    """The events to keep: all of them, or once there are more than COMPACT_AT turns a snapshot and the last ones."""
    events = list(tracker.events)
    turns = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= COMPACT_AT:
        return events
    cut = turns[-KEEP_TURNS]
    while cut > 0 and not _listens(events[cut - 1]):
        cut -= 1
    if cut == 0:
        return events
    past = DialogueStateTracker.from_events(tracker.sender_id, events[:cut], slots=domain.slots)
    return _snapshot(past, domain) + events[cut:]


def _snapshot(past: DialogueStateTracker, domain: Domain) -> List[Event]:
    initial = {slot.name: slot.initial_value for slot in domain.slots}
    slots = [
        SlotSet(name, value)
        for name, value in past.current_slot_values().items()
        if value != initial.get(name)
    ]
    loop = [ActiveLoop(past.active_loop_name)] if past.active_loop_name else []
    return [SessionStarted(), *slots, *loop, ActionExecuted(ACTION_LISTEN_NAME)]


def _as_dicts(events: List[Event]) -> List[Dict[str, Any]]:
    """Events for storage, without what every turn brings anew (orders, tickets) and no rule reads."""
    stored = []
    for event in events:
        as_dict = event.as_dict()
        if as_dict["event"] == "user":
            as_dict["metadata"] = _without_facts(as_dict.get("metadata"))
            as_dict["parse_data"] = _lean(as_dict.get("parse_data") or {})
        elif as_dict["event"] == "bot":
            as_dict["data"] = {}
            as_dict["metadata"] = {"utter_action": (as_dict.get("metadata") or {}).get("utter_action")}
        elif as_dict["event"] == "slot" and as_dict["name"] == "session_started_metadata":
            continue
        stored.append(as_dict)
    return stored


def _without_facts(metadata: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    return {key: value for key, value in (metadata or {}).items() if key != "facts"}


def _lean(parse_data: Dict[str, Any]) -> Dict[str, Any]:
    keys = ("intent", "entities", "text", "message_id", "issue_type", "sub_type", "topic", "decision")
    lean = {key: parse_data[key] for key in keys if key in parse_data}
    lean["metadata"] = _without_facts(parse_data.get("metadata"))
    return lean


def _listens(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME


def _ends_turn(tracker: DialogueStateTracker, turn_id: str) -> bool:
    message = tracker.latest_message
    return message is not None and (message.metadata or {}).get("turn_id") == turn_id
