"""What an agent's message brings with it: marked phrases that are counted, promises that are entered."""

from datetime import datetime

from handoff import promises, tone
from handoff.records import announce
from handoff.stream import DESK, EventStream
from kernel.db import Row, Tx
from kernel.principal import Principal


async def on_reply(
    tx: Tx, stream: EventStream | None, conversation: Row, who: Principal, text: str, seq: int, now: datetime
) -> None:
    """Runs in the transaction that keeps the message; says to the desk which promises were heard in it."""
    await tone.count(tx, conversation["id"], who, seq, text, now)
    made = await promises.enter(tx, conversation, who, seq, text, now)
    about = {"type": "promise", "conversation_id": conversation["id"], "party": conversation["party"]}
    news = [(DESK, about | {"to": [who.agent_id], "why": "made", "promise": one}) for one in made]
    if news:
        await announce(tx, stream, news, now)
