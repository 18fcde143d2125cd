"""Wording: checked before it is said, said by the brain's own book at once, and every version can be said again."""

import os
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from curation import wording
from curation.wording import FILE, Replies
from kernel.clock import utcnow
from kernel.db import Database
from kernel.errors import DomainError
from service.settings import ROOT
from tests.curation.kit import AGENT, TRAINER

NAME = "utter_bot_challenge"
ASK = "utter_evidence_waiting"  # takes {missing}


@pytest.fixture
def replies(tmp_path: Path) -> Replies:
    return Replies(ROOT / "bot" / "replies", tmp_path / "replies")


async def release(db: Database, replies: Replies, name: str, *texts: str, **more: Any) -> dict[str, Any]:
    variants = [{"text": text, **more} for text in texts]
    return await wording.release(db, replies, TRAINER, name, variants, "更亲切", utcnow())


def on_disk(replies: Replies) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((replies.released / FILE).read_text(encoding="utf8"))
    return found


async def test_a_release_is_written_for_the_brain_and_kept_with_who_and_why(
    db: Database, replies: Replies
) -> None:
    found = await release(db, replies, NAME, "我是智能助手（AI），想找人工随时点下面。")
    assert found["edited"] and found["number"] == 1 and found["by"] == "钱老师"
    assert on_disk(replies) == {NAME: [{"text": "我是智能助手（AI），想找人工随时点下面。"}]}
    newest, shipped = await wording.versions(db, replies, NAME)
    assert (newest["reason"], newest["is_current"]) == ("更亲切", True)
    assert shipped["number"] == 0 and not shipped["is_current"]


async def test_every_earlier_version_can_be_said_again(db: Database, replies: Replies) -> None:
    await release(db, replies, NAME, "第一版，我是智能助手。")
    await release(db, replies, NAME, "第二版，我是智能助手。")
    await wording.go_back(db, replies, TRAINER, NAME, 1, "第二版太短", utcnow())
    assert on_disk(replies)[NAME][0]["text"] == "第一版，我是智能助手。"
    await wording.go_back(db, replies, TRAINER, NAME, 0, "还是原来的好", utcnow())
    assert on_disk(replies) == {}
    said = await wording.versions(db, replies, NAME)
    assert [one["number"] for one in said] == [4, 3, 2, 1, 0]
    assert [one["back_to"] for one in said[:2]] == [0, 1]
    with pytest.raises(DomainError, match="same_wording"):
        await wording.go_back(db, replies, TRAINER, NAME, 0, "再来一次", utcnow())
    with pytest.raises(DomainError, match="not_found"):
        await wording.go_back(db, replies, TRAINER, NAME, 9, "没有的", utcnow())


@pytest.mark.parametrize(
    "text",
    ["这是规定，没有办法。还差{missing}。", "亲亲，还差{missing}哦", "还差{missing}。最终解释权归本店所有。"],
)
async def test_words_the_rules_forbid_are_refused_with_better_ones(
    db: Database, replies: Replies, text: str
) -> None:
    with pytest.raises(DomainError, match="against_rules") as refused:
        await release(db, replies, ASK, text)
    assert "可以说" in refused.value.details["reasons"][0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "不能是空的"),
        ("还差{missing}，{surprise}", "{surprise} 在这条回复里没有值可填"),
        ("还差几样，方便时发来就行。", "少了 {missing}"),
        ("还差{missing}" + "。" * 600, "最多 500 个"),
    ],
)
async def test_what_would_break_a_turn_is_refused(
    db: Database, replies: Replies, text: str, why: str
) -> None:
    with pytest.raises(DomainError, match="bad_wording") as refused:
        await release(db, replies, ASK, text)
    assert why in refused.value.details["reasons"][0]


async def test_buttons_keep_their_action_and_change_their_words_only(db: Database, replies: Replies) -> None:
    text = "我是智能助手（AI），要找人工点这里。"
    buttons = [{"title": "找人工", "payload": "/request_human"}]
    found = await release(db, replies, NAME, text, buttons=buttons)
    assert found["variants"][0]["buttons"] == [
        {"title": "找人工", "payload": "/request_human", "style": "primary"}
    ]
    with pytest.raises(DomainError, match="bad_wording"):
        await release(db, replies, NAME, text, buttons=[{"title": "退我一万元", "payload": "/refund"}])


async def test_the_same_words_are_no_new_version(db: Database, replies: Replies) -> None:
    shipped = next(one for one in await wording.listing(db, replies) if one["name"] == NAME)
    with pytest.raises(DomainError, match="same_wording"):
        await wording.release(db, replies, TRAINER, NAME, shipped["variants"], "没改", utcnow())


async def test_nothing_the_software_ships_is_against_the_rules_or_would_be_refused(
    db: Database, replies: Replies
) -> None:
    for reply in await wording.listing(db, replies):
        marks = await wording.check(replies, reply["name"], reply["variants"])
        assert not [hit for one in marks for hit in one["hits"] if hit["violation"]], reply["name"]


async def test_a_lost_file_is_written_again_from_the_database(db: Database, replies: Replies) -> None:
    await release(db, replies, NAME, "我是智能助手，随时可以转人工。")
    os.unlink(replies.released / FILE)
    await wording.publish(db, replies)
    assert NAME in on_disk(replies)


async def test_only_trainers_change_what_the_bot_says(db: Database, replies: Replies) -> None:
    with pytest.raises(DomainError, match="forbidden"):
        await wording.release(db, replies, AGENT, NAME, [{"text": "我是小二"}], "试试", utcnow())
    with pytest.raises(DomainError, match="not_found"):
        await release(db, replies, "utter_nothing", "没有这条")
