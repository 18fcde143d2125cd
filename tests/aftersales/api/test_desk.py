"""Staff see the tickets of their party and move them along the table."""

import json
from typing import Any

import pytest

from aftersales.api.answers import DeskDetail, Page, Statement
from kernel.db import Database
from tests.aftersales.api.conftest import PEOPLE, Api
from tests.aftersales.conftest import CLAUSE, at_status, move, opened, order_line

DESK = "desk/tickets"
ALL = ("platform", "supervisor", "admin")


async def three(db: Database) -> dict[str, str]:
    """A ticket of each merchant and one without."""
    return {
        "m_1": (await opened(db, "k1"))["id"],
        "m_2": (await opened(db, "k2", order_line=order_line(merchant_id="m_2")))["id"],
        "platform": (await opened(db, "k3", order_line=None))["id"],
    }


async def test_a_merchants_agent_sees_his_merchants_tickets_and_the_platform_sees_all(
    db: Database, api: Api
) -> None:
    made = await three(db)
    seen: dict[str, set[str]] = {}
    for who in ("merchant", "other_merchant", *ALL):
        found = await api.get(who, DESK)
        Page.model_validate(found)
        seen[who] = {ticket["id"] for ticket in found["tickets"]}
        for ticket_id in made.values():
            await api.get(who, f"{DESK}/{ticket_id}", 200 if ticket_id in seen[who] else 404)
    assert seen == {
        "merchant": {made["m_1"]},
        "other_merchant": {made["m_2"]},
        **{who: set(made.values()) for who in ALL},
    }


async def test_another_merchants_ticket_cannot_be_found_by_searching_nor_moved(
    db: Database, api: Api
) -> None:
    made = await three(db)
    assert (await api.get("merchant", f"{DESK}?q={made['m_2']}"))["tickets"] == []
    path = f"{DESK}/{made['m_2']}/transitions"
    assert await api.error("merchant", path, 404, trigger="accept") == "not_found"


@pytest.mark.parametrize(("who", "status"), [("trainer", 403), (None, 401), ("xiaoman", 401)])
async def test_who_handles_no_tickets_sees_none(db: Database, api: Api, who: str | None, status: int) -> None:
    ticket = await opened(db)
    await api.get(who, DESK, status)
    await api.get(who, f"{DESK}/{ticket['id']}", status)
    await api.post(who, f"{DESK}/{ticket['id']}/transitions", status, trigger="accept")


async def test_the_list_is_filtered_and_paged(db: Database, api: Api) -> None:
    await at_status(db, "accepted", "k1")
    await opened(db, "k2", consumer_name="林小满")
    assert len((await api.get("admin", f"{DESK}?status=accepted"))["tickets"]) == 1
    assert len((await api.get("admin", f"{DESK}?q=林小满"))["tickets"]) == 1
    assert len((await api.get("admin", f"{DESK}?status=&q="))["tickets"]) == 2
    first = await api.get("admin", f"{DESK}?limit=1")
    rest = await api.get("admin", f"{DESK}?limit=1&cursor={first['next_cursor']}")
    assert first["tickets"][0]["id"] != rest["tickets"][0]["id"]


@pytest.mark.parametrize("status", ["submitted", "accepted", "proposal_pending", "executing", "closed"])
async def test_the_detail_keeps_its_description_in_every_status(db: Database, api: Api, status: str) -> None:
    ticket = await at_status(db, status)
    shown = await api.get("merchant", f"{DESK}/{ticket['id']}")
    DeskDetail.model_validate(shown)
    assert shown["ticket"]["history"][0]["trigger"] == "open"


async def test_a_ticket_is_brought_to_its_end_by_what_the_desk_is_offered(db: Database, api: Api) -> None:
    ticket = await opened(db)
    path = f"{DESK}/{ticket['id']}"
    for trigger, body in (
        ("accept", {}),
        ("propose", {"remedy": "refund_only", "amount_fen": 9900, "reason": "确为破损"}),
    ):
        assert trigger in [step["trigger"] for step in (await api.get("merchant", path))["ticket"]["next"]]
        shown = await api.post("merchant", f"{path}/transitions", trigger=trigger, **body)
        DeskDetail.model_validate(shown)
    assert [step["trigger"] for step in shown["ticket"]["next"]] == ["intervene"]
    await api.post("xiaoman", f"tickets/{ticket['id']}/accept")
    version = (await api.get("merchant", path))["ticket"]["version"]
    done = (await api.post("merchant", f"{path}/transitions", trigger="complete", version=version))["ticket"]
    assert (done["status_label"], [step["trigger"] for step in done["next"]]) == ("完结", ["appeal"])
    assert done["proof"].endswith("金额 99.00 元")
    assert [entry["actor_name"] for entry in done["history"]] == ["小满", "林晓", "林晓", "小满", "林晓"]


