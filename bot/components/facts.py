"""Order numbers, sums, sizes, colours and the other facts of an utterance as Rasa entities."""

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.helpers import code_fingerprint
from bot.nlu.facts import FactFinder, as_dict


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class FactExtractor(GraphComponent):
    """Appends an entity a fact, with start, end and value, and `facts`, the same as one dictionary."""

    def __init__(self) -> None:
        self._finder = FactFinder()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "FactExtractor":
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        return code_fingerprint()

    @staticmethod
    def required_packages() -> List[str]:
        return ["spacy"]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            facts = self._finder.find(message.get(TEXT) or "")
            entities = [
                {
                    "entity": fact.key,
                    "value": fact.value,
                    "start": fact.start,
                    "end": fact.end,
                    "extractor": "FactExtractor",
                }
                for fact in facts
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
            message.set("facts", as_dict(facts), add_to_output=True)
        return messages
