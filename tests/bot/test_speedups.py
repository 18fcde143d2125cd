"""Each replacement does what Rasa did, only faster, and refuses a Rasa that it does not know."""

import asyncio
import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
import rasa
from aiohttp import web
from aiohttp.test_utils import TestServer
from rasa.core.actions.action import RemoteAction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot import speedups
from bot.turn import TurnAborted

STOCK_RESOLVE = Event.resolve_by_type
STOCK_VALIDATE = RemoteAction._validate_action_result
STOCK_NLU = RasaFileImporter.get_nlu_data
STOCK_RUN = DaskGraphRunner.run
STOCK_POSSIBLE = RulePolicy._get_possible_keys


@pytest.fixture(autouse=True, scope="module")
def applied() -> None:
    speedups.apply()


def test_rasa_is_the_version_they_were_written_for() -> None:
    speedups.check()


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa, "__version__", "3.7.0")
    with pytest.raises(speedups.RasaChanged):
        speedups.check()


@pytest.mark.parametrize(("owner", "name"), list(speedups._SEEN))
def test_a_changed_method_is_noticed(owner: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, name, lambda something_else: None)
    with pytest.raises(speedups.RasaChanged):
        speedups.check()


@pytest.mark.parametrize("event_class", all_subclasses(Event), ids=lambda c: c.__name__)
def test_events_are_found_as_rasa_finds_them(event_class: Any) -> None:
    assert Event.resolve_by_type(event_class.type_name) is STOCK_RESOLVE(event_class.type_name)


def test_an_unknown_event_is_still_an_error() -> None:
    with pytest.raises(ValueError, match="unheard_of"):
        Event.resolve_by_type("unheard_of")


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"events": [], "responses": []},
        {"events": [{"event": "slot", "name": "case", "value": None, "timestamp": None}]},
        {"events": "many"},
        {"responses": ["text"]},
        {"events": [{"event": "slot"}]},
        {"events": [{"event": "unheard_of"}]},
        {"events": [{"event": "slot", "name": "case", "timestamp": "now"}]},
        {"events": ["slot"]},
        {"events": [{"event": "active_loop", "name": None, "metadata": []}]},
    ],
)
def test_answers_of_actions_are_judged_as_rasa_judges_them(result: Dict[str, Any]) -> None:
    action = RemoteAction("action_x", None)

    def verdict(validate: Any) -> Any:
        try:
            return validate(action, result)
        except Exception as error:
            return type(error).__name__

    assert verdict(RemoteAction._validate_action_result) == verdict(STOCK_VALIDATE)


def test_the_text_pass_is_skipped_only_where_no_rule_is_about_text() -> None:
    domain = Domain.from_dict({"intents": ["greet"], "actions": ["utter_x"]})
    tracker = DialogueStateTracker.from_events(
        "c", [ActionExecuted("action_listen"), UserUttered("好", {"name": "greet"})]
    )
    asked = []

    class Asked(RulePolicy):
        def __init__(self, rules: Dict[str, str]) -> None:
            self.lookup = {"rules": rules}

        def _prediction_states(self, *args: Any, **kwargs: Any) -> Any:
            asked.append(args)
            raise LookupError

    without = Asked({'[{"user": {"intent": "greet"}}]': "utter_x"})
    assert without._find_action_from_rules(tracker, domain, use_text_for_last_user_input=True) == (
        None,
        None,
        False,
    )
    assert not asked
    with pytest.raises(LookupError):
        Asked({'[{"user": {"text": "好"}}]': "utter_x"})._find_action_from_rules(tracker, domain, True)
    with pytest.raises(LookupError):
        without._find_action_from_rules(tracker, domain, False)


def test_an_action_call_carries_slots_and_message_but_no_history() -> None:
    domain = Domain.from_dict(
        {"slots": {"case": {"type": "any", "mappings": [{"type": "custom"}]}}, "intents": ["greet"]}
    )
    tracker = DialogueStateTracker.from_events(
        "c",
        [UserUttered("好", {"name": "greet"}, metadata={"turn_id": "t1"}), SlotSet("case", 1)],
        slots=domain.slots,
    )
    call = RemoteAction("action_x", None)._action_call_format(tracker, domain)
    assert call["next_action"] == "action_x" and call["tracker"]["slots"]["case"] == 1
    assert call["tracker"]["latest_message"]["metadata"]["turn_id"] == "t1"
    assert call["tracker"]["events"] == [] and call["domain"] == {}


class ActionServer:
    """A real HTTP server that answers as an action server would, and remembers who called."""

    def __init__(self, status: int = 200) -> None:
        self.status, self.peers = status, []  # type: ignore[var-annotated]

    async def answer(self, request: web.Request) -> web.Response:
        self.peers.append(request.transport.get_extra_info("peername") if request.transport else None)
        body = {
            "events": [],
            "token": request.headers.get("authorization"),
            "action_name": "x",
            "error": "no",
        }
        return web.json_response(body, status=self.status)

    def play(self, story: Any) -> Any:
        async def run() -> Any:
            app = web.Application()
            app.router.add_post("/webhook", self.answer)
            async with TestServer(app) as server:
                return await story(str(server.make_url("/webhook")))

        return asyncio.new_event_loop().run_until_complete(run())


def test_calls_share_a_connection_and_bring_the_token() -> None:
    server = ActionServer()

    async def story(url: str) -> Any:
        endpoint = speedups.ActionEndpoint.like(EndpointConfig(url, headers={"Authorization": "Bearer t"}))
        answers = [
            await endpoint.request(json={}, method="post", timeout=300, compress=False) for _ in range(3)
        ]
        await endpoint.close()
        return answers

    assert {answer["token"] for answer in server.play(story)} == {"Bearer t"}
    assert len(set(server.peers)) == 1


