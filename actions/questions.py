"""Questions about the rules: two honest sentences, kept by topic in `bot/replies/questions.yml`."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Events, Turn


class AnswerQuestion(Action):
    """Answers by topic; where the topic is not clear it says so and offers a person."""

    def name(self) -> str:
        return "action_answer_question"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        topic = Turn.of(tracker).topic
        dispatcher.utter_message(response=f"utter_question_{topic}" if topic else "utter_question_open")
        return []
