"""From a consumer's turn to the trainers' inbox: masked, grouped, ordered, with what happened next; and its end."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from aftersales.core.ticket import TicketMoved, TicketOpened
from aftersales.retyping import retype
from aftersales.store import tickets
from curation import erasing, reading
from curation.capturing import NOT_CAPTURED, on_answered
from curation.core.nlu_file import About
from curation.gathering import gather
from curation.labelling import Verdict, label
from curation.store import items
from curation.store import turns as candidates
from curation.workbench import Workbench
from handoff import inbox as talk
from handoff.casework import ticket_line
from handoff.core.turns import TurnAnswered
from handoff.files import FileRoom
from handoff.inbox import Incoming
from handoff.store import audit
from handoff.turns import Turns
from kernel.clock import utcnow
from kernel.db import Database, Row
from service.archive_ports import ConversationRecord
from tests.aftersales.conftest import ACTORS, opened
from tests.curation.conftest import NOW, QIAN, capture, one_item, said
from tests.handoff.conftest import ScriptedBrain, open_one, settle


async def all_turns(db: Database) -> list[Row]:
    async with db.read() as tx:
        return list(await tx.all(select(candidates).order_by(candidates.c.id)))


async def test_a_turn_is_captured_in_the_transaction_of_its_reply(
    db: Database, turns: Turns, scripted: ScriptedBrain
) -> None:
    db.handlers[TurnAnswered] = [on_answered]
    conversation = await open_one(db, None)

    async def answer(body: dict[str, Any]) -> dict[str, Any]:
        result = said(conversation, str(body["text"]), intent="quality").result
        return dict(result) | {"turn_id": body["turn_id"]}

    scripted.script = answer
    text = "我是小满，电话13812345678，杯子裂了"
    receipt = await talk.receive(db, None, conversation["id"], Incoming("m1", text), utcnow(), claim=True)
    turns.kick(conversation["id"], 0, receipt.claimed)
    await settle(turns)
    (row,) = await all_turns(db)
    assert row["text"] == "我是〔姓名〕，电话〔手机号〕，杯子裂了"
    assert (row["intent"], row["decision"], row["asked_back"], row["model"]) == (
        "quality",
        "ask",
        True,
        "0" * 64,
    )
    assert row["did"] == ["utter_ask_issue"] and row["last_seq"] == receipt.seq


async def test_a_candidate_that_cannot_be_made_costs_no_reply_and_is_counted(db: Database) -> None:
    before = NOT_CAPTURED._value.get()
    conversation = await open_one(db, None)
    broken = said(conversation, "杯子裂了")
    broken.result["intent"]["confidence"] = "no number"
    await capture(db, broken)
    assert await all_turns(db) == []
    assert NOT_CAPTURED._value.get() == before + 1


async def test_buttons_are_no_sentences(db: Database) -> None:
    event = said(await open_one(db, None), "质量问题")
    pressed = TurnAnswered(**(event.__dict__ | {"is_choice": True}))
    await capture(db, pressed)
    assert await all_turns(db) == []


async def test_like_sentences_are_one_item_and_the_frequent_and_doubtful_come_first(
    db: Database, bench: Workbench
) -> None:
    sure = await one_item(db, bench, "碗到手就碎了", confidence=0.99, decision="act")
    odd = await one_item(db, bench, "这锅巴跟棉花一样没筋骨", confidence=0.2, decision="offer")
    again = await one_item(db, bench, "这锅巴跟棉花一样没筋骨！！", confidence=0.2, decision="offer")
    assert again == odd
    found, total = await reading.inbox(db, QIAN)
    assert total == 2
    assert [one["id"] for one in found] == [odd, sure]
    assert found[0]["size"] == 2 and "没听懂" in found[0]["why"]
    assert found[1]["parts"]["novelty"] == 0


async def test_what_happened_next_raises_a_sentence_that_the_bot_was_sure_of(
    db: Database, bench: Workbench
) -> None:
    first = await open_one(db, None)
    await capture(db, said(first, "穿着像借来的一样", seq=2, confidence=0.95, decision="act"))
    await capture(
        db,
        said(
            first,
            "不是质量，是尺码",
            seq=4,
            intent="correct",
            confidence=0.9,
            decision="act",
            candidates=["size"],
        ),
    )
    second = await open_one(db, None, "u_2")
    await capture(db, said(second, "你们自己看着办吧", seq=2, confidence=0.95, decision="act"))
    await gather(db, bench, NOW)
    receipt = await talk.receive(db, None, second["id"], Incoming("m", "转人工"), utcnow())
    assert receipt.owner == "queued"
    await gather(db, bench, utcnow())
    wore, _, handed = await all_turns(db)
    assert wore["corrected_to"] == "size"
    assert handed["handed_off"] == "asked_for_person"
    found, _ = await reading.inbox(db, QIAN)
    assert found[0]["text"] == "穿着像借来的一样" and "消费者否认了" in found[0]["why"]


async def test_a_ticket_of_another_type_is_an_outcome(db: Database, bench: Workbench) -> None:
    conversation = await open_one(db, None)
    await capture(db, said(conversation, "这东西不对劲", seq=3, confidence=0.9, decision="act"))
    ticket = {
        "id": "AX1",
        "key": "k",
        "conversation_id": conversation["id"],
        "consumer_id": "u",
        "consumer_name": "小满",
    }
    ticket |= {
        "party": "platform",
        "merchant_name": "",
        "status": "submitted",
        "version": 1,
        "issue_type": "wrong_item",
    }
    ticket |= {
        "facts": {},
        "rulings": [],
        "round": 0,
        "extended": 0,
        "rule_version": "1",
        "record_from": 2,
        "record_to": 5,
    }
    ticket |= {"opened_at": NOW, "entered_at": NOW}
    async with db.write() as tx:
        await tx.execute(insert(tickets).values(ticket))
    await gather(db, bench, utcnow())
    (row,) = await all_turns(db)
    assert row["relabelled_to"] == "wrong_item"


async def test_an_agent_who_changes_the_type_of_a_ticket_teaches_the_inbox(
    db: Database, bench: Workbench
) -> None:
    for event in (TicketOpened, TicketMoved):
        db.handlers[event] = [ticket_line(None)]
    conversation = await open_one(db, None)
    await capture(db, said(conversation, "这东西不对劲", seq=3, confidence=0.9, decision="act"))
    case = await opened(db, conversation_id=conversation["id"])
    await gather(db, bench, utcnow())
    (row,) = await all_turns(db)
    assert row["relabelled_to"] is None
    agent = ACTORS["merchant"]
    await retype(db, case["id"], agent, "wrong_item", "wrong_item", reason="发错了颜色", now=utcnow())
    await gather(db, bench, utcnow())
    (row,) = await all_turns(db)
    assert row["relabelled_to"] == "wrong_item"
    found, _ = await reading.inbox(db, QIAN)
    assert any("工单" in why for why in found[0]["why"]), found[0]["why"]
    async with db.read() as tx:
        noted = await tx.one(select(audit).where(audit.c.kind == "ticket.retyped"))
    assert noted is not None and (noted["actor"], noted["data"]["ticket"]) == (agent.id, case["id"])


async def test_the_talk_around_a_sentence_is_masked_and_names_no_agent(
    db: Database, bench: Workbench
) -> None:
    conversation = await open_one(db, None)
    for key, text in (("a", "我是小满，收货人：李小明"), ("b", "这鞋跟会叫")):
        await talk.receive(db, None, conversation["id"], Incoming(key, text), utcnow())
    await capture(db, said(conversation, "这鞋跟会叫", seq=3))
    await gather(db, bench, NOW)
    (item,), _ = await reading.inbox(db, QIAN)
    shown = await reading.detail(db, QIAN, item["id"])
    texts = [line["text"] for line in shown["talk"]]
    assert "我是〔姓名〕，收货人：〔姓名〕" in texts
    assert [line["text"] for line in shown["talk"] if line["here"]] == ["这鞋跟会叫"]


async def test_what_was_gathered_twice_is_there_once(db: Database, bench: Workbench) -> None:
    item = await one_item(db, bench, "水壶盖子会唱歌")
    assert await gather(db, bench, NOW) == 0
    async with db.read() as tx:
        assert [row["id"] for row in await tx.all(select(items.c.id))] == [item]


async def test_erasing_a_conversation_erases_its_candidates(db: Database, bench: Workbench) -> None:
    alone = await one_item(db, bench, "水壶盖子会唱歌")
    shared = await one_item(db, bench, "沙发弹簧顶得人屁股疼啊")
    other = await one_item(db, bench, "沙发弹簧顶得人屁股疼")
    accepted = await one_item(db, bench, "被子一抖全是粉末子")
    await label(db, bench, QIAN, accepted, Verdict("label", About("quality")), NOW)
    assert shared == other
    rows = {row["text"]: row["conversation_id"] for row in await all_turns(db)}
    gone = [rows[text] for text in ("水壶盖子会唱歌", "沙发弹簧顶得人屁股疼啊", "被子一抖全是粉末子")]
    async with db.write() as tx:
        assert await erasing.erase(tx, gone) == 3
    async with db.read() as tx:
        left = {row["id"]: row for row in await tx.all(select(items))}
    assert alone not in left
    assert left[shared]["text"] == "沙发弹簧顶得人屁股疼" and left[shared]["size"] == 1
    assert left[accepted]["state"] == "accepted"
    assert [row["text"] for row in await all_turns(db)] == ["沙发弹簧顶得人屁股疼"]


async def test_a_deletion_request_reaches_the_inbox_through_the_archive(
    db: Database, bench: Workbench, tmp_path: Path
) -> None:
    await one_item(db, bench, "水壶盖子会唱歌")
    (row,) = await all_turns(db)
    async with db.write() as tx:
        record = ConversationRecord(FileRoom(tmp_path / "files", "s" * 32))
        await record.erase(tx, [row["conversation_id"]], (), "消费者要求删除", NOW)
    assert await all_turns(db) == []
    assert (await reading.inbox(db, QIAN))[1] == 0


async def test_every_act_is_in_the_audit_trail(db: Database, bench: Workbench) -> None:
    item = await one_item(db, bench, "水壶盖子会唱歌")
    await label(db, bench, QIAN, item, Verdict("exclude"), NOW + timedelta(minutes=1))
    async with db.read() as tx:
        (row,) = await tx.all(select(audit).where(audit.c.kind == "curation.excluded"))
    assert row["actor"] == QIAN.agent_id and row["data"]["item"] == item
