"""The only door to Rasa: `turn`, `parse` and `ready`, for the service alone."""

import asyncio
import gc
import hmac
import os
import time
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List, Optional

import structlog
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import speedups
from bot.nlg import Replies
from bot.tracker_store import SnapshotTrackerStore, TrackerUnreadable
from bot.train import sha256
from bot.turn import CHANNEL, Turn, TurnAborted, as_complaint, current_turn, dumps

log = structlog.get_logger()


class ModelChanged(Exception):
    """The archive is not the one that was built and judged; models are treated as code."""


LONGEST_PARSE = 500


class AnxinInput(InputChannel):
    """Routes under `/webhooks/anxin`. Each needs `Authorization: Bearer $ANXIN_RASA_TOKEN`."""

    def __init__(self, token: str, model: str = "") -> None:
        """`model` is the sha256 of the archive that answers; each turn's answer names it."""
        if len(token) < 16:
            raise ValueError("ANXIN_RASA_TOKEN must have at least 16 characters")
        self.token, self.model = token, model
        self.running: Dict[str, "asyncio.Task[Dict[str, Any]]"] = {}
        speedups.apply()

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "AnxinInput":
        """Rasa makes its channels before it loads the model: what is not the archive we were told is never loaded."""
        archive, expected = os.environ.get("ANXIN_MODEL", ""), os.environ.get("ANXIN_MODEL_SHA256", "")
        found = sha256(Path(archive)) if archive else ""
        if expected and not hmac.compare_digest(found, expected):
            raise ModelChanged(f"{archive} is not the archive whose sha256 begins with {expected[:12]}")
        return cls(token=os.environ.get("ANXIN_RASA_TOKEN", ""), model=found)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("anxin", url_prefix=self.name())

        @routes.middleware("request")
        async def check_token(request: Request) -> Optional[HTTPResponse]:
            given = request.headers.get("authorization", "")
            if hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
                return None
            return _error(401, "unauthorized")

        @routes.listener("after_server_start")
        async def take_over(app: Sanic, _loop: Any) -> None:
            prepare(app)

        @routes.listener("after_server_stop")
        async def let_go(app: Sanic, _loop: Any) -> None:
            endpoint = getattr(getattr(app.ctx, "agent", None), "action_endpoint", None)
            if isinstance(endpoint, speedups.ActionEndpoint):
                await endpoint.close()

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            try:
                asked = Turn.from_body(request.json or {})
                asked.as_user_message()
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                return _error(400, "bad_turn", type(error).__name__)
            try:
                return json(await self.answer(request.app, asked), dumps=dumps)
            except (TrackerUnreadable, TurnAborted, ConnectionError, OSError) as error:
                log.error("turn.refused", conversation=asked.conversation_id, error=str(error))
                return _error(503, "turn_refused", type(error).__name__)
            except Exception:
                log.exception("turn.crashed", conversation=asked.conversation_id)
                return _error(500, "turn_crashed")

        @routes.post("/parse")
        async def parse(request: Request) -> HTTPResponse:
            texts = (request.json or {}).get("texts")
            if not isinstance(texts, list) or not 0 < len(texts) <= LONGEST_PARSE:
                return _error(400, "bad_texts")
            processor = request.app.ctx.agent.processor
            results: List[Dict[str, Any]] = []
            for text in texts:
                message = UserMessage(str(text)[:1000] or " ", sender_id="parse")
                results.append(processor._parse_message_with_graph(message, None))
                await asyncio.sleep(0)  # turns go first
            return json({"results": results}, dumps=dumps)

        @routes.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready() or not getattr(request.app.ctx, "anxin_ready", False):
                return _error(503, "not_ready")
            try:
                await agent.tracker_store.redis.ping()
            except Exception as error:
                return _error(503, "redis_down", type(error).__name__)
            return json({"ready": True, "model": self.model, "running": len(self.running)})

        return routes

    async def answer(self, app: Sanic, asked: Turn) -> Dict[str, Any]:
        """The turn's answer: stored, or of the run under way, or of a new run that nobody's leaving can stop."""
        task = self.running.get(asked.turn_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._run(app.ctx.agent, asked))
            self.running[asked.turn_id] = task
            task.add_done_callback(lambda done: self._forget(asked.turn_id, done))
        return await asyncio.shield(task)

    async def _run(self, agent: Any, asked: Turn) -> Dict[str, Any]:
        store: SnapshotTrackerStore = agent.tracker_store
        async with store.only_here(asked.turn_id) as stored:
            return stored if stored is not None else await self._handle(agent, store, asked)

    async def _handle(self, agent: Any, store: SnapshotTrackerStore, asked: Turn) -> Dict[str, Any]:
        began = time.perf_counter()
        asked.model = self.model
        if not asked.facts.get("introduced") and not await store.exists(asked.conversation_id):
            said = agent.nlg.say("utter_introduction", {})
            asked.introduction = {
                "name": "utter_introduction",
                "text": said["text"],
                "buttons": [],
                "card": None,
            }
        assert asked.message is not None
        if asked.trigger and asked.message.parse_data is None:
            parsed = agent.processor._parse_message_with_graph(asked.message, None)
            asked.message.parse_data = as_complaint(parsed)
        current_turn.set(asked)  # this task's own context
        await agent.handle_message(asked.message)
        answer = asked.saved
        if answer is None:
            raise TurnAborted("the turn was not saved")
        log.info(
            "turn.answered",
            conversation=asked.conversation_id,
            intent=answer["intent"]["name"],
            replies=len(answer["replies"]),
            ms=round((time.perf_counter() - began) * 1000),
        )
        return answer

    def _forget(self, turn_id: str, done: "asyncio.Task[Dict[str, Any]]") -> None:
        self.running.pop(turn_id, None)
        if not done.cancelled():
            done.exception()  # told to whoever waited; without this line Python warns when nobody did


def prepare(app: Sanic) -> None:
    """Puts our parts in place of Rasa's after the model is loaded; refuses to start half-wired."""
    agent = app.ctx.agent
    wrapper = agent.tracker_store
    # Rasa wraps each store so that a failed read looks like a new consumer; ours has to be asked directly.
    store = getattr(wrapper, "_tracker_store", wrapper)
    if not isinstance(store, SnapshotTrackerStore):
        raise speedups.RasaChanged(f"the tracker store is {type(store).__name__}: see endpoints.yml")
    if not isinstance(agent.nlg, Replies):
        raise speedups.RasaChanged(f"the NLG is {type(agent.nlg).__name__}: see endpoints.yml")
    if not agent.is_ready():
        raise RuntimeError("no model is loaded: run `python -m bot.train`")
    agent.tracker_store = agent.processor.tracker_store = store
    speedups.attach(agent)
    warm_up(agent)
    app.ctx.anxin_ready = True
    log.info("brain.ready", model=agent.model_id)


def warm_up(agent: Any) -> None:
    """The first sentence loads dictionaries and caches; no consumer should wait for it.

    What is loaded then stays: a full collection over all of TensorFlow's and Rasa's objects took 100 ms of a turn.
    """
    agent.processor._parse_message_with_graph(UserMessage("衣服破了", sender_id="warm"), None)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _error(status: int, code: str, detail: str = "") -> HTTPResponse:
    return json({"error": {"code": code, "message": detail or code}}, status=status)
