"""What trainers decide becomes lines of the data, once; two who differ go to a reviewer; all of it can be taken back."""

from pathlib import Path

import pytest
from sqlalchemy import select

from curation import changing, guideline, labelling, reading, splitting
from curation.core.masking import Span
from curation.core.nlu_file import About
from curation.labelling import Outcome, Verdict, label, settle, undo
from curation.store import changes, items
from curation.workbench import Workbench
from kernel.db import Database
from kernel.errors import DomainError
from tests.curation.conftest import LEAD, NOW, QIAN, QUALITY, SUN, one_item

DEFECT = About("quality", "sub_type", "quality_defect")
FITS_BADLY = About("size", "sub_type", "size_unfit")


def quality(bench: Workbench) -> str:
    return (bench.folder.nlu / "quality.yml").read_text(encoding="utf8")


async def accept(db: Database, bench: Workbench, item: str, about: About, **given: object) -> Outcome:
    done = await label(db, bench, QIAN, item, Verdict("label", about, **given), NOW)  # type: ignore[arg-type]
    if done.change_id:
        await changing.carry_out(db, bench, done.change_id, NOW)
    return done


async def state(db: Database, item: str) -> str:
    async with db.read() as tx:
        return str(await tx.scalar(select(items.c.state).where(items.c.id == item)))


async def test_an_accepted_label_is_one_line_with_its_author_and_reason(
    db: Database, bench: Workbench
) -> None:
    item = await one_item(db, bench, "这件卫衣洗一回就像抹布")
    facts = (Span("product", "卫衣", 2, 4),)
    done = await accept(db, bench, item, DEFECT, facts=facts, reason="洗后变形算瑕疵")
    assert done.state == "accepted"
    added = QUALITY.replace(
        "毛衣起球起得厉害\n", "毛衣起球起得厉害\n    - 这件[卫衣](product)洗一回就像抹布\n"
    )
    assert quality(bench) == added
    log = bench.folder._git("log", "-1", "--format=%an|%B")
    assert log.startswith("钱老师|") and "洗后变形算瑕疵" in log and str(done.change_id) in log
    assert bench.folder.diff(bench.folder.head()).count("\n+") == 2  # the file's name and the line


async def test_one_decision_labels_all_wordings_of_a_group(db: Database, bench: Workbench) -> None:
    item = await one_item(db, bench, "这件卫衣洗一回就像抹布啦")
    for text in ("这件卫衣洗一回就像抹布吧", "这件卫衣洗一回就像抹布啦！"):
        assert await one_item(db, bench, text) == item
    await accept(db, bench, item, DEFECT)
    assert quality(bench).count("卫衣洗一回") == 2  # the third differs in its marks alone


async def test_what_stands_there_under_another_label_is_told_and_moved_when_wished(
    db: Database, bench: Workbench
) -> None:
    item = await one_item(db, bench, "鞋子挤脚")
    with pytest.raises(DomainError, match="stands_otherwise"):
        await accept(db, bench, item, DEFECT)
    assert await state(db, item) == "open"
    await accept(db, bench, item, DEFECT, moves=True)
    assert "鞋子挤脚" in quality(bench)
    assert "鞋子挤脚" not in (bench.folder.nlu / "size.yml").read_text(encoding="utf8")


async def test_undoing_brings_the_data_back_to_the_byte(db: Database, bench: Workbench) -> None:
    item = await one_item(db, bench, "这件卫衣洗一回就像抹布")
    await accept(db, bench, item, DEFECT)
    await undo(db, bench, QIAN, item, NOW)
    assert quality(bench) == QUALITY
    assert await state(db, item) == "open"
    await accept(db, bench, item, FITS_BADLY)
    assert await state(db, item) == "accepted"


async def test_a_change_can_be_undone_from_the_list_and_its_sentence_waits_again(
    db: Database, bench: Workbench
) -> None:
    item = await one_item(db, bench, "这件卫衣洗一回就像抹布")
    done = await accept(db, bench, item, DEFECT)
    assert done.change_id
    undone = await changing.undo(db, bench, LEAD, done.change_id, "标错了", NOW)
    assert quality(bench) == QUALITY and await state(db, item) == "open"
    with pytest.raises(DomainError, match="already_undone"):
        await changing.undo(db, bench, LEAD, done.change_id, "再来", NOW)
    await changing.undo(db, bench, LEAD, undone["id"], "还是对的", NOW)
    assert "抹布" in quality(bench)


async def test_a_change_is_carried_out_once_however_often_it_is_asked_for(
    db: Database, bench: Workbench
) -> None:
    item = await one_item(db, bench, "这件卫衣洗一回就像抹布")
    done = await label(db, bench, QIAN, item, Verdict("label", DEFECT), NOW)
    assert done.change_id
    async with db.read() as tx:
        row = await tx.one(select(changes))
    assert row is not None
    # the commit was made, and then the process died before it could write so
    bench.folder.apply([labelling.Edit.of(edit) for edit in row["edits"]], done.change_id, "钱老师", "x")
    head = bench.folder.head()
    for _ in range(2):
        await changing.carry_out(db, bench, done.change_id, NOW)
    assert bench.folder.head() == head
    assert quality(bench).count("抹布") == 1
    assert (await changing.recent(db))[0]["counts"] == {"added": 1}


async def test_a_trainer_labels_once_and_takes_back_only_his_own(db: Database, bench: Workbench) -> None:
    item = await one_item(db, bench, "水壶盖子会唱歌")
    await label(db, bench, QIAN, item, Verdict("skip"), NOW)
    with pytest.raises(DomainError, match="forbidden"):
        await undo(db, bench, SUN, item, NOW)
    assert (await reading.inbox(db, QIAN))[1] == 0
    assert (await reading.inbox(db, SUN))[1] == 1
    await undo(db, bench, QIAN, item, NOW)
    assert (await reading.inbox(db, QIAN))[1] == 1
    await accept(db, bench, item, DEFECT)
    with pytest.raises(DomainError, match="forbidden"):
        await undo(db, bench, SUN, item, NOW)
    await undo(db, bench, LEAD, item, NOW)
    assert await state(db, item) == "open"


