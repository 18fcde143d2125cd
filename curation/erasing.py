"""The end of what a consumer wrote: candidates go with their conversation's record."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from curation.core.item import WAITING, State
from curation.core.likeness import flat
from curation.gathering import weigh
from curation.store import cases, items, labels, turns
from kernel.db import Tx


async def erase(tx: Tx, conversation_ids: Sequence[str]) -> int:
    """Deletes the turns of conversations and the items that held nothing else; returns how many turns went.

    An item that other consumers' sentences are in too gets one of theirs as its face. What a trainer has accepted
    was masked before it came here and names nobody: its line in the data stays, the way back to the talk is gone.
    """
    own = await tx.all(
        select(turns.c.id, turns.c.item_id).where(turns.c.conversation_id.in_(list(conversation_ids)))
    )
    await tx.execute(delete(turns).where(turns.c.conversation_id.in_(list(conversation_ids))))
    for item_id in sorted({row["item_id"] for row in own if row["item_id"]}):
        await _clear(tx, item_id)
    return len(own)


async def _clear(tx: Tx, item_id: str) -> None:
    item = await tx.one(select(items).where(items.c.id == item_id).with_for_update())
    if item is None:
        return
    face = await tx.one(select(turns).where(turns.c.item_id == item_id).order_by(turns.c.id).limit(1))
    if face is None:
        if State(item["state"]) is not State.ACCEPTED:
            await _drop(tx, item_id)
        return
    still = await tx.scalar(
        select(func.count()).where(turns.c.item_id == item_id, turns.c.text == item["text"])
    )
    if not still and State(item["state"]) in WAITING:
        values = {"text": face["text"], "flat": flat(face["text"]), "facts": face["facts"]}
        await tx.execute(update(items).where(items.c.id == item_id).values(values))
    await weigh(tx, [item_id])


async def _drop(tx: Tx, item_id: str) -> None:
    """The item with all that hangs on it, its parts too unless they were accepted."""
    parts = await tx.all(select(items.c.id, items.c.state).where(items.c.parent_id == item_id))
    for part in parts:
        if State(part["state"]) is not State.ACCEPTED:
            await _drop(tx, part["id"])
    for table, key in ((labels, labels.c.item_id), (cases, cases.c.item_id), (items, items.c.id)):
        await tx.execute(delete(table).where(key == item_id))
