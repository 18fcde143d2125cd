"""A parcel is followed from its number to its signature, and its waybill proves what was sent."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales import execution, parcels
from aftersales.core.executed import ParcelSigned
from aftersales.gateways.logistics import DemoLogistics
from aftersales.gateways.trouble import Trouble
from kernel import jobs
from kernel.db import Database, Row
from kernel.errors import DomainError
from tests.aftersales.conftest import ACTORS, LATER, NOW, at_status, move


class Hands:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


async def sent(db: Database, ticket_id: str = "AX1", kind: str = "return", number: str = "SF73000001") -> Row:
    async with db.write() as tx:
        return await parcels.send(tx, ticket_id, kind, "顺丰速运", number, NOW)


async def follow(db: Database, logistics: DemoLogistics, hands: Hands, until: datetime) -> list[str]:
    """Runs the looks as they come due; the states seen."""
    seen = []
    while hands.now < until:
        for row in await jobs.claim_due(db, hands.now):
            if row["kind"] == parcels.TRACK_JOB:
                await parcels.handle_track(db, logistics, row["payload"], hands.now)
                await jobs.finish(db, row["id"])
                async with db.read() as tx:
                    seen += [one["state"] for one in await parcels.of_ticket(tx, "AX1")]
        hands.now += timedelta(minutes=30)
    return seen


def listening(db: Database) -> list[ParcelSigned]:
    told: list[ParcelSigned] = []

    async def hear(_tx: Any, event: ParcelSigned) -> None:
        told.append(event)

    db.handlers[ParcelSigned] = [hear]
    return told


@pytest.mark.parametrize("away", [0.0, 0.5])
async def test_a_parcel_is_followed_until_it_is_signed_for_and_told_once(db: Database, away: float) -> None:
    told, hands = listening(db), Hands()
    await sent(db)
    seen = await follow(db, DemoLogistics(hands, trouble=Trouble(away=away)), hands, NOW + timedelta(days=4))
    assert list(dict.fromkeys(seen))[-1] == "signed" and seen.count("signed") == 1
    (event,) = told
    assert (event.ticket_id, event.kind, event.waybill_no) == ("AX1", "return", "SF73000001")
    assert NOW < event.signed_at <= event.at
    async with db.read() as tx:
        (row,) = await parcels.of_ticket(tx, "AX1")
    shown = parcels.shown(row)
    assert shown["signed_at"] and shown["traces"][-1]["text"].startswith("已签收")


async def test_the_same_number_is_one_parcel_however_it_is_typed(db: Database) -> None:
    first = await sent(db, number="SF73000001")
    again = await sent(db, number=" ｓｆ7300 0001 ")
    assert again["id"] == first["id"]
    other = await sent(db, number="SF73000002")
    assert other["id"] != first["id"]


@pytest.mark.parametrize("number", ["", "已经寄了", "SF1", "SF7300/0001", "ABCDEFGH", "1" * 41])
async def test_what_is_no_waybill_number_is_refused(db: Database, number: str) -> None:
    with pytest.raises(DomainError, match="bad_waybill"):
        await sent(db, number=number)


@given(st.text())
def test_whatever_is_typed_is_a_clean_number_or_refused(typed: str) -> None:
    try:
        number, _ = parcels.checked("顺丰", typed)
    except DomainError as error:
        assert error.code == "bad_waybill"
    else:
        assert parcels.checked("顺丰", number)[0] == number
        assert number.isascii() and 6 <= len(number) <= 40


async def test_a_lost_parcel_is_looked_for_and_at_last_left(db: Database) -> None:
    told, hands = listening(db), Hands()
    await sent(db)
    logistics = DemoLogistics(hands, trouble=Trouble(refused=1.0))
    seen = await follow(db, logistics, hands, NOW + parcels.GIVE_UP + timedelta(days=1))
    assert seen[-1] == "lost" and told == []
    assert await jobs.claim_due(db, hands.now + timedelta(days=30)) == []


async def test_the_waybill_of_what_was_sent_is_the_proof_of_an_exchange(db: Database) -> None:
    ticket = await at_status(db, "accepted")
    ticket = await move(db, ticket["id"], "agree", remedy="exchange")
    assert not await execution.finish(db, ticket["id"], LATER)
    await sent(db, ticket["id"], "return", "YT73000009")
    assert not await execution.finish(
        db, ticket["id"], LATER
    )  # what came back proves nothing of what was sent
    await sent(db, ticket["id"], "exchange", "SF73000001")
    closed = await execution.complete(
        db, None, ticket["id"], ACTORS["merchant"], reason="", data={}, expected_version=None, now=LATER  # type: ignore[arg-type]
    )  # fmt: skip
    assert (closed["status_label"], closed["proof"]) == ("完结", "顺丰速运 SF73000001")
    assert not await execution.finish(db, ticket["id"], LATER)
