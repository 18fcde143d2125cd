"""Rasa 3.6.21's known costs, mended from outside. Pinned: `apply` refuses any other version.

Measured on stock Rasa (rasa-notes §1): a custom action's answer is checked with `jsonschema.validate`, which checks
the schema itself each time (50 ms); each stored event searches all subclasses of Event for its class; RulePolicy
replays the conversation once more to look for end-to-end rules, of which there are none, and makes states of it
that no rule is long enough to be about; dask plans the graph anew for each run; each action call opens a new
connection and carries every event of the session. In training the files of sentences are read four times, and each
sentence is hashed by everything in it each time that sentences are put together.
"""

import inspect
import json
from typing import Any, Dict, List, Optional, Tuple, Type

import aiohttp
import rasa
from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import all_subclasses
from rasa.shared.utils.schemas.events import EVENT_SCHEMA
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.turn import TurnAborted

VERSION = "3.6.21"
MOST_REMEMBERED = 20_000  # states, of some hundred bytes
ACTION_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
# How each method looked when it was replaced; another body may do something that ours does not.
_SEEN = {
    (RemoteAction, "_validate_action_result"): ("self", "result"),
    (RemoteAction, "_action_call_format"): ("self", "tracker", "domain"),
    (Event, "resolve_by_type"): ("type_name", "default"),
    (RulePolicy, "_find_action_from_rules"): ("self", "tracker", "domain", "use_text_for_last_user_input"),
    (RulePolicy, "_prediction_states"): (
        "self",
        "tracker",
        "domain",
        "use_text_for_last_user_input",
        "rule_only_data",
    ),
    (Domain, "states_for_tracker_history"): (
        "self",
        "tracker",
        "omit_unset_slots",
        "ignore_rule_only_turns",
        "rule_only_data",
    ),
    (RulePolicy, "_get_possible_keys"): ("self", "lookup", "states"),
    (DaskGraphRunner, "run"): ("self", "inputs", "targets"),
    (RasaFileImporter, "get_nlu_data"): ("self", "language"),
    (Message, "__hash__"): ("self",),
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
    _look_back_no_further_than_rules()
    _remember_possible_rules()
    _run_nodes_in_order()
    _send_little()
    RemoteAction._anxin = True  # type: ignore[attr-defined]


def apply_to_training() -> None:
    """Reads the sentences once; a second call changes nothing."""
    if getattr(RasaFileImporter, "_anxin", False):
        return
    check()
    stock = RasaFileImporter.get_nlu_data

    def get_nlu_data(self: RasaFileImporter, language: Optional[str] = "en") -> TrainingData:
        # of our files the language says nothing, and who asks gets a copy of what is merged
        if not hasattr(self, "_anxin_nlu"):
            self._anxin_nlu = stock(self, language)
        return self._anxin_nlu

    RasaFileImporter.get_nlu_data = get_nlu_data  # type: ignore[method-assign]
    # Messages are the same when everything in them is; for a hash their text is enough.
    Message.__hash__ = lambda self: hash(self.data.get(TEXT))  # type: ignore[method-assign]
    RasaFileImporter._anxin = True


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


class _Recent:
    """Stands for a tracker whose older states no rule can be about."""

    def __init__(self, tracker: Any, most: int) -> None:
        self.tracker, self.most = tracker, most

    def past_states(self, domain: Domain, omit_unset_slots: bool = False, **_: Any) -> List[Any]:
        actions = sum(isinstance(event, ActionExecuted) for event in self.tracker.applied_events())
        first = actions + 1 - self.most  # one state before each action, and one now
        return [
            domain._clean_state(domain.get_active_state(prior, omit_unset_slots=omit_unset_slots))
            for place, (prior, _hide) in enumerate(self.tracker.generate_all_prior_trackers())
            if place >= first
        ]


def _look_back_no_further_than_rules() -> None:
    stock = RulePolicy._prediction_states

    def prediction_states(
        self: RulePolicy,
        tracker: Any,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: Optional[Dict[str, Any]] = None,
    ) -> Any:
        recent: Any = _Recent(tracker, longest_rule(self))
        return stock(self, recent, domain, use_text_for_last_user_input, rule_only_data)

    RulePolicy._prediction_states = prediction_states  # type: ignore[method-assign]


def longest_rule(policy: RulePolicy) -> int:
    """How many states the longest rule of the loaded model has."""
    if not hasattr(policy, "_anxin_longest_rule"):
        keys = [*policy.lookup[RULES], *policy.lookup.get(RULES_FOR_LOOP_UNHAPPY_PATH, ())]
        policy._anxin_longest_rule = max((len(json.loads(key)) for key in keys), default=1)
    return int(policy._anxin_longest_rule)


def _remember_possible_rules() -> None:
    stock = RulePolicy._get_possible_keys

    def get_possible_keys(self: RulePolicy, lookup: Dict[str, str], states: List[Any]) -> Any:
        # A loaded policy's lookups stay as they are, and dialogues pass through few states.
        known = self.__dict__.setdefault("_anxin_possible", {})
        asked = (id(lookup), self._create_feature_key(states))
        if asked not in known:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            known[asked] = frozenset(stock(self, lookup, states))
        return known[asked]

    RulePolicy._get_possible_keys = get_possible_keys  # type: ignore[method-assign]


def _run_nodes_in_order() -> None:
    """The graph's nodes one after the other; dask plans each run anew, for nothing to run side by side."""

    def run(
        self: DaskGraphRunner,
        inputs: Optional[Dict[str, Any]] = None,
        targets: Optional[List[str]] = None,
    ) -> Dict[str, Any]:
        wanted = tuple(targets or self._graph_schema.target_names)
        plans = self.__dict__.setdefault("_anxin_plans", {})
        if wanted not in plans:
            plans[wanted] = _in_order(self._graph_schema.minimal_graph_schema(list(wanted)))
        done: Dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        try:
            for name, needs in plans[wanted]:
                if name not in done:
                    done[name] = self._instantiated_nodes[name](*(done.get(need, need) for need in needs))
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return dict(done[target] for target in wanted)

    DaskGraphRunner.run = run  # type: ignore[method-assign]


def _in_order(schema: GraphSchema) -> List[Tuple[str, Tuple[str, ...]]]:
    """`(node, what it needs)`, each after everything that it needs."""
    plan: Dict[str, Tuple[str, ...]] = {}

    def add(name: str) -> None:
        if name in plan or name not in schema.nodes:
            return
        needs = tuple(schema.nodes[name].needs.values())
        for need in needs:
            add(need)
        plan[name] = needs

    for name in schema.nodes:
        add(name)
    return list(plan.items())


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