def test_an_action_may_still_refuse_to_run() -> None:
    async def story(url: str) -> None:
        await speedups.ActionEndpoint(url).request(json={})

    with pytest.raises(ClientResponseError):
        ActionServer(400).play(story)


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_an_action_server_in_trouble_ends_the_turn(status: int) -> None:
    async def story(url: str) -> None:
        await speedups.ActionEndpoint(url).request(json={})

    with pytest.raises(TurnAborted):
        ActionServer(status).play(story)


def test_an_action_server_that_is_away_ends_the_turn() -> None:
    async def story() -> None:
        await speedups.ActionEndpoint("http://127.0.0.1:9/webhook").request(json={})

    with pytest.raises(TurnAborted):
        asyncio.new_event_loop().run_until_complete(story())


def test_recent_states_are_the_last_of_all_states() -> None:
    domain = Domain.from_dict(
        {
            "intents": ["greet", "thanks"],
            "actions": ["utter_x", "utter_y"],
            "slots": {
                "case": {"type": "bool", "influence_conversation": True, "mappings": [{"type": "custom"}]}
            },
        }
    )
    events: List[Any] = []
    for intent, action in (("greet", "utter_x"), ("thanks", "utter_y"), ("greet", "utter_y")):
        events += [ActionExecuted("action_listen"), UserUttered(intent, {"name": intent})]
        events += [ActionExecuted(action), SlotSet("case", intent == "thanks")]
    tracker = DialogueStateTracker.from_events("c", events, slots=domain.slots)
    whole = tracker.past_states(domain)
    assert len(whole) == 7
    for most in range(1, 12):
        assert speedups._Recent(tracker, most).past_states(domain) == whole[-most:]


def test_the_longest_rule_counts_its_states() -> None:
    class Some(RulePolicy):
        def __init__(self) -> None:
            self.lookup = {
                "rules": {"[{}]": "a", "[{}, {}, {}]": "b"},
                "rules_for_loop_unhappy_path": {"[{}, {}]": "c"},
            }

    assert speedups.longest_rule(Some()) == 3


def test_nodes_run_in_order_and_give_what_dask_gives() -> None:
    def node(name: str, *needs: str) -> Any:
        return SchemaNode(
            needs={need: need for need in needs}, uses=object, fn="run", constructor_name="create", config={}
        )

    schema = GraphSchema(
        {"end": node("end", "left", "right"), "left": node("left", "start"), "right": node("right", "start")}
    )
    ran = []

    def make(name: str) -> Any:
        def run(*inputs: Any) -> Any:
            ran.append(name)
            return name, [name, *sorted(str(one) for one in inputs)]

        return run

    class Runner(DaskGraphRunner):
        def __init__(self) -> None:
            self._graph_schema = schema
            self._instantiated_nodes = {name: make(name) for name in schema.nodes}
            self._execution_context = None

    ours = Runner().run({"start": 7}, ["end"])
    assert ran.index("end") == 2
    assert ours == STOCK_RUN(Runner(), {"start": 7}, ["end"])
    assert Runner().run({"start": 7, "left": 8}, ["end"]) == STOCK_RUN(
        Runner(), {"start": 7, "left": 8}, ["end"]
    )


def test_a_runtime_error_of_a_node_is_still_an_error_of_the_run() -> None:
    class Runner(DaskGraphRunner):
        def __init__(self) -> None:
            self._graph_schema = GraphSchema(
                {
                    "end": SchemaNode(
                        needs={}, uses=object, fn="run", constructor_name="create", config={}, is_target=True
                    )
                }
            )
            self._instantiated_nodes = {"end": self.fail}

        def fail(self) -> None:
            raise RuntimeError

    with pytest.raises(GraphRunError):
        Runner().run()


def test_remembered_rules_are_those_that_rasa_finds() -> None:
    class Some(RulePolicy):
        def __init__(self) -> None:
            pass

    def state(intent: str, action: str) -> Any:
        return {"user": {"intent": intent}, "prev_action": {"action_name": action}}

    rules = [[state("greet", "action_listen")], [state("greet", "a"), state("thanks", "action_listen")]]
    lookup = {json.dumps(rule, sort_keys=True): "utter_x" for rule in rules}
    policy = Some()
    for states in (*rules, [state("bye", "action_listen")], rules[0], rules[1]):
        assert policy._get_possible_keys(lookup, states) == STOCK_POSSIBLE(policy, lookup, states)
    assert policy._get_possible_keys({}, rules[0]) == frozenset()


def test_training_reads_the_sentences_once_and_gives_what_rasa_gives(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - 你好\n    - 你好\n    - 在吗\n'
        "- intent: thanks\n  metadata: {topic: warm}\n  examples: |\n    - 谢谢\n    - 你好\n",
        encoding="utf8",
    )
    files = [str(tmp_path / "nlu.yml")]
    stock = STOCK_NLU(RasaFileImporter(training_data_paths=files))
    speedups.apply_to_training()
    importer = RasaFileImporter(training_data_paths=files)
    ours = importer.get_nlu_data("zh")
    assert [(m.data["text"], m.data["intent"]) for m in ours.training_examples] == [
        (m.data["text"], m.data["intent"]) for m in stock.training_examples
    ]
    assert len(ours.training_examples) == 4  # what is said twice of one intent counts once
    assert importer.get_nlu_data() is ours and ours.merge(None) is not ours
