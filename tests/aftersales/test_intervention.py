"""Platform intervention: both sides state, a person signs, two sign large sums, another one hears the appeal."""

from typing import Any

import pytest
from sqlalchemy import select

from aftersales import statements, tickets
from aftersales.core.order import PaymentPart
from aftersales.core.ticket import Actor
from aftersales.effects import PLATFORM_JOB
from aftersales.ledger import refunds
from kernel import jobs
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.conftest import (
    ACTORS,
    CLAUSE,
    DENIAL,
    LATER,
    RULING,
    at_status,
    move,
    opened,
    order_line,
)

DEAR = order_line(paid_fen=260_000, payment=(PaymentPart("微信支付", 260_000),))
COLLEAGUE = Actor("merchant", "a_7", "许诺", "m_1")


async def code(coming: Any) -> str:
    with pytest.raises(DomainError) as caught:
        await coming
    return caught.value.code


async def test_asking_the_platform_in_also_passes_the_conversation_on(db: Database) -> None:
    ticket = await at_status(db, "platform_intervention")
    async with db.read() as tx:
        (job,) = await tx.all(select(jobs.jobs).where(jobs.jobs.c.kind == PLATFORM_JOB))
    assert job["payload"] == {"conversation_id": "c_1"}
    assert ticket["next_step"] == "平台客服会接手，请双方提交凭证"


async def test_a_ruling_names_liability_clause_reason_and_its_signer(db: Database) -> None:
    ticket = await at_status(db, "adjudicating")
    ruled = await move(db, ticket["id"], "adjudicate", "arbiter", reason="外壳开裂与照片一致", **RULING)
    assert (ruled["status"], ruled["phase"]) == ("executing", "awaiting_return")
    found = ruled["adjudication"]
    assert (found["outcome"], found["liability_label"], found["clause"]) == ("supported", "商家", CLAUSE)
    assert found["proposal"]["remedy"] == "return_refund"
    row, _ = await tickets.find(db, ticket["id"])
    assert row["rulings"][0]["signed_by"] == {"id": "a_3", "name": "沈岚"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"liability": "somebody"}, "bad_liability"),
        ({"clause": "《民法典》第1条"}, "bad_clause"),
        ({"remedy": "repair"}, "remedy_not_allowed"),
        ({"remedy": "refund_only", "amount_fen": 19901}, "amount_too_high"),
        ({"liability": None}, "missing_field"),
        ({"clause": ""}, "missing_field"),
        ({"reason": " "}, "missing_field"),
    ],
)
async def test_a_ruling_outside_the_rulebook_is_refused(
    db: Database, data: dict[str, Any], expected: str
) -> None:
    ticket = await at_status(db, "adjudicating")
    assert await code(move(db, ticket["id"], "adjudicate", "arbiter", **(RULING | data))) == expected


async def test_the_platform_may_decide_on_a_refund_without_return_case_by_case(db: Database) -> None:
    ticket = await at_status(db, "adjudicating", sub_type="quality_defect", collected={})
    ruled = await move(
        db, ticket["id"], "adjudicate", "arbiter", **(RULING | {"remedy": "refund_only", "amount_fen": 5000})
    )
    assert ruled["phase"] == "refunding"
    async with db.read() as tx:
        (refund,) = await tx.all(select(refunds))
    assert refund["amount_fen"] == 5000


async def test_a_refused_claim_explains_itself_and_is_heard_by_another_person(db: Database) -> None:
    ticket = await at_status(db, "appeal_review")
    assert (
        await code(move(db, ticket["id"], "uphold_appeal", "arbiter", reason="再看", **RULING))
        == "same_person"
    )
    upheld = await move(
        db,
        ticket["id"],
        "uphold_appeal",
        "platform",
        reason="补充的照片清楚",
        **(RULING | {"remedy": "refund_only"}),
    )
    assert (upheld["status"], upheld["adjudication"]["outcome"]) == ("executing", "supported")
    row, _ = await tickets.find(db, ticket["id"])
    assert [one["trigger"] for one in row["rulings"]] == ["reject_claim", "uphold_appeal"]


async def test_a_dismissed_appeal_ends_with_the_ruling_as_proof(db: Database) -> None:
    ticket = await at_status(db, "appeal_review")
    ended = await move(db, ticket["id"], "dismiss_appeal", "platform", reason="没有新的凭证", **DENIAL)
    assert (ended["status_label"], ended["proof"]) == ("完结", "判定书已送达消费者")


async def test_money_after_an_appeal_is_a_payment_of_its_own(db: Database) -> None:
    ticket = await at_status(db, "closed")  # 199.00 were agreed on
    await move(db, ticket["id"], "appeal", "merchant", reason="金额算错")
    await move(
        db,
        ticket["id"],
        "uphold_appeal",
        "platform",
        reason="另赔运费",
        **(RULING | {"remedy": "compensation", "amount_fen": 1200}),
    )
    async with db.read() as tx:
        paid = {row["key"]: row["amount_fen"] for row in await tx.all(select(refunds))}
    assert paid == {f"{ticket['id']}:refund": 19900, f"{ticket['id']}:refund:2": 1200}


# ---- two signatures