async def test_two_who_agree_accept_and_two_who_differ_go_to_a_reviewer(
    db: Database, bench: Workbench
) -> None:
    alike, apart = (
        await one_item(db, bench, "水壶盖子会唱歌"),
        await one_item(db, bench, "袜口勒出一圈红印子"),
    )
    for item in (alike, apart):
        await labelling.ask_second(db, QIAN, item, NOW)
        assert (await label(db, bench, QIAN, item, Verdict("label", DEFECT), NOW)).state == "second"
    shown = await reading.detail(db, SUN, apart)
    assert shown["labels"] == []  # the second labels blind
    assert (await label(db, bench, SUN, alike, Verdict("label", DEFECT), NOW)).state == "accepted"
    assert (await label(db, bench, SUN, apart, Verdict("label", FITS_BADLY), NOW)).state == "disputed"
    (waiting,), total = await reading.disputed(db)
    assert total == 1 and [one["intent"] for one in waiting["labels"]] == ["quality", "size"]
    found = await reading.agreeing(db)
    assert (found["intent"]["count"], found["intent"]["share"]) == (2, 0.5)
    assert found["confusions"] == [{"labels": ["quality", "size"], "count": 1}]
    with pytest.raises(DomainError, match="reason_missing"):
        await settle(db, bench, LEAD, apart, Verdict("label", FITS_BADLY), NOW)
    done = await settle(db, bench, LEAD, apart, Verdict("label", FITS_BADLY, reason="勒是太紧，按尺码"), NOW)
    assert done.state == "accepted"
    (case,) = (await guideline.guideline(db))["cases"]
    assert case["why"] == "勒是太紧，按尺码" and case["intent"] == "size"
    await undo(db, bench, LEAD, apart, NOW)
    assert (await guideline.guideline(db))["cases"] == []


async def test_a_split_message_is_two_sentences_with_their_facts(db: Database, bench: Workbench) -> None:
    text = "衣服起球了，还有鞋子40码挤脚得不行"
    item = await one_item(
        db, bench, text, entities=[{"entity": "size", "value": "40码", "start": 10, "end": 13}]
    )
    first, second = await splitting.split(db, QIAN, item, [6], NOW)
    shown = await reading.detail(db, QIAN, second)
    assert shown["text"] == "还有鞋子40码挤脚得不行"
    (fact,) = shown["facts"]
    assert shown["text"][fact["start"] : fact["end"]] == "40码"
    assert [one["id"] for one in (await reading.inbox(db, QIAN))[0]] == [
        first,
        second,
    ]  # as they stand in the text
    await accept(db, bench, first, DEFECT)
    with pytest.raises(DomainError, match="children_decided"):
        await undo(db, bench, QIAN, item, NOW)
    await undo(db, bench, QIAN, first, NOW)
    await undo(db, bench, QIAN, item, NOW)
    assert [one["id"] for one in (await reading.inbox(db, QIAN))[0]] == [item]
    with pytest.raises(DomainError, match="bad_split"):
        await splitting.split(db, QIAN, item, [len(text)], NOW)


async def test_a_wording_that_means_something_else_leaves_its_group(db: Database, bench: Workbench) -> None:
    item = await one_item(db, bench, "这件卫衣洗一回就像抹布啦")
    assert await one_item(db, bench, "这件卫衣洗一回就像抹布吗") == item
    shown = await reading.detail(db, QIAN, item)
    asks = next(one for one in shown["wordings"] if one["text"].endswith("吗"))
    made = await splitting.part_off(db, QIAN, item, asks["turn_id"], NOW)
    assert (await reading.detail(db, QIAN, made))["text"].endswith("吗")
    assert len((await reading.detail(db, QIAN, item))["wordings"]) == 1
    with pytest.raises(DomainError, match="only_one"):
        await splitting.part_off(db, QIAN, made, asks["turn_id"], NOW)


async def test_near_copies_of_the_evaluation_set_never_enter_the_data(
    db: Database, bench: Workbench, tmp_path: Path
) -> None:
    bench.rows = tmp_path / "rows.tsv"
    bench.rows.write_text("id\ttext\tlabel_a\n1\t这件卫衣洗一回就像抹布了呀\tquality\n", encoding="utf8")
    item = await one_item(db, bench, "这件卫衣洗一回就像抹布了")
    done = await accept(db, bench, item, DEFECT)
    assert done.held_back == ["这件卫衣洗一回就像抹布了"] and done.change_id is None
    assert quality(bench) == QUALITY


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Verdict("label", About("weather")), "unknown_label"),
        (Verdict("label", About("quality", "sub_type", "size_unfit")), "unknown_label"),
        (Verdict("label"), "unknown_label"),
        (Verdict("label", DEFECT, (Span("colour", "x", 0, 1),)), "bad_facts"),
        (Verdict("label", DEFECT, (Span("color", "x", 5, 90),)), "bad_facts"),
        (Verdict("label", DEFECT, (Span("color", "x", 0, 3), Span("size", "x", 2, 4))), "bad_facts"),
    ],
)
async def test_labels_that_cannot_be_are_refused(
    db: Database, bench: Workbench, said: Verdict, problem: str
) -> None:
    item = await one_item(db, bench, "水壶盖子会唱歌")
    with pytest.raises(DomainError, match=problem):
        await label(db, bench, QIAN, item, said, NOW)
    assert await state(db, item) == "open"
