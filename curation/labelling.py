"""Verbs of a trainer: label, exclude, skip, ask for a second, undo; and the reviewer's: settle."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from curation import changing
from curation.capturing import as_json
from curation.core.corpus import Corpus
from curation.core.facts import checked
from curation.core.item import State, Trigger, after_label, move
from curation.core.likeness import flat
from curation.core.markup import marked, one_line
from curation.core.masking import Span, mask
from curation.core.nlu_file import About
from curation.folder import Edit
from curation.people import REVIEWS
from curation.store import cases, items, labels, turns
from curation.workbench import Workbench
from handoff.records import note
from kernel.db import Database, Row, Tx
from kernel.errors import DomainError, forbidden, not_found
from kernel.ids import new_id
from kernel.principal import Principal

MOST_LINES = 8  # different wordings of one group that become lines: more of the same outweighs the rest


@dataclass(frozen=True)
class Verdict:
    """What a trainer says: `label` with its meaning and facts, `exclude` (not for training) or `skip`."""

    verdict: str
    about: About | None = None
    facts: tuple[Span, ...] = ()
    reason: str = ""
    moves: bool = False  # take the sentence away from where it stands under another meaning


@dataclass
class Outcome:
    """The item's state after the act, and the change of the data that followed, if any."""

    state: str
    change_id: str | None = None
    held_back: list[str] = field(default_factory=list)  # wordings that are too near the evaluation set


async def label(
    db: Database, bench: Workbench, who: Principal, item_id: str, said: Verdict, now: datetime
) -> Outcome:
    """Takes a trainer's verdict on an item and, when it is final, brings its wordings into the data.

    Raises DomainError `already_decided` (409), `labelled_already` (409: this trainer's verdict is there),
    `unknown_label` (422), `bad_facts` (422), `stands_otherwise` (409: the sentence is in the data under another
    meaning; `moves` takes it over).
    """
    prepared = await _prepare(db, bench, item_id, said)
    async with db.write() as tx:
        item = await held(tx, item_id)
        earlier = await _counting(tx, item_id)
        if any(row["trainer_id"] == who.agent_id for row in earlier):
            raise DomainError("labelled_already", "您已经标过这句了，可以先撤回再改", 409)
        if State(item["state"]) not in (State.OPEN, State.SECOND):
            move(State(item["state"]), Trigger.LABELLED)
        await _write_label(tx, item_id, who, said, now)
        if said.verdict == "skip":
            return Outcome(item["state"])
        verdicts = [(row["verdict"], _key(row)) for row in earlier] + [(said.verdict, _key_of(said.about))]
        trigger = after_label(State(item["state"]), item["wanted"], verdicts)
        return await _decide(tx, bench, who, item, trigger, said, prepared, now)


async def settle(
    db: Database, bench: Workbench, who: Principal, item_id: str, said: Verdict, now: datetime
) -> Outcome:
    """A reviewer's last word on a disputed item; with its reason it becomes a case of the guideline.

    Raises as `label` does.
    """
    if said.verdict == "skip" or not said.reason.strip():
        raise DomainError("reason_missing", "裁定要写明理由，它会进入标注规范", 422)
    prepared = await _prepare(db, bench, item_id, said)
    async with db.write() as tx:
        item = await held(tx, item_id)
        earlier = await _counting(tx, item_id)
        trigger = Trigger.SETTLED if said.verdict == "label" else Trigger.SETTLED_OUT
        move(State(item["state"]), trigger)
        await _write_label(tx, item_id, who, said, now, settles=True)
        about = said.about
        await tx.execute(delete(cases).where(cases.c.item_id == item_id))
        await tx.execute(
            insert(cases).values(
                id=new_id("case"),
                item_id=item_id,
                text=item["text"],
                intent=about.intent if about else None,
                detail=about.detail if about else None,
                instead_of=[
                    {
                        "trainer": row["trainer_name"],
                        "verdict": row["verdict"],
                        "intent": row["intent"],
                        "detail": row["detail"],
                    }
                    for row in earlier
                ],
                why=said.reason.strip(),
                settled_by=who.name,
                at=now,
            )
        )
        return await _decide(tx, bench, who, item, trigger, said, prepared, now)


