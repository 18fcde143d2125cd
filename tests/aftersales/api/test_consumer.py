"""A consumer sees and decides his own tickets, and nobody else's."""

from typing import Any

import pytest

from aftersales.api.answers import Detail, Page, Ticket
from aftersales.reading import find
from kernel.db import Database
from tests.aftersales.api.conftest import Api
from tests.aftersales.conftest import at_status, opened

VERBS = ("accept", "reject", "withdraw", "intervene")


async def test_my_tickets_are_mine_and_their_files_can_be_opened(db: Database, api: Api) -> None:
    mine = await opened(db, "k1")
    await opened(db, "k2", consumer_id="u_2")
    found = await api.get("xiaoman", "tickets")
    Page.model_validate(found)
    assert [ticket["id"] for ticket in found["tickets"]] == [mine["id"]]
    assert found["tickets"][0]["evidence"][0]["files"][0]["url"] == "/api/v1/files/f_1?t=signed"


async def test_my_tickets_come_in_pages(db: Database, api: Api) -> None:
    for n in range(3):
        await opened(db, f"k{n}")
    first = await api.get("xiaoman", "tickets?limit=2")
    rest = await api.get("xiaoman", f"tickets?limit=2&cursor={first['next_cursor']}")
    assert [len(first["tickets"]), len(rest["tickets"]), rest["next_cursor"]] == [2, 1, None]


async def test_the_detail_tells_what_happened(db: Database, api: Api) -> None:
    ticket = await at_status(db, "proposal_pending")
    shown = await api.get("xiaoman", f"tickets/{ticket['id']}")
    Detail.model_validate(shown)
    assert [entry["trigger_label"] for entry in shown["ticket"]["history"]] == [
        "提交申请",
        "受理",
        "提出方案",
    ]


async def test_a_proposal_is_accepted(db: Database, api: Api) -> None:
    ticket = await at_status(db, "proposal_pending")
    moved = await api.post("xiaoman", f"tickets/{ticket['id']}/accept", version=ticket["version"])
    Ticket.model_validate(moved)
    assert moved["ticket"]["status"] == "executing"


async def test_a_proposal_is_rejected_with_ones_own_words(db: Database, api: Api) -> None:
    ticket = await at_status(db, "proposal_pending")
    moved = await api.post("xiaoman", f"tickets/{ticket['id']}/reject", reason="想要换新的\0")
    assert moved["ticket"]["status"] == "negotiating"
    assert (await find(db, ticket["id"], history=True))[1]["history"][-1]["reason"] == "想要换新的"


async def test_an_application_is_withdrawn_before_execution_and_not_after(db: Database, api: Api) -> None:
    early, late = await at_status(db, "negotiating", "k1"), await at_status(db, "executing", "k2")
    assert (await api.post("xiaoman", f"tickets/{early['id']}/withdraw"))["ticket"]["status"] == "withdrawn"
    assert await api.error("xiaoman", f"tickets/{late['id']}/withdraw", 409) == "illegal_transition"


async def test_asking_the_platform_in_passes_the_conversation_on(db: Database, api: Api) -> None:
    ticket = await opened(db)
    assert (await api.post("xiaoman", f"tickets/{ticket['id']}/intervene"))["ticket"]["id"] == ticket["id"]
    assert api.asked_in == ["c_1"]


async def test_what_is_finished_is_rated(db: Database, api: Api) -> None:
    closed, running = await at_status(db, "closed", "k1"), await opened(db, "k2")
    rated = await api.post("xiaoman", f"tickets/{closed['id']}/rate", score=5, note="很快")
    Ticket.model_validate(rated)
    assert rated["ticket"]["rating"] == {"score": 5, "service": None, "note": "很快"}
    assert await api.error("xiaoman", f"tickets/{running['id']}/rate", 409, score=5) == "not_closed"


async def test_anothers_ticket_does_not_exist(db: Database, api: Api) -> None:
    ticket = await at_status(db, "proposal_pending")
    path = f"tickets/{ticket['id']}"
    for who in ("dayong", "nameless"):
        assert (await api.get(who, path, 404))["error"]["code"] == "not_found"
        for verb in VERBS:
            assert await api.error(who, f"{path}/{verb}", 404) == "not_found"
        assert await api.error(who, f"{path}/rate", 404, score=1) == "not_found"
        assert (await api.get(who, "tickets"))["tickets"] == []
    assert api.asked_in == []
    assert (await find(db, ticket["id"]))[1] == ticket


async def test_without_a_name_of_his_own_a_consumer_owns_nothing(db: Database, api: Api) -> None:
    ticket = await opened(db, consumer_id="")
    assert (await api.get("nameless", f"tickets/{ticket['id']}", 404))["error"]["code"] == "not_found"


