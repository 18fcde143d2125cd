"""Rasa's intent classifier: predicts intent, ranking, sub-type or topic, and what the bot should do about it."""

from typing import Any, Dict, List, Optional

import structlog
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.helpers import code_fingerprint
from bot.nlu.classifier import IssueModel, Understood
from bot.nlu.examples import BUTTONS
from bot.nlu.training import Example, Options, train

log = structlog.get_logger()

UNSURE = "nlu_fallback"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IssueClassifier(GraphComponent):
    """Where the decision is not `act`, the intent is `nlu_fallback` and the true ranking stays in `intent_ranking`."""

    def __init__(
        self,
        config: Dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        model: Optional[IssueModel] = None,
    ) -> None:
        self._config, self._storage, self._resource, self._model = config, storage, resource, model

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"ngram_max": 3, "words": True, "reads": True, "min_df": 2}

    @staticmethod
    def required_packages() -> List[str]:
        return [
            "jieba"
        ]  # Rasa wants names that are module and distribution alike; the rest is in bot/uv.lock

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        return code_fingerprint()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "IssueClassifier":
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        config = self._config
        options = Options(
            longest=config["ngram_max"],
            words=config["words"],
            reads=config["reads"],
            least=config["min_df"],
        )
        examples = [
            example_of(message)
            for message in training_data.intent_examples
            if message.get(INTENT) not in BUTTONS
        ]
        self._model = train(examples, options, say=lambda line: log.info("classifier.training", step=line))
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "IssueClassifier":
        with model_storage.read_from(resource) as folder:
            model = IssueModel.load(folder)
        model.warm_up()
        return cls(config, model_storage, resource, model)

    def process(self, messages: List[Message]) -> List[Message]:
        if self._model is None:
            return messages
        for message in messages:
            for key, value in as_output(self._model.understand(message.get(TEXT) or "")).items():
                message.set(key, value, add_to_output=True)
        return messages


def example_of(message: Message) -> Example:
    """A training sentence with the sub-type or topic of its block's metadata."""
    about = (message.get("metadata") or {}).get("intent") or {}
    return Example.of(message.get(TEXT), message.get(INTENT), about)


def as_output(understood: Understood) -> Dict[str, Any]:
    """What Rasa, the actions and the service read of it."""
    decision = understood.decision
    name = understood.intent if decision.name == "act" else UNSURE
    return {
        INTENT: {"name": name, "confidence": understood.confidence},
        "intent_ranking": [
            {"name": intent, "confidence": chance} for intent, chance in understood.ranking[:10]
        ],
        "issue_type": understood.issue_type,
        "sub_type": understood.sub_type,
        "topic": understood.topic,
        "decision": decision.name,
        "candidates": list(decision.candidates),
        "problems": [problem.as_dict() for problem in understood.problems],
    }
