"""What consumers say in the dialogue tests is what the model hears: those tests predict from intents alone."""

import re
from pathlib import Path

from bot.parse import load_model

ROOT = Path(__file__).resolve().parents[2]
SAID = re.compile(r"- user: \|\n\s+(.*)\n\s+intent: (\w+)")


def test_the_sentences_of_the_dialogue_tests_are_understood() -> None:
    said = {
        text: intent
        for path in sorted((ROOT / "tests" / "dialogues").glob("*.yml"))
        for text, intent in SAID.findall(path.read_text(encoding="utf8"))
    }
    model = load_model(ROOT / "models" / "current.tar.gz")
    heard = model.understand_all(list(said))
    wrong = {one.text: one.intent for one in heard if one.intent != said[one.text]}
    assert len(said) > 50
    assert len(wrong) / len(said) <= 0.05, wrong
