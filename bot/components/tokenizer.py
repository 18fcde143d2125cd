"""Rasa's JiebaTokenizer with our dictionary, in a jieba of its own, loaded before the first message."""

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.helpers import code_fingerprint
from bot.nlu import words
from bot.nlu.normalise import align


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class AnxinJiebaTokenizer(JiebaTokenizer):
    """Words of the aligned text, so that a token's start and end hold for the text as typed."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "AnxinJiebaTokenizer":
        words.tokenizer()
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "AnxinJiebaTokenizer":
        words.tokenizer()
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        return self._resource

    def persist(self) -> None:
        """The dictionary ships with the code and is fingerprinted; nothing is copied into the model."""

    def tokenize(self, message: Message, attribute: str) -> List[Token]:
        text = align(message.get(attribute))
        tokens = [Token(word, start) for word, start, _end in words.cut_with_places(text)]
        return self._apply_token_pattern(tokens)