async def ask_second(db: Database, who: Principal, item_id: str, now: datetime) -> None:
    """The trainer wants a colleague's label too. Raises `already_decided` (409)."""
    async with db.write() as tx:
        item = await held(tx, item_id)
        move(State(item["state"]), Trigger.ASKED_SECOND)
        await tx.execute(update(items).where(items.c.id == item_id).values(wanted=2))
        await note(tx, "curation.asked_second", None, who.agent_id, now, item=item_id)


async def undo(db: Database, bench: Workbench, who: Principal, item_id: str, now: datetime) -> str | None:
    """Takes back what was decided about an item, its lines in the data included; returns the undoing change's id.

    A trainer takes back what he decided or said himself, a reviewer anything. Raises `forbidden` (403),
    `already_decided` (409) when there is nothing to undo, `children_decided` (409) for a split that went on.
    """
    async with db.write() as tx:
        item = await held(tx, item_id)
        said = await tx.all(
            select(labels)
            .where(labels.c.item_id == item_id, labels.c.undone_at.is_(None))
            .order_by(labels.c.id)
        )
        own = [row for row in said if row["trainer_id"] == who.agent_id]
        mine = own if item["state"] == State.OPEN.value else [row for row in own if row["verdict"] != "skip"]
        if who.role not in REVIEWS and item["state"] != State.SPLIT.value and not mine:
            raise forbidden("只能撤回自己的标注，其他人的请主管处理")
        skipped = [row["id"] for row in own if row["verdict"] == "skip"]
        if State(item["state"]) is State.OPEN and skipped:
            await tx.execute(update(labels).where(labels.c.id.in_(skipped)).values(undone_at=now))
            return None
        state = move(State(item["state"]), Trigger.UNDONE)
        if State(item["state"]) is State.SPLIT:
            await _unsplit(tx, item_id)
        await tx.execute(
            update(labels)
            .where(labels.c.item_id == item_id, labels.c.undone_at.is_(None))
            .values(undone_at=now)
        )
        await tx.execute(delete(cases).where(cases.c.item_id == item_id))
        values = {"state": state.value, "label": None, "decided_at": None}
        await tx.execute(update(items).where(items.c.id == item_id).values(values))
        await note(tx, "curation.undone", None, who.agent_id, now, item=item_id)
        change_id = item["change_id"]
    if change_id is None:
        return None
    await changing.carry_out(db, bench, change_id, now)
    return await _undo_change(db, bench, who, item_id, change_id, now)


async def _undo_change(
    db: Database, bench: Workbench, who: Principal, item_id: str, change_id: str, now: datetime
) -> str:
    async with db.write() as tx:
        await tx.execute(update(items).where(items.c.id == item_id).values(change_id=None))
    undone = await changing.undo(db, bench, who, change_id, "撤回标注", now)
    return str(undone["id"])


async def _unsplit(tx: Tx, item_id: str) -> None:
    children = await tx.all(select(items).where(items.c.parent_id == item_id).with_for_update())
    if any(State(child["state"]) is not State.OPEN for child in children):
        raise DomainError("children_decided", "拆出来的句子已经标注了，请先撤回它们", 409)
    await tx.execute(delete(items).where(items.c.parent_id == item_id))


@dataclass(frozen=True)
class _Prepared:
    """What needs the data folder, read before the transaction: the lines to add and take away."""

    edits: tuple[Edit, ...]
    held_back: tuple[str, ...]


async def _prepare(db: Database, bench: Workbench, item_id: str, said: Verdict) -> _Prepared:
    if said.verdict != "label":
        return _Prepared((), ())
    if said.about is None:
        raise DomainError("unknown_label", "请选择一个意图", 422)
    async with db.read() as tx:
        item = await tx.one(select(items).where(items.c.id == item_id))
        members = await tx.all(
            select(turns.c.text, turns.c.id)
            .where(turns.c.item_id == item_id)
            .order_by(turns.c.id.desc())
            .limit(400)
        )
    if item is None:
        raise not_found("句子")
    checked(item["text"], said.facts)
    return await asyncio.to_thread(_edits, bench, item, [row["text"] for row in members], said)


