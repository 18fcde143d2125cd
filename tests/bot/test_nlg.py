"""Wording: found, filled, read again when edited, and complete for everything the actions say."""

import os
import re
from pathlib import Path

import pytest

from bot.nlg import REPLIES, MissingValue, Replies, ReplyBook, UnknownReply, fill, read_replies

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = (
    "不归我们管",
    "找快递吧",
    "您找厂家",
    "这是规定",
    "没办法",
    "不可能",
    "自己弄坏",
    "别人都没问题",
    "签收就没问题",
    "拆封不退",
    "特价不退",
    "最终解释权",
    "没说清楚",
    "耐心等待",
    "已反馈",
    "看不懂",
    "必须提供",
    "证据不足",
    "下次注意",
    "系统就这样",
    "只能给券",
    "亲亲",
    "哦～",
)


def book(tmp_path: Path, text: str) -> ReplyBook:
    (tmp_path / "a.yml").write_text(text, encoding="utf8")
    return ReplyBook(tmp_path, look_every=0)


def touch_later(path: Path, text: str) -> None:
    stamp = path.stat().st_mtime_ns + 1_000_000_000
    path.write_text(text, encoding="utf8")
    os.utime(path, ns=(stamp, stamp))


def test_an_edit_is_said_at_once(tmp_path: Path) -> None:
    replies = book(tmp_path, "utter_x: 您好")
    assert replies.get("utter_x")[0]["text"] == "您好"
    touch_later(tmp_path / "a.yml", "utter_x: 您好呀")
    assert replies.get("utter_x")[0]["text"] == "您好呀"


def test_what_was_released_takes_the_place_of_what_came_with_the_software(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("utter_x: 您好\nutter_y: 再见", encoding="utf8")
    released = tmp_path / "released"
    replies = ReplyBook(tmp_path, released, look_every=0)
    assert replies.get("utter_x")[0]["text"] == "您好"
    released.mkdir()
    (released / "released.yml").write_text("utter_x: 您好，请说", encoding="utf8")
    assert replies.get("utter_x")[0]["text"] == "您好，请说"
    assert replies.get("utter_y")[0]["text"] == "再见"
    (released / "released.yml").unlink()
    assert replies.get("utter_x")[0]["text"] == "您好"


def test_a_broken_edit_leaves_the_last_good_wording(tmp_path: Path) -> None:
    replies = book(tmp_path, "utter_x: 您好")
    touch_later(tmp_path / "a.yml", "utter_x: [")
    assert replies.get("utter_x")[0]["text"] == "您好"


@pytest.mark.parametrize(
    "text", ["utter_x: ['']", "utter_x: [{buttons: []}]", "utter_x: [{text: 好, buttons: [{title: 好}]}]"]
)
def test_a_reply_without_words_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"a\.yml"):
        book(tmp_path, text)


def test_one_reply_stands_in_one_file(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("utter_x: 一", encoding="utf8")
    with pytest.raises(ValueError, match="two files"):
        book(tmp_path, "utter_x: 二")


def test_values_fill_the_sentence_and_json_is_left_alone() -> None:
    assert (
        fill('{ticket}：/choose{"order_line": "{line}"}', {"ticket": "AX1", "line": "1-1"})
        == 'AX1：/choose{"order_line": "1-1"}'
    )


def test_a_missing_value_is_an_error_and_no_gap() -> None:
    with pytest.raises(MissingValue):
        fill("工单 {ticket}", {"ticket": None})


def test_an_unknown_reply_is_an_error_but_an_unknown_question_is_answered_honestly(tmp_path: Path) -> None:
    replies = book(tmp_path, "utter_question_open: 我不确定")
    assert replies.get("utter_question_unheard_of")[0]["text"] == "我不确定"
    with pytest.raises(UnknownReply):
        replies.get("utter_y")


def test_every_reply_that_actions_and_domain_name_exists() -> None:
    names = set(ReplyBook(REPLIES, look_every=0).names())
    sources = [
        *ROOT.glob("actions/*.py"),
        ROOT / "domain.yml",
        *ROOT.glob("data/stories/*.yml"),
        ROOT / "bot/channel.py",
    ]
    used = {
        name
        for path in sources
        for name in re.findall(r"utter_[a-z_]*[a-z]", path.read_text(encoding="utf8"))
    }
    assert used - names - {"utter_message", "utter_question", "utter_action"} == set()


def test_no_forbidden_phrase_and_every_sentence_says_nin() -> None:
    for path in REPLIES.glob("*.yml"):
        for name, variants in read_replies(path).items():
            for variant in variants:
                assert not [phrase for phrase in FORBIDDEN if phrase in variant["text"]], name
                assert "你" not in variant["text"].replace("你们", ""), name


def test_payloads_are_intents_of_the_domain() -> None:
    domain = (ROOT / "domain.yml").read_text(encoding="utf8")
    intents = set(re.findall(r"^- (\w+): \{use_entities", domain, re.M))
    for path in REPLIES.glob("*.yml"):
        for name, variants in read_replies(path).items():
            for variant in variants:
                for button in variant.get("buttons", []):
                    found = re.match(r"/(\w+)(\{.*\})?$", button["payload"])
                    assert found and found.group(1) in intents, (name, button)


def test_the_introduction_names_the_assistant() -> None:
    assert "智能助手" in Replies().say("utter_introduction", {})["text"]


def test_every_topic_of_the_training_data_has_an_answer() -> None:
    topics = set()
    for path in ROOT.glob("data/nlu/after_sales_question*.yml"):
        topics |= set(re.findall(r"topic: (\w+)", path.read_text(encoding="utf8")))
    missing = {f"utter_question_{topic}" for topic in topics} - set(ReplyBook(REPLIES, look_every=0).names())
    assert not missing
