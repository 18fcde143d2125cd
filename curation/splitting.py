"""A sentence that says two things becomes two; a wording that means something else leaves its group."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from curation.capturing import as_json, from_json
from curation.core.facts import carried
from curation.core.item import State, Trigger, move
from curation.core.likeness import flat
from curation.gathering import new_item
from curation.labelling import held
from curation.store import items, turns
from handoff.records import note
from kernel.db import Database
from kernel.errors import DomainError, not_found
from kernel.principal import Principal


async def split(
    db: Database, who: Principal, item_id: str, places: Sequence[int], now: datetime
) -> list[str]:
    """Cuts a sentence that says several things at `places`; its parts become items at the head of the inbox.

    Returns their ids in the order of the text. Raises `bad_split` (422), `already_decided` (409).
    """
    async with db.write() as tx:
        item = await held(tx, item_id)
        state = move(State(item["state"]), Trigger.SPLIT)
        text = item["text"]
        edges = [0, *sorted(set(places)), len(text)]
        pieces = list(itertools.pairwise(edges))
        if len(pieces) < 2 or any(
            not 0 <= a < b <= len(text) or not any(map(str.isalnum, text[a:b])) for a, b in pieces
        ):
            raise DomainError("bad_split", "拆分的位置不对，每一段都要有内容", 422)
        made = []
        for place, (start, end) in enumerate(pieces):
            part = text[start:end]
            lead = len(part) - len(part.lstrip(" ,，。;；、\n"))
            part, start = part.strip(" ,，;；、\n"), start + lead
            facts = carried(from_json(item["facts"]), start, start + len(part))
            child = new_item(
                part, [as_json(fact) for fact in facts], "split", item["first_at"], item["parts"]["novelty"]
            )
            first = item["priority"] + 100.0 - place * 0.01  # the list shows them as they stand in the text
            child |= {"parent_id": item_id, "priority": first, "wanted": item["wanted"]}
            await tx.execute(insert(items).values(child))
            made.append(child["id"])
        await tx.execute(update(items).where(items.c.id == item_id).values(state=state.value, decided_at=now))
        await note(tx, "curation.split", None, who.agent_id, now, item=item_id, parts=made)
    return made


async def part_off(db: Database, who: Principal, item_id: str, turn_id: int, now: datetime) -> str:
    """Takes one wording out of a group of like ones: it means something else. Returns the new item's id."""
    async with db.write() as tx:
        item = await held(tx, item_id)
        if State(item["state"]) is not State.OPEN:
            raise DomainError("already_decided", "这句话刚刚已经有人处理了，请刷新", 409)
        turn = await tx.one(select(turns).where(turns.c.id == turn_id, turns.c.item_id == item_id))
        if turn is None:
            raise not_found("句子")
        same = await tx.all(select(turns.c.id, turns.c.text).where(turns.c.item_id == item_id))
        own = [row["id"] for row in same if row["text"] == turn["text"]]
        if len(own) == len(same):
            raise DomainError("only_one", "这一组里只有这一种说法", 422)
        made = new_item(turn["text"], turn["facts"], "talk", turn["at"], item["parts"]["novelty"])
        made |= {
            "predicted": turn["intent"],
            "sub_type": turn["sub_type"],
            "confidence": turn["confidence"],
            "priority": item["priority"],
            "size": len(own),
            "wanted": item["wanted"],
        }
        await tx.execute(insert(items).values(made))
        await tx.execute(update(turns).where(turns.c.id.in_(own)).values(item_id=made["id"]))
        values: dict[str, Any] = {"size": len(same) - len(own)}
        if turn["text"] == item["text"]:
            first = next(row for row in same if row["text"] != turn["text"])
            face = await tx.one(select(turns).where(turns.c.id == first["id"]))
            assert face is not None
            values |= {"text": face["text"], "flat": flat(face["text"]), "facts": face["facts"]}
        await tx.execute(update(items).where(items.c.id == item_id).values(values))
        await note(tx, "curation.parted", None, who.agent_id, now, item=item_id, made=made["id"])
    return str(made["id"])