def _edits(bench: Workbench, item: Row, members: Sequence[str], said: Verdict) -> _Prepared:
    corpus, measured = bench.folder.corpus(), bench.measured()
    assert said.about is not None
    about = known_meaning(corpus, said.about)
    edits: list[Edit] = []
    held_back: list[str] = []
    seen: set[str] = set()
    for text in [item["text"], *members]:
        line = one_line(mask(text).text)
        plain = flat(line)
        if not plain or plain in seen or len(edits) >= MOST_LINES:
            continue
        seen.add(plain)
        if measured.near(line):
            held_back.append(line)
            continue
        standing = corpus.standing(line)
        otherwise = [one for one in standing if one.about.intent != about.intent]
        if otherwise and text == item["text"] and not said.moves:
            there = otherwise[0]
            raise DomainError(
                "stands_otherwise",
                f"这句话已经在训练数据里，标的是 {there.about.intent}",
                409,
                stands_as={"intent": there.about.intent, "detail": there.about.detail, "file": there.file},
            )
        if otherwise and not said.moves:
            continue  # another wording of the group: its label there stays
        edits += [Edit("remove", one.text, one.raw, one.about) for one in otherwise]
        facts = said.facts if line == item["text"] else _same_words(item["text"], said.facts, line)
        edits.append(Edit("add", line, marked(line, facts), about))
    return _Prepared(tuple(edits), tuple(held_back))


def _same_words(text: str, facts: Sequence[Span], line: str) -> list[Span]:
    """The facts of the group's face that another wording says in the same words, once."""
    found = []
    for fact in facts:
        words = text[fact.start : fact.end]
        if line.count(words) == 1:
            start = line.index(words)
            found.append(Span(fact.key, fact.value, start, start + len(words)))
    return found


def known_meaning(corpus: Corpus, about: About) -> About:
    """The meaning with the kind its detail has in the data. Raises DomainError `unknown_label` (422)."""
    details = corpus.meanings.get(about.intent)
    if details is None or (about.detail and about.detail not in details):
        raise DomainError("unknown_label", "没有这个意图或细类", 422)
    return (
        About.of(about.intent, details[about.detail], about.detail) if about.detail else About(about.intent)
    )


async def _decide(
    tx: Tx,
    bench: Workbench,
    who: Principal,
    item: Row,
    trigger: Trigger,
    said: Verdict,
    prepared: _Prepared,
    now: datetime,
) -> Outcome:
    state = move(State(item["state"]), trigger)
    values: dict[str, Any] = {"state": state.value}
    change_id = None
    if state is State.ACCEPTED:
        assert said.about is not None
        if prepared.edits:
            reason = said.reason.strip() or "收件箱标注"
            change_id = await changing.plan(tx, "label", who, reason, prepared.edits, now)
        values["label"] = {
            "intent": said.about.intent,
            "kind": said.about.kind,
            "detail": said.about.detail,
            "facts": [as_json(fact) for fact in said.facts],
        }
        values["change_id"] = change_id
    if state in (State.ACCEPTED, State.EXCLUDED):
        values["decided_at"] = now
    await tx.execute(update(items).where(items.c.id == item["id"]).values(values))
    await note(
        tx, f"curation.{trigger.value}", None, who.agent_id, now, item=item["id"], label=_key_of(said.about)
    )
    return Outcome(
        state.value, change_id, list(prepared.held_back) if change_id or state is State.ACCEPTED else []
    )


async def _write_label(
    tx: Tx, item_id: str, who: Principal, said: Verdict, now: datetime, *, settles: bool = False
) -> None:
    about = said.about if said.verdict == "label" else None
    await tx.execute(
        insert(labels).values(
            item_id=item_id,
            trainer_id=who.agent_id,
            trainer_name=who.name,
            verdict=said.verdict,
            intent=about.intent if about else None,
            kind=about.kind if about else None,
            detail=about.detail if about else None,
            facts=[as_json(fact) for fact in said.facts],
            reason=said.reason.strip(),
            settles=settles,
            at=now,
        )
    )


async def held(tx: Tx, item_id: str) -> Row:
    """The item under its row's lock. Raises `not_found` (404)."""
    row = await tx.one(select(items).where(items.c.id == item_id).with_for_update())
    if row is None:
        raise not_found("句子")
    return row


async def _counting(tx: Tx, item_id: str) -> Sequence[Row]:
    """The labels that count: not undone, not skipped, not a reviewer's."""
    query = select(labels).where(
        labels.c.item_id == item_id,
        labels.c.undone_at.is_(None),
        labels.c.verdict != "skip",
        ~labels.c.settles,
    )
    return await tx.all(query.order_by(labels.c.id))


def _key(row: Row) -> str:
    return f"{row['intent'] or ''}/{row['detail'] or ''}"


def _key_of(about: About | None) -> str:
    return f"{about.intent}/{about.detail or ''}" if about else "/"
