"""The components as Rasa runs them, and the model archive as `parse` reads it."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.formats import RasaYAMLReader
from rasa.shared.nlu.training_data.message import Message

from bot import train
from bot.components.facts import FactExtractor
from bot.components.helpers import NORMALISED, code_fingerprint
from bot.components.issue_classifier import BUTTONS, IssueClassifier, as_output, example_of
from bot.components.normaliser import Normaliser
from bot.components.tokenizer import AnxinJiebaTokenizer
from bot.nlu import words
from bot.nlu.lexicon import DICTIONARY, words_of
from bot.nlu.normalise import align
from bot.nlu.training import Example, Options
from bot.nlu.training import train as train_model
from bot.parse import load_model

ROOT = Path(__file__).resolve().parents[2]
TYPED = "我買了３雙４２．５码鞋😡"


def message(text: str = TYPED) -> Message:
    return Message({TEXT: text})


def test_the_typed_text_stays_and_the_levelled_one_stands_beside_it() -> None:
    (read,) = Normaliser().process([message()])
    assert read.get(TEXT) == TYPED
    assert read.get(NORMALISED) == "我买了0双00.0码鞋生气"


def test_tokens_stand_where_they_say() -> None:
    tokenizer = AnxinJiebaTokenizer.create(AnxinJiebaTokenizer.get_default_config(), None, None, None)  # type: ignore[arg-type]
    (read,) = tokenizer.process([message("左脚鞋头开胶，要求七天无理由退货")])
    tokens = read.get(TOKENS_NAMES[TEXT])
    assert "".join(token.text for token in tokens) == align(read.get(TEXT))
    assert "七天无理由退货" in [token.text for token in tokens]
    assert all(align(read.get(TEXT))[token.start : token.end] == token.text for token in tokens)


def test_facts_become_entities_with_place_and_value() -> None:
    (read,) = FactExtractor().process([message("订单202411110001234567少发2件")])
    entities = {entity["entity"]: entity for entity in read.get("entities")}
    assert entities["order_no"]["value"] == "202411110001234567" and entities["quantity"]["value"] == 2
    assert read.get(TEXT)[entities["order_no"]["start"] : entities["order_no"]["end"]] == "202411110001234567"


def test_the_blocks_metadata_reaches_the_example() -> None:
    data = RasaYAMLReader().reads(
        "version: '3.1'\nnlu:\n- intent: quality\n  metadata: {sub_type: quality_damaged}\n  examples: |\n    - 碎了\n"
        "- intent: after_sales_question\n  metadata: {topic: who_pays_freight}\n  examples: |\n    - 运费谁出\n"
    )
    assert [example_of(one) for one in data.intent_examples] == [
        Example("碎了", "quality", "quality_damaged", "sub_type"),
        Example("运费谁出", "after_sales_question", "who_pays_freight", "topic"),
    ]


def test_in_doubt_rasa_sees_a_fallback_and_the_ranking_stays() -> None:
    model = train_model(
        [
            Example(t, i)
            for i, ts in {"quality": "坏了 碎了 破了", "size": "大了 小了 紧了"}.items()
            for t in ts.split()
        ],
        Options(least=1, reads=False),
    )
    (read,) = IssueClassifier({}, None, None, model).process([message("嗯")])  # type: ignore[arg-type]
    assert read.get("intent")["name"] == "nlu_fallback" and read.get("decision") != "act"
    assert {one["name"] for one in read.get("intent_ranking")} == {"quality", "size"}
    assert as_output(model.understand("碎了"))["issue_type"] == "quality"


def test_a_change_of_any_helper_trains_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = code_fingerprint()
    assert before == Normaliser.fingerprint_addon({}) == IssueClassifier.fingerprint_addon({})
    code_fingerprint.cache_clear()
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "normalise.py").write_text("other")
    monkeypatch.setattr("bot.components.helpers.BOT", tmp_path)
    assert code_fingerprint() != before
    code_fingerprint.cache_clear()


def test_button_intents_have_one_line_each_and_no_more() -> None:
    text = (ROOT / "data/nlu/buttons.yml").read_text(encoding="utf8")
    assert {name for name in BUTTONS if f"intent: {name}\n" in text} == BUTTONS


def test_parse_reads_the_classifier_out_of_an_archive(tmp_path: Path) -> None:
    model = train_model([Example("坏了", "quality"), Example("大了", "size")], Options(least=1, reads=False))
    model.save(tmp_path / "m")
    archive = tmp_path / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("model.json", "model.npz"):
            tar.add(
                tmp_path / "m" / name,
                f"components/train_bot.components.issue_classifier.IssueClassifier3/{name}",
            )
        tar.addfile(tarfile.TarInfo("components/other/model.json"), io.BytesIO())
    assert load_model(archive).understand("坏了").intent == "quality"


def test_an_archive_without_a_classifier_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz"):
        pass
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "a.tar.gz")


def test_understanding_needs_neither_rasa_nor_tensorflow() -> None:
    code = "import sys, bot.parse; from bot.nlu.facts import FactFinder; FactFinder(); print([m for m in ('rasa', 'tensorflow', 'sklearn') if sys.modules.get(m)])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_model_is_trained_again_only_when_something_changed(tmp_path: Path) -> None:
    assert train.trained_for(tmp_path) is None
    (tmp_path / "current.tar.gz").write_bytes(b"model")
    about: Any = {"sha256": train.sha256(tmp_path / "current.tar.gz"), "data_fingerprint": "f1"}
    (tmp_path / "current.json").write_text(json.dumps(about))
    assert train.trained_for(tmp_path) == "f1"
    (tmp_path / "current.tar.gz").write_bytes(b"half a model")
    assert train.trained_for(tmp_path) is None


def test_the_fingerprint_sees_data_domain_and_code(tmp_path: Path) -> None:
    seen = set()
    for name in (
        "domain.yml",
        "data/nlu/a.yml",
        "data/stories/b.yml",
        "bot/nlu/c.py",
        "bot/dictionary/d.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
        seen.add(train.fingerprint(tmp_path))
    assert len(seen) == 5


def test_jieba_knows_every_word_of_our_dictionary() -> None:
    known = words.tokenizer().FREQ
    missing = [
        word for path in DICTIONARY.glob("*.txt") for word in words_of(path.name) if not known.get(word)
    ]
    assert not missing