@pytest.mark.parametrize("who", [None, "merchant", "admin"])
async def test_only_consumers_use_the_consumers_face(db: Database, api: Api, who: str | None) -> None:
    ticket = await opened(db)
    assert (await api.get(who, "tickets", 401))["error"]["code"] == "unauthorized"
    for verb in VERBS:
        assert await api.error(who, f"tickets/{ticket['id']}/{verb}", 401) == "unauthorized"


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("accept", {"version": "3"}),
        ("accept", {"version": True}),
        ("reject", {"reason": 5}),
        ("reject", {"reason": "太" * 1001}),
        ("rate", {}),
        ("rate", {"score": 0}),
        ("rate", {"score": "5"}),
        ("rate", {"score": True}),
    ],
)
async def test_a_body_of_another_shape_is_refused(
    db: Database, api: Api, verb: str, body: dict[str, Any]
) -> None:
    ticket = await at_status(db, "proposal_pending")
    assert await api.error("xiaoman", f"tickets/{ticket['id']}/{verb}", 422, **body) == "invalid"


async def test_an_old_version_is_refused(db: Database, api: Api) -> None:
    ticket = await at_status(db, "proposal_pending")
    assert await api.error("xiaoman", f"tickets/{ticket['id']}/accept", 409, version=1) == "stale_ticket"


@pytest.mark.parametrize("query", ["limit=many", "cursor=x"])
async def test_a_bad_page_is_refused(api: Api, query: str) -> None:
    assert (await api.get("xiaoman", f"tickets?{query}", 422))["error"]["message"]


async def test_asking_the_platform_in_keeps_the_reason_and_moves_the_ticket(db: Database, api: Api) -> None:
    ticket = await at_status(db, "negotiating")
    path = f"tickets/{ticket['id']}/intervene"
    moved = (await api.post("xiaoman", path, reason="谈了三天没有结果"))["ticket"]
    assert moved["status"] == "platform_intervention"
    assert api.asked_in == ["c_1"]
    history = (await api.get("xiaoman", f"tickets/{ticket['id']}"))["ticket"]["history"]
    assert history[-1]["reason"] == "谈了三天没有结果"
    over = await at_status(db, "withdrawn", "k2")
    assert await api.error("xiaoman", f"tickets/{over['id']}/intervene", 409) == "illegal_transition"


async def test_the_consumer_sends_goods_back_from_his_ticket(db: Database, api: Api) -> None:
    ticket = await at_status(db, "awaiting_return")
    path = f"tickets/{ticket['id']}/send-back"
    assert await api.error("xiaoman", path, 422, carrier="顺丰速运", waybill_no="一二三四") == "bad_waybill"
    assert await api.error("xiaoman", path, 422) == "invalid"
    moved = await api.post("xiaoman", path, carrier="顺丰速运", waybill_no="sf 7300 0000 01")
    Ticket.model_validate(moved)
    assert moved["ticket"]["phase_label"] == "待收货"
    detail = await api.get("xiaoman", f"tickets/{ticket['id']}")
    Detail.model_validate(detail)
    assert [one["waybill_no"] for one in detail["ticket"]["parcels"]] == ["SF7300000001"]


@pytest.mark.parametrize(
    ("status", "verb", "after"),
    [
        ("withdrawn", "reopen", "submitted"),
        ("pending_evidence", "supply-evidence", "accepted"),
        ("rejected_claim", "appeal", "appeal_review"),
        ("closed", "appeal", "appeal_review"),
    ],
)
async def test_every_step_of_the_consumer_has_its_way_in(
    db: Database, api: Api, status: str, verb: str, after: str
) -> None:
    ticket = await at_status(db, status)
    moved = await api.post("xiaoman", f"tickets/{ticket['id']}/{verb}", reason="还有新的情况")
    assert moved["ticket"]["status"] == after


async def test_any_step_that_the_ticket_offers_can_be_made_by_its_name(db: Database, api: Api) -> None:
    ticket = await at_status(db, "proposal_pending")
    path = f"tickets/{ticket['id']}/transitions"
    assert await api.error("xiaoman", path, 409, trigger="propose", reason="x") == "illegal_transition"
    moved = await api.post("xiaoman", path, trigger="accept_proposal")
    assert moved["ticket"]["phase"] == "refunding"
    assert await api.error("xiaoman", path, 422, trigger="withdraw", colour="red") == "invalid"


async def test_a_consumer_states_his_side(db: Database, api: Api) -> None:
    ticket = await at_status(db, "evidence_period")
    await api.post("xiaoman", f"tickets/{ticket['id']}/statements", 201, text="裂口在杯底，收到就有")
    detail = (await api.get("xiaoman", f"tickets/{ticket['id']}"))["ticket"]
    assert [(one["side_label"], one["name"]) for one in detail["statements"]] == [("消费者", "")]
    assert await api.error("dayong", f"tickets/{ticket['id']}/statements", 404, text="x") == "not_found"


async def test_what_is_still_asked_for_is_supplied_with_files_of_a_later_conversation_too(
    db: Database, api: Api
) -> None:
    ticket = await at_status(db, "pending_evidence", conversation_id="c_old")
    path = f"tickets/{ticket['id']}/supply-evidence"
    assert await api.error("xiaoman", path, 404, text="补上", files=["f_2"]) == "not_found"
    given = (await api.post("xiaoman", path, text="补上", files=["f_1"]))["ticket"]
    extra = given["evidence"][-1]
    assert (given["status"], extra["status"], extra["files"][0]["file_id"]) == ("accepted", "provided", "f_1")