async def test_the_platform_acts_as_the_platform(db: Database, api: Api) -> None:
    ticket = await at_status(db, "platform_intervention")
    path = f"{DESK}/{ticket['id']}/transitions"
    assert await api.error("merchant", path, 403, trigger="take_up") == "not_allowed"
    shown = await api.post("platform", path, trigger="take_up")
    assert shown["ticket"]["history"][-1]["actor_kind"] == "platform"
    for trigger, body in (
        ("close_evidence", {}),
        (
            "adjudicate",
            {"remedy": "refund_only", "liability": "merchant", "clause": CLAUSE, "reason": "照片清楚"},
        ),
    ):
        shown = await api.post("platform", path, trigger=trigger, **body)
        DeskDetail.model_validate(shown)
    assert shown["ticket"]["adjudication"]["liability_label"] == "商家"


async def test_the_platform_does_not_take_a_merchants_steps(db: Database, api: Api) -> None:
    ticket = await opened(db)
    path = f"{DESK}/{ticket['id']}"
    assert await api.error("platform", f"{path}/transitions", 403, trigger="accept") == "not_allowed"
    assert (await api.get("platform", path))["ticket"]["next"] == []
    own = await opened(db, "k2", order_line=None)
    assert (await api.get("platform", f"{DESK}/{own['id']}"))["ticket"]["next"] != []


async def test_a_large_sum_is_signed_by_a_second_person(db: Database, api: Api) -> None:
    ticket = await at_status(db, "accepted", order_line=order_line(paid_fen=260_000))
    path = f"{DESK}/{ticket['id']}"
    given = {"trigger": "agree", "remedy": "refund_only", "reason": "照片清楚"}
    shown = await api.post("merchant", f"{path}/transitions", **given)
    DeskDetail.model_validate(shown)
    waiting = shown["ticket"]["pending_decision"]
    assert (waiting["mine"], waiting["amount_fen"], waiting["by_name"]) == (True, 260_000, "林晓")
    assert await api.error("merchant", f"{path}/countersign", 403, agrees=True) == "same_person"
    assert await api.error("merchant", f"{path}/countersign", 422) == "invalid"


async def test_what_a_side_states_is_kept_with_its_files(db: Database, api: Api) -> None:
    ticket = await at_status(db, "evidence_period")
    path = f"{DESK}/{ticket['id']}/statements"
    kept = await api.post("merchant", path, 201, text="出库视频可以提供")
    Statement.model_validate(kept)
    assert await api.error("merchant", path, 422, text=" ") == "empty"
    assert await api.error("merchant", path, 404, text="看图", files=["f_of_another"]) == "not_found"
    seen = (await api.get("platform", f"{DESK}/{ticket['id']}"))["ticket"]["statements"]
    assert [one["text"] for one in seen] == ["出库视频可以提供"]


async def test_what_has_waited_too_long_is_found(db: Database, api: Api) -> None:
    late = await at_status(db, "platform_intervention", "k1")
    await opened(db, "k2")
    await move(db, late["id"], "escalate", "system")
    found = (await api.get("admin", f"{DESK}?escalated=1"))["tickets"]
    assert [(one["id"], one["escalated"]) for one in found] == [(late["id"], True)]


@pytest.mark.parametrize("who", ["merchant", "admin"])
async def test_nobody_at_the_desk_consents_for_the_consumer(db: Database, api: Api, who: str) -> None:
    ticket = await at_status(db, "proposal_pending")
    path = f"{DESK}/{ticket['id']}/transitions"
    for trigger in ("accept_proposal", "reject_proposal", "withdraw"):
        assert await api.error(who, path, 403, trigger=trigger) == "not_allowed"


@pytest.mark.parametrize(
    ("body", "expected", "status"),
    [
        ({}, "invalid", 422),
        ({"trigger": "accept", "colour": "red"}, "invalid", 422),
        ({"trigger": "propose", "remedy": "refund_only", "reason": "x", "amount_fen": "100"}, "invalid", 422),
        ({"trigger": "propose", "remedy": "refund_only", "reason": "x", "amount_fen": True}, "invalid", 422),
        ({"trigger": "propose", "remedy": "refund_only", "reason": "x", "amount_fen": 0}, "invalid", 422),
        (
            {"trigger": "propose", "remedy": "refund_only", "reason": "x", "amount_fen": 19901},
            "amount_too_high",
            422,
        ),
        ({"trigger": "propose", "remedy": "reship", "reason": "x"}, "remedy_not_allowed", 422),
        ({"trigger": "propose", "remedy": "exchange"}, "missing_field", 422),
        (
            {"trigger": "propose", "remedy": "exchange", "reason": "x", "freight_payer": "consumer"},
            "freight_is_the_merchants",
            422,
        ),
        ({"trigger": "complete"}, "illegal_transition", 409),
        ({"trigger": "become_rich"}, "illegal_transition", 409),
        ({"trigger": "negotiate", "version": 1}, "stale_ticket", 409),
    ],
)
async def test_what_cannot_be_done_gets_a_code_and_a_sentence(
    db: Database, api: Api, body: dict[str, Any], expected: str, status: int
) -> None:
    ticket = await at_status(db, "accepted")
    assert await api.error("merchant", f"{DESK}/{ticket['id']}/transitions", status, **body) == expected


