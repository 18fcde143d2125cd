"""What people see of a ticket, and what they are offered to do with it."""

from typing import Any

import pytest

from aftersales.core.rulebook import Rulebook
from aftersales.views import next_triggers
from kernel.db import Database
from tests.aftersales.conftest import ACTORS, at_status


def offered(ticket: dict[str, Any], by: str, rulebook: Rulebook) -> dict[str, dict[str, Any]]:
    return {step["trigger"]: step for step in next_triggers(ticket, ACTORS[by], rulebook)}


def need(step: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((one for one in step["needs"] if one["name"] == name), None)


@pytest.mark.parametrize(
    ("status", "merchant", "consumer"),
    [
        ("submitted", {"accept", "request_evidence"}, {"withdraw"}),
        ("pending_evidence", {"accept"}, {"supply_evidence", "withdraw"}),
        ("accepted", {"negotiate", "verify", "propose", "agree"}, {"intervene", "withdraw"}),
        ("negotiating", {"verify", "propose", "intervene"}, {"intervene", "withdraw"}),
        ("verifying", {"request_evidence", "propose", "intervene"}, {"intervene", "withdraw"}),
        ("platform_intervention", set(), {"withdraw"}),
        ("awaiting_return", {"intervene"}, {"send_back", "intervene"}),
        ("repairing", {"ship", "quote", "complete", "intervene"}, {"intervene"}),
        ("rejected_claim", set(), {"appeal"}),
        ("archived", set(), set()),
        (
            "proposal_pending",
            {"intervene"},
            {"accept_proposal", "reject_proposal", "intervene", "withdraw"},
        ),
        ("executing", {"complete"}, set()),
        ("closed", {"appeal"}, {"appeal"}),
        ("withdrawn", set(), {"reopen"}),
    ],
)
async def test_everybody_is_offered_his_own_next_steps(
    db: Database, rulebook: Rulebook, status: str, merchant: set[str], consumer: set[str]
) -> None:
    ticket = await at_status(db, status)
    assert set(offered(ticket, "merchant", rulebook)) == merchant
    assert set(offered(ticket, "consumer", rulebook)) == consumer
    assert all(step["label"] for step in next_triggers(ticket, ACTORS["merchant"], rulebook))
    assert {step["trigger"] for step in ticket["steps"]} == consumer


async def test_a_proposal_offers_only_what_the_rulebook_and_the_law_allow(
    db: Database, rulebook: Rulebook
) -> None:
    step = offered(await at_status(db, "accepted"), "merchant", rulebook)["propose"]
    remedy, payer = need(step, "remedy"), need(step, "freight_payer")
    assert remedy
    assert payer
    assert [option["value"] for option in remedy["options"]] == rulebook.issues["quality_damaged"].remedies
    assert [option["label"] for option in payer["options"]] == ["商家承担", "无运费"]
    assert remedy["required"]


async def test_a_refund_along_the_original_route_asks_nobody_for_a_receipt(
    db: Database, rulebook: Rulebook
) -> None:
    step = offered(await at_status(db, "executing"), "merchant", rulebook)["complete"]
    assert need(step, "proof") is None


@pytest.mark.parametrize(("remedy", "asked"), [("exchange", "运单号"), ("repair", "运单号")])
async def test_other_executions_ask_for_their_own_proof(
    db: Database, rulebook: Rulebook, remedy: str, asked: str
) -> None:
    ticket = await at_status(db, {"exchange": "exchanging", "repair": "repairing"}[remedy])
    proof = need(offered(ticket, "platform", rulebook)["complete"], "proof")
    assert proof == {"name": "proof", "label": asked, "type": "text", "required": True}


async def test_a_refund_without_an_order_asks_for_the_receipt(db: Database, rulebook: Rulebook) -> None:
    ticket = await at_status(db, "executing", order_line=None)
    proof = need(offered(ticket, "platform", rulebook)["complete"], "proof")
    assert proof
    assert proof["label"] == "退款流水号"