async def test_a_large_sum_waits_for_a_second_person_of_the_same_side(db: Database) -> None:
    ticket = await at_status(db, "accepted", order_line=DEAR)
    waiting = await move(db, ticket["id"], "agree", remedy="refund_only", reason="照片清楚")
    assert (waiting["status"], waiting["proposal"]) == ("accepted", None)
    for who, expected in (
        (ACTORS["merchant"], "same_person"),
        (ACTORS["platform"], "not_allowed"),
        (ACTORS["consumer"], "not_allowed"),
        (Actor("merchant", "a_9", "别家", "m_2"), "not_allowed"),
    ):
        assert await code(tickets.countersign(db, ticket["id"], who, agrees=True, now=LATER)) == expected
    done = await tickets.countersign(db, ticket["id"], COLLEAGUE, agrees=True, now=LATER)
    assert (done["status"], done["proposal"]["amount_fen"]) == ("executing", 260_000)
    _, shown = await tickets.find(db, ticket["id"], history=True)
    assert [entry["trigger_label"] for entry in shown["history"]][-2:] == ["提交复核", "同意消费者的诉求"]
    assert (
        await code(tickets.countersign(db, ticket["id"], COLLEAGUE, agrees=True, now=LATER))
        == "nothing_to_sign"
    )


async def test_a_decision_sent_back_moves_nothing(db: Database) -> None:
    ticket = await at_status(db, "adjudicating", order_line=DEAR)
    await move(db, ticket["id"], "adjudicate", "arbiter", **RULING)
    back = await tickets.countersign(
        db, ticket["id"], ACTORS["platform"], agrees=False, reason="金额偏高", now=LATER
    )
    assert (back["status"], back["adjudication"]) == ("adjudicating", None)
    row, _ = await tickets.find(db, ticket["id"])
    assert row["pending_decision"] is None


async def test_both_signatures_stand_under_a_large_ruling(db: Database) -> None:
    ticket = await at_status(db, "adjudicating", order_line=DEAR)
    await move(db, ticket["id"], "adjudicate", "arbiter", **RULING)
    await tickets.countersign(db, ticket["id"], ACTORS["platform"], agrees=True, now=LATER)
    row, _ = await tickets.find(db, ticket["id"])
    (ruling,) = row["rulings"]
    assert (ruling["signed_by"]["id"], ruling["countersigned_by"]["id"]) == ("a_3", "a_2")


async def test_what_was_waiting_is_void_when_the_case_moves_on(db: Database) -> None:
    ticket = await at_status(db, "accepted", order_line=DEAR)
    await move(db, ticket["id"], "agree", remedy="refund_only")
    await move(db, ticket["id"], "withdraw", "consumer")
    assert (
        await code(tickets.countersign(db, ticket["id"], COLLEAGUE, agrees=True, now=LATER))
        == "nothing_to_sign"
    )


# ---- what both sides state


async def test_each_side_sees_its_own_and_the_platform_both(db: Database) -> None:
    ticket = await at_status(db, "evidence_period")
    photo = {"file_id": "f_1", "kind": "image", "sha256": "a" * 64}
    await statements.add(db, ticket["id"], ACTORS["consumer"], "裂口在杯底", [photo], LATER)
    await statements.add(db, ticket["id"], ACTORS["merchant"], "出库时完好，有视频", [], LATER)
    async with db.read() as tx:
        seen = {
            side: [one["side"] for one in await statements.of_ticket(tx, ticket["id"], side)]
            for side in ("consumer", "merchant", "platform")
        }
    assert seen == {
        "consumer": ["consumer"],
        "merchant": ["merchant"],
        "platform": ["consumer", "merchant"],
    }


async def test_nothing_empty_and_nothing_after_the_end_is_stated(db: Database) -> None:
    running, over = await opened(db), await at_status(db, "withdrawn", key="k2")
    assert await code(statements.add(db, running["id"], ACTORS["consumer"], "  ", [], LATER)) == "empty"
    assert await code(statements.add(db, over["id"], ACTORS["consumer"], "还有", [], LATER)) == "over"
    assert await code(statements.add(db, "AX1", ACTORS["consumer"], "还有", [], LATER)) == "not_found"


# ---- a second request


async def test_a_later_request_keeps_its_reason_and_is_answered_whole(db: Database) -> None:
    ticket = await at_status(db, "verifying")
    asked = await move(db, ticket["id"], "request_evidence", ask="杯底编号的照片", reason="编号与出库不一致")
    extra = asked["evidence"][-1]
    assert (extra["label"], extra["required"], extra["status"]) == ("杯底编号的照片", True, "missing")
    photo = {"file_id": "f_2", "kind": "image", "sha256": "b" * 64}
    given = await move(db, ticket["id"], "supply_evidence", "consumer", text="在这里", files=[photo])
    assert (given["status"], given["evidence"][-1]["status"]) == ("accepted", "provided")
    assert [one["status"] for one in given["evidence"]][:2] == ["provided", "provided"]


async def test_saying_that_there_is_nothing_more_is_an_answer(db: Database) -> None:
    ticket = await at_status(db, "pending_evidence")
    given = await move(db, ticket["id"], "supply_evidence", "consumer")
    assert (given["status"], given["evidence"][-1]["status"]) == ("accepted", "waived")
