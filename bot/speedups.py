"""Rasa 3.6.21's known costs, mended from outside. Pinned: `apply` refuses any other version.

Measured on stock Rasa (rasa-notes §1): a custom action's answer is checked with `jsonschema.validate`, which checks
the schema itself each time (50 ms); each stored event searches all subclasses of Event for its class; RulePolicy
replays the conversation once more to look for end-to-end rules, of which there are none; each action call opens a
new connection and carries every event of the session.
"""

import inspect
from typing import Any, Dict, Optional, Tuple, Type

import aiohttp
import rasa
from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses
from rasa.shared.utils.schemas.events import EVENT_SCHEMA
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.turn import TurnAborted

VERSION = "3.6.21"
ACTION_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
# How each method looked when it was replaced; another body may do something that ours does not.
_SEEN = {
    (RemoteAction, "_validate_action_result"): ("self", "result"),
    (RemoteAction, "_action_call_format"): ("self", "tracker", "domain"),
    (Event, "resolve_by_type"): ("type_name", "default"),
    (RulePolicy, "_find_action_from_rules"): ("self", "tracker", "domain", "use_text_for_last_user_input"),
    (EndpointConfig, "request"): ("self", "method", "subpath", "content_type", "compress", "kwargs"),
}


class RasaChanged(Exception):
    """Rasa is not what these replacements were written for."""


def check() -> None:
    """Raises RasaChanged unless version and signatures are the ones known here."""
    if rasa.__version__ != VERSION:
        raise RasaChanged(f"rasa {rasa.__version__}, but bot/speedups.py is written for {VERSION}")
    for (owner, name), parameters in _SEEN.items():
        method = getattr(owner, name, None)
        if method is None or tuple(inspect.signature(method).parameters) != parameters:
            raise RasaChanged(f"{owner.__name__}.{name} does not look as it did in {VERSION}")


def apply() -> None:
    """Replaces the slow methods; a second call changes nothing."""
    if getattr(RemoteAction, "_anxin", False):
        return
    check()
    _prebuild_schema()
    _map_event_classes()
    _skip_text_pass()
    _send_little()
    RemoteAction._anxin = True  # type: ignore[attr-defined]


def _prebuild_schema() -> None:
    whole = Draft202012Validator(RemoteAction.action_response_format_spec())
    common = {key: value for key, value in EVENT_SCHEMA.items() if key != "oneOf"}
    by_event = {
        one["properties"]["event"]["const"]: Draft202012Validator({**common, "allOf": [one]})
        for one in EVENT_SCHEMA["oneOf"]
    }

    def is_good(event: Any) -> bool:
        # An event that fits no schema of its own name, or has none, is left to the whole schema's verdict.
        known = by_event.get(event.get("event")) if isinstance(event, dict) else None
        return known is not None and known.is_valid(event)

    def validate(self: RemoteAction, result: Dict[str, Any]) -> bool:
        events, responses = result.get("events", []), result.get("responses", [])
        lists = isinstance(events, list) and isinstance(responses, list)
        if not (lists and all(isinstance(one, dict) for one in responses) and all(map(is_good, events))):
            whole.validate(result)
        return True

    RemoteAction._validate_action_result = validate  # type: ignore[method-assign]


def _map_event_classes() -> None:
    stock = Event.resolve_by_type
    classes: Dict[str, Type[Event]] = {}
    for event_class in all_subclasses(Event):
        classes.setdefault(event_class.type_name, event_class)  # the first found wins, as in Rasa

    def resolve(type_name: str, default: Optional[Type[Event]] = None) -> Optional[Type[Event]]:
        return classes.get(type_name) or stock(type_name, default)

    Event.resolve_by_type = staticmethod(resolve)  # type: ignore[method-assign]


def _skip_text_pass() -> None:
    stock = RulePolicy._find_action_from_rules

    def find(
        self: RulePolicy, tracker: Any, domain: Any, use_text_for_last_user_input: bool
    ) -> Tuple[Any, Any, bool]:
        if use_text_for_last_user_input and not _has_text_rules(self):
            return None, None, False
        return stock(self, tracker, domain, use_text_for_last_user_input)

    RulePolicy._find_action_from_rules = find  # type: ignore[method-assign]


def _has_text_rules(policy: RulePolicy) -> bool:
    """Whether any rule of the loaded model is matched by a consumer's words instead of an intent."""
    if not hasattr(policy, "_anxin_text_rules"):
        policy._anxin_text_rules = any('"text"' in key for key in policy.lookup[RULES])
    return bool(policy._anxin_text_rules)


def _send_little() -> None:
    """Our actions read slots and the latest message; events and domain stay here."""

    def call_format(self: RemoteAction, tracker: Any, domain: Any) -> Dict[str, Any]:
        # An empty domain, because SDK 3.21 answers 449 to a call without one.
        return {
            "next_action": self._name,
            "sender_id": tracker.sender_id,
            "version": rasa.__version__,
            "domain": {},
            "tracker": {**tracker.current_state(), "events": []},
        }

    RemoteAction._action_call_format = call_format  # type: ignore[method-assign]


class ActionEndpoint(EndpointConfig):
    """Keeps one connection pool open, and ends the turn when the action server does not answer.

    Stock Rasa logs such a failure and goes on without the action's events, so a ticket or an answer is lost.
    """

    _session: Optional[aiohttp.ClientSession] = None

    @classmethod
    def like(cls, stock: EndpointConfig) -> "ActionEndpoint":
        return cls(
            stock.url,
            stock.params,
            stock.headers,
            stock.basic_auth,
            stock.token,
            stock.token_name,
            **stock.kwargs,
        )

    async def request(
        self,
        method: str = "post",
        subpath: Optional[str] = None,
        content_type: Optional[str] = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        kwargs.pop("timeout", None)
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=ACTION_TIMEOUT, connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=60)
            )
        try:
            async with self._session.request(
                method, self.url, headers=dict(self.headers), params=self.params, **kwargs
            ) as answer:
                if answer.status == 400:  # the SDK's way to say that an action refuses to run
                    raise ClientResponseError(
                        answer.status, answer.reason or "", (await answer.read()).decode()
                    )
                answer.raise_for_status()
                return await answer.json()
        except ClientResponseError:
            raise
        except Exception as error:
            raise TurnAborted(f"action server: {type(error).__name__}") from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def attach(agent: Agent) -> None:
    """Gives a loaded agent the kept-open action endpoint."""
    if agent.action_endpoint is None or agent.processor is None:
        raise RasaChanged("the agent has no action endpoint or no model")
    endpoint = ActionEndpoint.like(agent.action_endpoint)
    agent.action_endpoint = agent.processor.action_endpoint = endpoint
