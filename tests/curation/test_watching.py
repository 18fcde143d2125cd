"""A model that was just promoted is watched, and taken back by itself when more consumers are left without an answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select

from curation import figures, promoting, watching
from curation.core.watching import Counts
from curation.folder import DataFolder
from curation.promoting import Releasing
from curation.run_store import promotions
from curation.serving import Routes
from curation.store import turns
from kernel import jobs
from kernel.clock import utcnow
from kernel.db import Database
from tests.curation.kit import warm
from tests.curation.test_promoting import made, one, promote, went_live

_number = count(1)


async def talked(
    db: Database,
    model: str,
    at: datetime,
    conversations: int,
    *,
    fallbacks: int = 0,
    handed: int = 0,
    **more: Any,
) -> None:
    """So many conversations of one turn each, the first of them with a fallback, the last handed off."""
    rows = []
    for place in range(conversations):
        number = next(_number)
        rows.append(
            {
                "turn_id": f"t{number}",
                "conversation_id": f"c{number}",
                "first_seq": 2,
                "last_seq": 2,
                "text": "货卡在半路了",
                "facts": [],
                "intent": "logistics",
                "issue_type": "logistics",
                "confidence": 0.2 if place < fallbacks else 0.9,
                "decision": "offer" if place < fallbacks else "act",
                "candidates": [],
                "ranking": [],
                "did": [],
                "model": model,
                "at": at,
                "asked_back": place < fallbacks,
                "handed_off": "failed_turns" if place >= conversations - handed else None,
            }
            | more
        )
    async with db.write() as tx:
        await tx.execute(insert(turns), rows)


async def tried_out(db: Database, releasing: Releasing, live: str, now: datetime) -> tuple[str, str]:
    new = await made(db, releasing, live)
    row = await promote(db, releasing, new, share=50, now=now)
    await warm(db, "green", new)
    await promoting.advance(db, now)
    return new, row["id"]


async def test_a_canary_that_understands_less_is_taken_back_with_the_figures(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    new, promotion = await tried_out(db, releasing, live, now)
    await talked(db, live, now, 60, fallbacks=6)
    await talked(db, new, now, 60, fallbacks=30)
    later = now + timedelta(minutes=5)
    await watching.watch(db, later)
    found = await one(db, promotion)
    assert found["state"] == "returned" and found["ended_by"] == "系统"
    assert "10%" in found["end_reason"] and "50%" in found["end_reason"]
    assert found["seen"]["after"]["turns"] == 60
    urls = {await Routes(db, "x").url_of(f"c_{number}", later) for number in range(40)}
    assert urls == {"http://blue"}


async def test_a_canary_that_does_as_well_stays_and_is_looked_at_again(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    new, promotion = await tried_out(db, releasing, live, now)
    await talked(db, live, now, 60, fallbacks=6, handed=6)
    await talked(db, new, now, 60, fallbacks=7, handed=5)
    await watching.watch(db, now + timedelta(minutes=5))
    assert (await one(db, promotion))["state"] == "canary"
    async with db.read() as tx:
        planned = await tx.one(select(jobs.jobs).where(jobs.jobs.c.kind == promoting.WATCH_JOB))
    assert planned is not None and planned["due_at"] > now


async def test_turns_from_before_the_canary_do_not_count_for_it(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    await talked(db, live, now - timedelta(hours=1), 100, fallbacks=0)
    new, promotion = await tried_out(db, releasing, live, now)
    await talked(db, live, now, 40, fallbacks=20)  # a bad hour, for both
    await talked(db, new, now, 40, fallbacks=20)
    await watching.watch(db, now + timedelta(minutes=5))
    assert (await one(db, promotion))["state"] == "canary"


async def test_a_model_that_is_live_for_all_is_compared_with_the_days_before_it(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    await talked(db, live, now - timedelta(days=1), 100, handed=10)
    row = await went_live(db, releasing, await made(db, releasing, live), now)
    await talked(db, row["model"], now + timedelta(minutes=1), 80, handed=40)
    await watching.watch(db, now + timedelta(minutes=5))
    found = await one(db, row["id"])
    assert found["state"] == "returned" and "转人工" in found["end_reason"]
    assert await Routes(db, "x").url_of("c_1", now) == "http://blue"


async def test_after_a_day_the_watch_is_over(db: Database, releasing: Releasing, live: str) -> None:
    now = utcnow()
    await talked(db, live, now - timedelta(days=1), 100)
    row = await went_live(db, releasing, await made(db, releasing, live), now)
    await talked(db, row["model"], now + timedelta(hours=25), 80, fallbacks=80)
    async with db.write() as tx:
        await jobs.cancel(tx, promoting.WATCH_JOB, "promotion")
    await watching.watch(db, now + watching.WATCHED + timedelta(hours=2))
    assert (await one(db, row["id"]))["state"] == "live"
    async with db.read() as tx:
        assert await tx.one(select(jobs.jobs).where(jobs.jobs.c.kind == promoting.WATCH_JOB)) is None


async def test_a_conversation_that_changed_its_model_counts_for_neither(db: Database) -> None:
    now = utcnow()
    await talked(db, "a" * 64, now, 1, conversation_id="moved")
    await talked(db, "b" * 64, now, 1, conversation_id="moved", handed_off="failed_turns")
    end = now + timedelta(seconds=1)
    async with db.read() as tx:
        one_, other = [await watching.counts(tx, sign * 64, now, end) for sign in "ab"]
    assert one_ == other == Counts(turns=1)


async def test_the_dashboard_counts_what_was_said_and_understood(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    await talked(db, live, now, 10, fallbacks=4, handed=2)
    await talked(db, live, now - timedelta(days=40), 5)
    found = await figures.understanding(db, now - timedelta(days=7), now + timedelta(seconds=1))
    assert found["total"]["turns"] == 10 and found["total"]["fallback_rate"] == 0.4
    assert found["total"]["handoff_rate"] == 0.2 and found["total"]["one_pass_rate"] == 0.4
    logistics = next(one for one in found["labels"] if one["label"] == "logistics")
    assert logistics["turns"] == 10 and sum(day["turns"] for day in found["days"]) == 10
    assert [one["turns"] for one in found["confidence"]] == [0, 0, 4, 0, 0, 0, 0, 0, 0, 6]


async def test_each_promotion_shows_what_it_changed(db: Database, releasing: Releasing, live: str) -> None:
    now = utcnow() - timedelta(days=1)
    await talked(db, live, now - timedelta(hours=3), 20, fallbacks=10)
    row = await went_live(db, releasing, await made(db, releasing, live), now)
    await talked(db, row["model"], now + timedelta(hours=1), 20, fallbacks=2)
    found = await figures.understanding(db, now - timedelta(days=7), utcnow())
    assert [one["id"] for one in found["promotions"]] == [row["id"]]
    assert found["promotions"][0]["before"]["fallback_rate"] == 0.5
    assert found["promotions"][0]["after"]["fallback_rate"] == 0.1


async def test_words_nobody_taught_are_named_with_an_example(db: Database, folder: DataFolder) -> None:
    now = utcnow()
    await talked(db, "m", now, 4, text="杯子寄到丰巢柜被退回")
    found = await figures.unknown(db, folder, now - timedelta(days=1), now + timedelta(seconds=1))
    words: Sequence[str] = [one["word"] for one in found["words"]]
    assert any("丰巢柜" in word for word in words)
    assert "杯子" not in words  # the training data know it
    assert found["words"][0]["conversations"] == 4


async def test_nothing_happened_is_no_error(db: Database, folder: DataFolder) -> None:
    now = utcnow()
    found = await figures.understanding(db, now - timedelta(days=7), now)
    assert found["total"]["fallback_rate"] is None and found["promotions"] == []
    assert (await figures.unknown(db, folder, now - timedelta(days=7), now)) == {"words": [], "clusters": []}
    assert await figures.complaints(db, now - timedelta(days=7), now) == []
    await watching.watch(db, now)
    async with db.read() as tx:
        assert await tx.one(select(promotions)) is None
