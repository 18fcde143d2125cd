"""A model goes live only past its gates, by a person with a reason, without a moment in which nobody would answer."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from curation import promoting, serving
from curation.core.serving import Routing
from curation.promoting import Releasing
from curation.run_store import models, promotions, runs, slots
from curation.serving import DRAIN, STANDBY, Routes
from kernel.clock import utcnow
from kernel.db import Database
from kernel.errors import DomainError
from tests.curation.kit import AGENT, TRAINER, archive, comparison, warm


async def made(
    db: Database, releasing: Releasing, against: str, name: str = "a new model", **figures: float
) -> str:
    """A model that a run made, with its report."""
    folder = releasing.registry.shelf.folder.parent / name
    sha256 = archive(folder / "current.tar.gz", name)
    releasing.registry.shelf.keep(folder / "current.tar.gz", sha256)
    now = utcnow()
    report = comparison(**figures) | {"dialogues": {"total": 45, "passed": 45, "failed": []}}
    run = {
        "id": f"run_{name}",
        "state": "done",
        "asked_by": "a",
        "asked_by_name": "钱老师",
        "reason": "新数据",
    }
    run |= {"asked_at": now, "attempts": 1, "model": sha256, "against": against, "report": report}
    model = {"sha256": sha256, "run_id": run["id"], "data_fingerprint": "f", "examples": 1, "size": 1}
    async with db.write() as tx:
        await tx.execute(insert(runs).values(**run))
        await tx.execute(insert(models).values(**model, trained_at=now, kept_at=now))
    return sha256


async def promote(
    db: Database, releasing: Releasing, sha256: str, share: int = 100, now: datetime | None = None
) -> dict[str, Any]:
    row = await promoting.promote(db, releasing, TRAINER, sha256, share, "物流问题好了很多", now or utcnow())
    return dict(row)


async def one(db: Database, promotion_id: str) -> dict[str, Any]:
    async with db.read() as tx:
        row = await tx.one(select(promotions).where(promotions.c.id == promotion_id))
    return dict(row or {})


async def went_live(
    db: Database, releasing: Releasing, sha256: str, now: datetime | None = None
) -> dict[str, Any]:
    row = await promote(db, releasing, sha256, now=now)
    if row["state"] == "starting":
        await warm(db, row["slot"], sha256)
        await promoting.advance(db, now or utcnow())
    found = await one(db, row["id"])
    assert found["state"] == "live"
    return found


async def served_by(db: Database, conversation: str = "c_1", opened: datetime | None = None) -> str:
    return await Routes(db, "http://nobody").url_of(conversation, opened or utcnow())


async def test_conversations_follow_only_when_the_new_process_is_ready(
    db: Database, releasing: Releasing, live: str
) -> None:
    new = await made(db, releasing, live)
    row = await promote(db, releasing, new)
    assert row["state"] == "starting" and row["before"] == live and row["slot"] == "green"
    await promoting.advance(db, utcnow())
    assert await served_by(db) == "http://blue"
    await warm(db, "green", new)
    await promoting.advance(db, utcnow())
    assert await served_by(db) == "http://green"
    found = await one(db, row["id"])
    assert (found["state"], found["by_name"], found["reason"]) == ("live", "钱老师", "物流问题好了很多")
    assert all(gate["open"] for gate in found["gates"])


async def test_the_process_that_was_replaced_stays_until_its_turns_are_long_over(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    await went_live(db, releasing, await made(db, releasing, live), now)
    async with db.read() as tx:
        blue = await tx.one(select(slots).where(slots.c.name == "blue"))
    assert blue is not None and blue["model"] == live and blue["state"] == "ready"
    assert blue["until"] == now + STANDBY > now + timedelta(seconds=68)  # a turn takes 8 + 60 s at most
    assert not await serving.release(db, "blue", live, now + DRAIN)
    assert await serving.release(db, "blue", live, now + STANDBY)


async def test_closed_gates_refuse_with_every_reason(db: Database, releasing: Releasing, live: str) -> None:
    new = await made(db, releasing, live, f1=0.4, before=0.8)
    with pytest.raises(DomainError, match="gates_closed") as refused:
        await promote(db, releasing, new)
    reasons = refused.value.details["reasons"]
    assert any("退款进度" in why for why in reasons) and any("底线" in why for why in reasons)
    async with db.read() as tx:
        assert await tx.one(select(promotions)) is None


async def test_a_report_about_another_model_than_the_one_in_use_is_no_proof(
    db: Database, releasing: Releasing, live: str
) -> None:
    first = await made(db, releasing, live)
    second = await made(db, releasing, live, "trained meanwhile")
    await went_live(db, releasing, first)
    with pytest.raises(DomainError, match="not_compared"):
        await promote(db, releasing, second)


async def test_a_model_without_a_report_does_not_go_live(
    db: Database, releasing: Releasing, live: str
) -> None:
    async with db.write() as tx:
        values = {"sha256": "a" * 64, "data_fingerprint": "f", "examples": 1, "size": 1}
        await tx.execute(insert(models).values(**values, trained_at=utcnow(), kept_at=utcnow()))
    with pytest.raises(DomainError, match="gates_closed"):
        await promote(db, releasing, "a" * 64)


async def test_an_archive_that_was_changed_on_disk_does_not_go_live(
    db: Database, releasing: Releasing, live: str
) -> None:
    new = await made(db, releasing, live)
    path = releasing.registry.shelf.path(new)
    path.chmod(0o600)
    path.write_bytes(b"something else")
    with pytest.raises(DomainError, match="model_changed"):
        await promote(db, releasing, new)


async def test_one_promotion_at_a_time(db: Database, releasing: Releasing, live: str) -> None:
    first, second = await made(db, releasing, live), await made(db, releasing, live, "another")
    await promote(db, releasing, first, share=10)
    with pytest.raises(DomainError, match="under_way"):
        await promote(db, releasing, second)


async def test_a_canary_answers_its_share_of_the_new_conversations_only(
    db: Database, releasing: Releasing, live: str
) -> None:
    new = await made(db, releasing, live)
    before = utcnow()
    row = await promote(db, releasing, new, share=20, now=before)
    await warm(db, "green", new)
    started = before + timedelta(seconds=5)
    await promoting.advance(db, started)
    routes = Routes(db, "http://nobody")
    later = started + timedelta(seconds=1)
    urls = [await routes.url_of(f"c_{number}", later) for number in range(500)]
    assert 60 < urls.count("http://green") < 140
    assert {await routes.url_of(f"c_{number}", before) for number in range(500)} == {"http://blue"}
    with pytest.raises(DomainError, match="not_wider"):
        await promoting.widen(db, TRAINER, row["id"], 10, later)
    await promoting.widen(db, TRAINER, row["id"], 60, later)
    fresh = Routes(db, "http://nobody")
    assert [
        await fresh.url_of(f"c_{number}", later - timedelta(milliseconds=1)) for number in range(500)
    ] == urls
    await promoting.widen(db, TRAINER, row["id"], 100, later)
    assert await served_by(db, opened=before) == "http://green"
    assert (await one(db, row["id"]))["state"] == "live"


async def test_a_canary_whose_process_died_leaves_nobody_without_an_answer(
    db: Database, releasing: Releasing, live: str
) -> None:
    new = await made(db, releasing, live)
    await promote(db, releasing, new, share=99)
    await warm(db, "green", new)
    await promoting.advance(db, utcnow())
    later = utcnow()
    where = [await served_by(db, f"c_{number}", later) for number in range(20)]
    assert "http://green" in where
    await serving.report_slot(db, "green", new, "starting", utcnow())
    assert {await served_by(db, f"c_{number}", later) for number in range(20)} == {"http://blue"}


async def test_taking_a_canary_back_sends_everybody_to_the_model_in_use(
    db: Database, releasing: Releasing, live: str
) -> None:
    new = await made(db, releasing, live)
    row = await promote(db, releasing, new, share=50)
    await warm(db, "green", new)
    await promoting.advance(db, utcnow())
    found = await promoting.take_back(db, TRAINER, row["id"], "有人反馈答非所问", utcnow())
    assert (found["state"], found["ended_by"], found["end_reason"]) == (
        "returned",
        "钱老师",
        "有人反馈答非所问",
    )
    assert {await served_by(db, f"c_{number}") for number in range(40)} == {"http://blue"}


async def test_going_back_within_the_standby_takes_effect_at_once(
    db: Database, releasing: Releasing, live: str
) -> None:
    row = await went_live(db, releasing, await made(db, releasing, live))
    await promoting.take_back(db, TRAINER, row["id"], "投诉变多", utcnow())
    assert await served_by(db) == "http://blue"
    async with db.read() as tx:
        state = await serving.now_serving(tx)
        found = {one["name"]: one for one in await tx.all(select(slots))}
    assert state is not None and state["model"] == live and Routing.of(state["routing"]) == Routing("blue")
    assert found["blue"]["until"] is None and found["green"]["until"] is not None


async def test_going_back_later_starts_the_earlier_model_again_and_then_sends_everybody_there(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    new = await made(db, releasing, live)
    row = await went_live(db, releasing, new, now)
    later = now + STANDBY
    assert await serving.release(db, "blue", live, later)
    await promoting.take_back(db, TRAINER, row["id"], "投诉变多", later)
    assert await served_by(db) == "http://green"  # until the other one is warm
    await warm(db, "blue", live)
    await promoting.advance(db, later)
    assert await served_by(db) == "http://blue"
    async with db.read() as tx:
        kinds = [r["kind"] for r in await tx.all(select(promotions).order_by(promotions.c.asked_at))]
    assert kinds == ["promote", "rollback"]


async def test_one_act_goes_back_to_any_model_that_has_served(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    first = await made(db, releasing, live)
    await went_live(db, releasing, first, now)
    now += STANDBY
    await serving.release(db, "blue", live, now)
    second = await made(db, releasing, first, "second")
    await went_live(db, releasing, second, now)
    now += STANDBY
    await serving.release(db, "green", first, now)
    row = await promoting.roll_back(db, releasing, TRAINER, live[:12], "回到最初的", now)
    await warm(db, row["slot"], live)
    await promoting.advance(db, now)
    async with db.read() as tx:
        state = await serving.now_serving(tx)
    assert state is not None and state["model"] == live
    third = await made(db, releasing, live, "third")
    with pytest.raises(DomainError, match="never_served"):
        await promoting.roll_back(db, releasing, TRAINER, third, "没上过线的", now + DRAIN)


async def test_a_model_that_does_not_start_never_gets_a_conversation(
    db: Database, releasing: Releasing, live: str
) -> None:
    new = await made(db, releasing, live)
    row = await promote(db, releasing, new)
    await serving.report_slot(db, "green", new, "failed", utcnow(), error="进程启动了 3 次都没有成功")
    await promoting.advance(db, utcnow())
    found = await one(db, row["id"])
    assert found["state"] == "failed" and "3 次" in found["end_reason"]
    assert await served_by(db) == "http://blue"


async def test_a_promotion_nobody_carries_out_ends_by_itself(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    row = await promote(db, releasing, await made(db, releasing, live), now=now)
    await promoting.advance(db, now + promoting.START_PATIENCE + timedelta(seconds=1))
    assert (await one(db, row["id"]))["state"] == "failed"


async def test_a_process_with_turns_under_way_is_not_given_another_model(
    db: Database, releasing: Releasing, live: str
) -> None:
    now = utcnow()
    first = await made(db, releasing, live)
    await went_live(db, releasing, first, now)
    second = await made(db, releasing, first, "second")
    with pytest.raises(DomainError, match="draining"):
        await promote(db, releasing, second, now=now + timedelta(seconds=60))
    assert (await promote(db, releasing, second, now=now + DRAIN))["slot"] == "blue"


async def test_who_is_no_trainer_changes_nothing(db: Database, releasing: Releasing, live: str) -> None:
    new = await made(db, releasing, live)
    with pytest.raises(DomainError, match="forbidden"):
        await promoting.promote(db, releasing, AGENT, new, 100, "我想试试", utcnow())
    with pytest.raises(DomainError, match="forbidden"):
        await promoting.roll_back(db, releasing, AGENT, live, "我想试试", utcnow())


async def test_without_keepers_models_are_not_changed(db: Database, releasing: Releasing) -> None:
    new = await made(db, releasing, "f" * 64)
    with pytest.raises(DomainError, match="no_keeper"):
        await promote(db, releasing, new)
    assert await served_by(db) == "http://nobody"


async def test_a_restart_starts_what_served_before_it(db: Database, releasing: Releasing, live: str) -> None:
    new = await made(db, releasing, live)
    await went_live(db, releasing, new)
    row = await serving.establish(db, releasing.registry, utcnow())
    assert row["model"] == new
    async with db.read() as tx:
        found = {one["name"]: one for one in await tx.all(select(slots))}
    assert found["green"]["model"] == new and found["green"]["state"] == "starting"
    assert found["blue"]["state"] == "starting" and found["blue"]["until"] is not None


async def test_a_model_of_a_newer_installation_is_followed_but_never_instead_of_a_promoted_one(
    db: Database, releasing: Releasing, live: str
) -> None:
    newer = archive(releasing.registry.installed, "installed anew")
    assert (await serving.establish(db, releasing.registry, utcnow()))["model"] == newer
    await warm(db, "blue", newer)
    promoted = await made(db, releasing, newer)
    await went_live(db, releasing, promoted)
    archive(releasing.registry.installed, "installed once more")
    assert (await serving.establish(db, releasing.registry, utcnow()))["model"] == promoted
    async with db.read() as tx:
        kinds = [one["kind"] for one in await tx.all(select(promotions).order_by(promotions.c.asked_at))]
    assert kinds == ["install", "promote"]