async def test_an_unknown_ticket_is_not_found(api: Api) -> None:
    await api.get("admin", f"{DESK}/AX1", 404)
    assert await api.error("admin", f"{DESK}/AX1/transitions", 404, trigger="accept") == "not_found"


async def test_the_desk_reads_what_a_machine_noticed_and_the_consumer_does_not(
    db: Database, api: Api
) -> None:
    ticket = await opened(db)
    other = await opened(db, "k2", conversation_id="c_9")
    shown = (await api.get("merchant", f"{DESK}/{ticket['id']}"))["ticket"]["evidence"][0]
    assert shown["hints"] == ["照片可能模糊，请放大核对", f"同一张照片也出现在工单 {other['id']}"]
    own = (await api.get("xiaoman", f"tickets/{ticket['id']}"))["ticket"]["evidence"][0]
    assert "hints" not in own


async def test_a_merchant_shows_files_of_its_own_ticket_only(db: Database, api: Api) -> None:
    ticket = await at_status(db, "evidence_period")
    path = f"/api/v1/{DESK}/{ticket['id']}/files"

    async def upload(who: str) -> Any:
        headers = {"x-who": json.dumps(PEOPLE[who])}
        return await api.client.post(path, files={"file": ("a.jpg", b"123", "image/jpeg")}, headers=headers)

    kept = await upload("merchant")
    assert kept.status_code == 201
    assert kept.json() == {"file_id": "f_new", "conversation_id": "c_1", "by": "a_1", "size": 3}
    assert (await upload("other_merchant")).status_code == 404
    assert (await upload("trainer")).status_code == 403
    assert await api.error("merchant", f"{DESK}/{ticket['id']}/files", 422) == "no_file"


async def test_those_who_decide_see_the_order_as_it_was_and_what_it_entitled_to(
    db: Database, api: Api
) -> None:
    ticket = await at_status(db, "accepted")
    shown = (await api.get("platform", f"{DESK}/{ticket['id']}"))["ticket"]
    assert (shown["snapshot"]["order_no"], shown["snapshot"]["paid_fen"]) == ("331234567890123456", 19900)
    assert shown["entitlements"]["burden_of_proof"] and shown["decision"]["remedies"]
    assert not {"agree", "propose", "accept"} & {
        step["trigger"] for step in shown["next"]
    }  # the merchant's steps
    mine = (await api.get("merchant", f"{DESK}/{ticket['id']}"))["ticket"]["next"]
    needs = {need["name"]: need for need in next(s for s in mine if s["trigger"] == "agree")["needs"]}
    assert needs["remedy"]["options"][0]["value"] == "return_refund"
    assert needs["remedy"]["options"][-1]["label"].endswith("（商家自愿）")


async def test_spoiled_goods_name_the_sum_of_the_table(db: Database, api: Api) -> None:
    said = {"spoiled_quantity": {"files": [], "text": "坏了一半", "waived": False}}
    ticket = await at_status(
        db, "accepted", sub_type="quality_spoiled", collected=said, order_line=order_line(category="生鲜")
    )
    mine = (await api.get("merchant", f"{DESK}/{ticket['id']}"))["ticket"]
    needs = {need["name"]: need for need in mine["next"][0]["needs"]}
    assert (needs["amount_fen"]["suggested_fen"], "退 50%" in needs["amount_fen"]["hint"]) == (9950, True)
    assert mine["decision"]["label"] == "生鲜变质，签收 48 小时内"


async def test_the_type_is_changed_by_the_merchants_agent_to_what_the_detail_offers(
    db: Database, api: Api
) -> None:
    ticket = await opened(db)
    path = f"{DESK}/{ticket['id']}"
    shown = (await api.get("merchant", path))["ticket"]
    wanted = next(one for one in shown["types"] if one["sub_type"] == "wrong_item")
    body = {"issue_type": "wrong_item", "sub_type": "wrong_item", "version": shown["version"]}
    assert (await api.get("platform", path))["ticket"]["types"] == []
    assert await api.error("platform", f"{path}/retype", 403, reason="x", **body) == "not_allowed"
    assert await api.error("other_merchant", f"{path}/retype", 404, reason="x", **body) == "not_found"
    assert await api.error("merchant", f"{path}/retype", 422, **body) == "missing_field"
    done = await api.post("merchant", f"{path}/retype", reason="发错了颜色", **body)
    DeskDetail.model_validate(done)
    assert done["ticket"]["issue_label"] == wanted["label"]
    assert await api.error("merchant", f"{path}/retype", 409, reason="x", **body) == "stale_ticket"
