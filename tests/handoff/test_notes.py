"""Notes and whispers: kept once, seen by whom they concern, never by a consumer, never altered."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from handoff import notes, ownership, records
from handoff.stream import DESK, EventStream, conversation_channel
from kernel.clock import utcnow
from kernel.db import Database, Row
from kernel.errors import DomainError
from kernel.principal import Principal
from tests.handoff.conftest import make_agent


async def write(
    db: Database,
    stream: EventStream | None,
    row: Row,
    who: Principal,
    words: str,
    kind: str = "note",
    mid: str = "n1",
) -> dict[str, object]:
    return await notes.write(
        db, stream, row["id"], who, client_msg_id=mid, text=words, kind=kind, to=None, now=utcnow()
    )


async def taken(db: Database, row: Row, who: Principal) -> None:
    await ownership.request_human(db, row["id"], "button", utcnow())
    await ownership.accept(db, None, row["id"], who, utcnow())


async def seen_by(db: Database, row: Row, who: Principal) -> list[str]:
    async with db.read() as tx:
        return [one["text"] for one in await notes.of_conversation(tx, row["id"], who)]


async def test_a_note_sent_twice_is_kept_once(
    db: Database, conversation: Row, agents: list[Principal]
) -> None:
    first = await write(db, None, conversation, agents[0], "老客户，脾气急")
    again = await write(db, None, conversation, agents[0], "老客户，脾气急")
    assert first == again
    assert await seen_by(db, conversation, agents[1]) == ["老客户，脾气急"]


async def test_a_whisper_is_a_supervisors_and_reaches_the_agent_alone(
    db: Database, conversation: Row, agents: list[Principal]
) -> None:
    lead = await make_agent(db, "郑主管", "supervisor")
    with pytest.raises(DomainError) as nobody:
        await write(db, None, conversation, lead, "先退一赔三", "whisper")
    assert nobody.value.code == "nobody_there"
    await taken(db, conversation, agents[0])
    with pytest.raises(DomainError) as refused:
        await write(db, None, conversation, agents[1], "我来说一句", "whisper")
    assert refused.value.status == 403
    await write(db, None, conversation, lead, "先确认安全", "whisper", "w1")
    assert await seen_by(db, conversation, agents[0]) == ["先确认安全"]
    assert await seen_by(db, conversation, agents[1]) == []
    assert await seen_by(db, conversation, lead) == ["先确认安全"]


async def test_a_merchants_agent_neither_writes_nor_hears_about_anothers_conversation(
    db: Database, conversation: Row, agents: list[Principal]
) -> None:
    stranger = await make_agent(db, "林晓", "merchant_agent", "m_shoes")
    with pytest.raises(DomainError) as refused:
        await write(db, None, conversation, stranger, "偷看一眼")
    assert refused.value.status == 404
    assert not notes.concerns({"party": "platform"}, stranger)
    assert notes.concerns({"party": "platform"}, agents[0])
    assert not notes.concerns({"party": "platform", "to": ["somebody"]}, agents[0])


async def test_a_note_leaves_on_the_desks_channel_and_never_on_the_conversations(
    db: Database, stream: EventStream, conversation: Row, agents: list[Principal]
) -> None:
    channel = conversation_channel(conversation["id"])
    with stream.listen(DESK, channel) as listener:
        await write(db, stream, conversation, agents[0], "只给同事看")
        heard = []
        while news := await listener.next(within=1.0):
            heard.append(news)
    about = [news for news in heard if news["type"] == "note"]
    assert [news["note"]["text"] for news in about] == ["只给同事看"]
    assert all("只给同事看" not in str(news) for news in heard if news["type"] != "note")
    async with db.read() as tx:
        assert "只给同事看" not in str(await records.events_after(tx, conversation["id"], 0))


@pytest.mark.parametrize("statement", ["UPDATE notes SET text = 'x'", "DELETE FROM notes"])
async def test_nobody_can_alter_a_note(
    db: Database, conversation: Row, agents: list[Principal], statement: str
) -> None:
    await write(db, None, conversation, agents[0], "写下就不能改")
    with pytest.raises(DBAPIError):
        async with db.write() as tx:
            await tx.execute(text(statement))
    assert await seen_by(db, conversation, agents[0]) == ["写下就不能改"]
