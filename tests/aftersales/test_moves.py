"""Moving and rating tickets, on SQLite and on PostgreSQL."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from aftersales import tickets as verbs
from aftersales.core.rulebook import Rulebook
from aftersales.core.table import TABLE, row_for
from aftersales.core.ticket import (
    IllegalTransition,
    NotAllowed,
    Phase,
    Status,
    TicketMoved,
    TicketOpened,
    roles_of,
)
from aftersales.ledger import refunds
from aftersales.store import tickets, transitions
from kernel.db import Database, Tx
from kernel.errors import DomainError
from tests.aftersales.conftest import (
    ACTORS,
    CLAUSE,
    LATER,
    at_status,
    move,
    opened,
)

TRIGGERS = sorted({trigger for _, trigger in TABLE})
# Fields that satisfy every row of the table.
FILLED = {
    "remedy": "refund_only",
    "proof": "RF20261124000001",
    "liability": "merchant",
    "clause": CLAUSE,
    "carrier": "顺丰速运",
    "waybill_no": "SF7300000009",
    "amount_fen": 100,
}
PLACES = [status.value for status in Status if status is not Status.EXECUTING] + [
    phase.value for phase in Phase
]
# Refused for another reason than the table's: no quote was made, nothing was sent, the same person judges twice.
REFUSED = {
    ("repairing", "accept_quote", "consumer"): "no_quote",
    ("repairing", "refuse_quote", "consumer"): "no_quote",
    ("exchanging", "complete", "merchant"): "not_shipped",
    ("reshipping", "complete", "merchant"): "not_shipped",
    ("repairing", "complete", "merchant"): "not_shipped",
    ("appeal_review", "uphold_appeal", "arbiter"): "same_person",
    ("appeal_review", "dismiss_appeal", "arbiter"): "same_person",
}


async def count(db: Database, table: Any) -> int:
    async with db.read() as tx:
        return int(await tx.scalar(select(func.count()).select_from(table)))


async def refused(code: str, status: int, coming: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        await coming
    assert (caught.value.code, caught.value.status) == (code, status)
    return caught.value


async def refused_as(code: str, coming: Any) -> None:
    with pytest.raises(DomainError) as caught:
        await coming
    assert caught.value.code == code


# ---- moving


@pytest.mark.parametrize("place", PLACES)
async def test_every_trigger_by_every_actor_does_what_the_table_says(db: Database, place: str) -> None:
    ticket = await at_status(db, place)
    status, phase = Status(ticket["status"]), Phase(ticket["phase"]) if ticket["phase"] else None
    async with db.read() as tx:
        before = dict((await tx.all(select(tickets)))[0])
    for trigger in TRIGGERS:
        for actor in ACTORS:
            try:
                to = row_for(status, trigger, roles_of(ACTORS[actor], "m_1"), phase).to.value
            except (IllegalTransition, NotAllowed) as expected:
                history = await count(db, transitions)
                await refused(
                    expected.code, expected.status, move(db, ticket["id"], trigger, actor, **FILLED)
                )
                assert await count(db, transitions) == history
                continue
            if (place, trigger, actor) in REFUSED:
                await refused_as(
                    REFUSED[place, trigger, actor], move(db, ticket["id"], trigger, actor, **FILLED)
                )
                continue
            moved = await move(db, ticket["id"], trigger, actor, **FILLED)
            assert (moved["status"], moved["version"]) == (to, before["version"] + 1)
            async with db.write() as tx:
                await tx.execute(update(tickets).values(before))
                await tx.execute(delete(refunds))


async def test_the_whole_way_is_kept_in_the_history(db: Database, rulebook: Rulebook) -> None:
    ticket = await opened(db)
    for trigger, by, data in (
        ("accept", "merchant", {}),
        ("propose", "merchant", {"remedy": "exchange", "note": "换一只新的"}),
        ("reject_proposal", "consumer", {"reason": "不想换了"}),
        ("propose", "merchant", {"remedy": "refund_only"}),
        ("accept_proposal", "consumer", {"reason": ""}),
        ("complete", "merchant", {"proof": "RF20261124000001"}),
    ):
        ticket = await move(db, ticket["id"], trigger, by, **data)
    row, shown = await verbs.find(db, ticket["id"], history=True)
    assert [(h["trigger"], h["actor_kind"], h["to"]) for h in shown["history"]] == [
        ("open", "consumer", "submitted"),
        ("accept", "merchant", "accepted"),
        ("propose", "merchant", "proposal_pending"),
        ("reject_proposal", "consumer", "negotiating"),
        ("propose", "merchant", "proposal_pending"),
        ("accept_proposal", "consumer", "executing"),
        ("complete", "merchant", "closed"),
    ]
    assert shown["history"][3]["reason"] == "不想换了"
    assert shown["history"][5]["reason"] == "同意方案"
    assert shown["history"][0]["trigger_label"] == "提交申请"
    assert (shown["status_label"], shown["proof"]) == ("完结", "RF20261124000001")
    assert (row["closed_at"], row["due_at"], row["version"]) == (LATER, LATER + timedelta(days=7), 7)
    async with db.read() as tx:
        assert await tx.scalar(select(func.count(transitions.c.rule_version.distinct()))) == 1
        assert await tx.scalar(select(transitions.c.rule_version).limit(1)) == rulebook.version


async def test_a_proposal_is_shown_with_its_amount_and_clause(db: Database) -> None:
    ticket = await at_status(db, "accepted")
    moved = await move(db, ticket["id"], "propose", remedy="return_refund", amount_fen=15000)
    assert moved["proposal"]["amount_fen"] == 15000
    assert moved["proposal"]["clause"] == "《消费者权益保护法》第24条"
    assert (moved["remedy"], moved["remedy_label"]) == ("return_refund", "退货退款")
    assert moved["due_label"] == "11月27日 12:05前确认"


async def test_execution_is_due_as_its_phase_is(db: Database) -> None:
    for phase, due in (
        ("refunding", "11月25日 12:05前处理完"),
        ("awaiting_return", "12月1日 12:05前寄出"),
        ("awaiting_receipt", "12月4日 12:05前确认收货"),
        ("repairing", "12月24日 12:05前处理完"),
        ("reshipping", "11月26日 12:05前处理完"),
    ):
        ticket = await at_status(db, phase, key=phase)
        assert (ticket["phase"], ticket["due_label"]) == (phase, due)


@pytest.mark.parametrize(
    ("status", "trigger", "data", "field"),
    [
        ("submitted", "request_evidence", {"reason": "  "}, "reason"),
        ("accepted", "propose", {}, "remedy"),
        ("accepted", "propose", {"remedy": "refund_only", "reason": ""}, "reason"),
        ("accepted", "propose", {"remedy": "goodwill"}, "amount_fen"),
        ("accepted", "agree", {}, "remedy"),
        ("executing", "complete", {}, "proof"),
    ],
)
async def test_what_a_step_needs_has_to_be_given(
    db: Database, status: str, trigger: str, data: dict[str, Any], field: str
) -> None:
    ticket = await at_status(db, status)
    with pytest.raises(DomainError) as caught:
        await move(db, ticket["id"], trigger, **data)
    assert (caught.value.status, caught.value.details["field"]) == (422, field)
    assert (await verbs.find(db, ticket["id"]))[1] == ticket


async def test_nothing_is_closed_without_a_proof_of_its_remedy(db: Database) -> None:
    ticket = await at_status(db, "exchanging")
    error = await refused(
        "missing_proof", 422, move(db, ticket["id"], "complete", "platform", proof="明天寄")
    )
    assert error.message == "完结前请填写运单号"
    await refused("not_shipped", 409, move(db, ticket["id"], "complete", proof="顺丰 SF7300000001"))
    await move(db, ticket["id"], "ship", carrier="顺丰速运", waybill_no="SF7300000002")
    await refused("not_signed_for", 409, move(db, ticket["id"], "complete", proof="顺丰 SF7300000002"))
    # Where tracking knows nothing, the platform may take the number as proof.
    closed = await move(db, ticket["id"], "complete", "platform", proof="顺丰 SF7300000002")
    assert (closed["status_label"], closed["proof"]) == ("完结", "顺丰 SF7300000002")


async def test_a_withdrawn_ticket_is_no_closed_one_and_can_be_submitted_again(db: Database) -> None:
    ticket = await at_status(db, "withdrawn")
    assert (ticket["status_label"], ticket["due_label"]) == ("已撤销", "12月1日 12:05前可以重新提交")
    assert ticket["closed_at"]
    again = await move(db, ticket["id"], "reopen", "consumer")
    assert (again["status"], again["closed_at"], again["due_label"]) == (
        "submitted",
        None,
        "11月24日 14:05前受理",
    )


async def test_a_step_on_an_old_version_is_refused_and_told_the_new_one(db: Database) -> None:
    ticket = await opened(db)
    await move(db, ticket["id"], "accept", version=1)
    error = await refused("stale_ticket", 409, move(db, ticket["id"], "negotiate", version=1))
    assert error.details == {"version": 2}
    assert (await move(db, ticket["id"], "negotiate", version=2))["version"] == 3


async def test_of_many_who_accept_at_once_exactly_one_succeeds(db: Database) -> None:
    ticket = await opened(db)
    done = await asyncio.gather(*(move(db, ticket["id"], "accept") for _ in range(8)), return_exceptions=True)
    assert len([one for one in done if isinstance(one, dict)]) == 1
    assert {type(one) for one in done if not isinstance(one, dict)} == {IllegalTransition}
    assert await count(db, transitions) == 2


async def test_consent_and_withdrawal_at_once_never_both_count(db: Database) -> None:
    for n in range(6):
        ticket = await at_status(db, "proposal_pending", key=f"k{n}")
        done = await asyncio.gather(
            move(db, ticket["id"], "accept_proposal", "consumer"),
            move(db, ticket["id"], "withdraw", "system"),
            return_exceptions=True,
        )
        assert len([one for one in done if isinstance(one, dict)]) == 1


async def test_an_unknown_ticket_is_not_found(db: Database) -> None:
    await refused("not_found", 404, move(db, "AX20261124999999", "accept"))


async def test_a_very_long_reason_is_cut(db: Database) -> None:
    ticket = await opened(db)
    await move(db, ticket["id"], "request_evidence", reason="标" * 5000)
    history = (await verbs.find(db, ticket["id"], history=True))[1]["history"]
    assert len(history[-1]["reason"]) == 1000


# ---- events


async def test_every_move_is_told_in_its_own_transaction(db: Database) -> None:
    told: list[Any] = []

    async def hear(tx: Tx, event: Any) -> None:
        told.append((event, await tx.scalar(select(tickets.c.status))))

    db.handlers |= {TicketOpened: [hear], TicketMoved: [hear]}
    ticket = await at_status(db, "proposal_pending")
    await move(db, ticket["id"], "accept_proposal", "consumer")
    assert [status for _, status in told] == ["submitted", "accepted", "proposal_pending", "executing"]
    first, *moves = [event for event, _ in told]
    assert first.text == f"已为您提交售后申请，工单号 {ticket['id']}（商品破损）。"
    assert moves[1].text == "处理方案：仅退款 199.00 元。请您确认，不同意也可以继续协商。"
    assert (moves[2].from_status, moves[2].to_status, moves[2].actor) == (
        "proposal_pending",
        "executing",
        ACTORS["consumer"],
    )
    assert moves[2].view["version"] == 4


async def test_a_step_that_nobody_could_be_told_of_was_not_made(db: Database) -> None:
    ticket = await opened(db)

    async def fail(_tx: Tx, _event: Any) -> None:
        raise RuntimeError("the record is full")

    db.handlers[TicketMoved] = [fail]
    with pytest.raises(RuntimeError):
        await move(db, ticket["id"], "accept")
    assert (await verbs.find(db, ticket["id"]))[1] == ticket


# ---- rating


async def test_a_closed_ticket_is_rated_by_its_consumer(db: Database) -> None:
    ticket = await at_status(db, "closed")
    rated = await verbs.rate(db, ticket["id"], "u_1", 4, "挺快的")
    assert rated["rating"] == {"score": 4, "service": None, "note": "挺快的"}
    assert (await verbs.rate(db, ticket["id"], "u_1", 5, "", 3))["rating"]["score"] == 5
    assert (await verbs.find(db, ticket["id"]))[1]["rating"] == {"score": 5, "service": 3, "note": ""}


async def test_nobody_else_and_nothing_unfinished_is_rated(db: Database) -> None:
    closed, running = await at_status(db, "closed"), await opened(db, key="k2")
    await refused("not_found", 404, verbs.rate(db, closed["id"], "u_2", 5, ""))
    await refused("not_closed", 409, verbs.rate(db, running["id"], "u_1", 5, ""))
    for score in (0, 6):
        await refused("bad_score", 422, verbs.rate(db, closed["id"], "u_1", score, ""))


# ---- a counter-offer


async def test_a_consumer_who_disagrees_may_say_what_he_wants_instead(db: Database) -> None:
    told: list[TicketMoved] = []

    async def hear(_tx: Tx, event: TicketMoved) -> None:
        told.append(event)

    ticket = await at_status(db, "proposal_pending")
    db.handlers[TicketMoved] = [hear]
    moved = await move(
        db, ticket["id"], "reject_proposal", "consumer", reason="", remedy="goodwill", amount_fen=3000
    )
    assert (moved["status"], moved["remedy"]) == ("negotiating", "goodwill")
    assert told[0].text == "您不同意这个方案，我们继续协商。您希望：补偿 30.00 元。"
    for wish, code in (
        ({"remedy": "repair"}, "remedy_not_allowed"),
        ({"remedy": "goodwill", "amount_fen": 19901}, "amount_too_high"),
    ):
        again = await at_status(db, "proposal_pending", key=str(wish))
        await refused(code, 422, move(db, again["id"], "reject_proposal", "consumer", **wish))
