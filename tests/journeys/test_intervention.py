"""A dispute: the merchant's proposal is refused, the platform comes in, both sides state, a person signs, the money goes."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.journeys.conftest import Desk, Product, log_in, open_talk
from tests.journeys.test_complaint_to_closed import desk_of_ticket, is_owner, signed_order

pytestmark = pytest.mark.slow

BEGINNING = "收到就是破的，外壳裂了一道"


async def ticket_of(talk: Any, order: dict[str, Any]) -> dict[str, Any]:
    photos = (await talk.send_photo("裂口"), await talk.send_photo("整体"))
    await talk.ask(f"订单{order['order_no']}{BEGINNING}", files=photos)
    changed = await talk.wait_for(lambda e: e["type"] == "ticket_changed")
    found: dict[str, Any] = changed["ticket"]
    return found


async def test_a_dispute_is_settled_by_the_platform(product: Product, http: httpx.AsyncClient) -> None:
    consumer = product.consumer(1)
    talk = await open_talk(http, consumer)
    ticket = await ticket_of(talk, signed_order(consumer))
    path = f"tickets/{ticket['id']}"
    shop = await desk_of_ticket(http, product, ticket)
    platform = await log_in(http, product.staff("platform_agent"))

    async def step(desk: Desk, trigger: str, **body: Any) -> dict[str, Any]:
        moved: dict[str, Any] = (await desk.post(f"{path}/transitions", trigger=trigger, **body))["ticket"]
        return moved

    await step(shop, "accept")
    await step(shop, "propose", remedy="goodwill", amount_fen=500, reason="先补偿五元")
    refused = await http.post(f"/api/v1/{path}/reject", json={"reason": "碎了怎么用"}, headers=talk.headers)
    assert refused.json()["ticket"]["status"] == "negotiating"
    asked = await http.post(f"/api/v1/{path}/intervene", json={"reason": "谈不拢"}, headers=talk.headers)
    assert asked.json()["ticket"]["status"] == "platform_intervention"
    await talk.wait_for(is_owner("queued"))  # the conversation waits for the platform's people too

    await step(platform, "take_up")
    said = await http.post(
        f"/api/v1/{path}/statements", json={"text": "收到当天拍的照片"}, headers=talk.headers
    )
    assert said.status_code == 201, said.text
    await shop.post(f"{path}/statements", 201, text="出库时是好的")
    seen = (await platform.get(path))["ticket"]
    assert [one["side"] for one in seen["statements"]] == ["consumer", "merchant"]
    assert [one["side"] for one in (await shop.get(path))["ticket"]["statements"]] == ["merchant"]
    await step(platform, "close_evidence")
    ruling = next(
        one for one in (await platform.get(path))["ticket"]["next"] if one["trigger"] == "adjudicate"
    )
    clause = next(need for need in ruling["needs"] if need["name"] == "clause")["options"][0]["value"]
    ruled = await step(
        platform,
        "adjudicate",
        liability="merchant",
        remedy="refund_only",
        amount_fen=1000,
        clause=clause,
        reason="照片与描述一致",
    )
    assert ruled["phase"] == "refunding"
    for _ in range(40):
        shown = (await http.get(f"/api/v1/{path}", headers=talk.headers)).json()["ticket"]
        if shown["status"] == "closed":
            break
        await asyncio.sleep(0.5)
    assert (shown["status_label"], shown["adjudication"]["liability_label"]) == ("完结", "商家")
    assert shown["refunds"][0]["state"] == "done"
    await talk.wait_for(lambda e: e["type"] == "ticket_changed" and clause in e["text"])


async def rejected(shop: Desk, platform: Desk, http: httpx.AsyncClient, talk: Any, path: str) -> None:
    """From the application to a claim that the platform does not support."""
    moved = await http.post(f"/api/v1/{path}/transitions", json={"trigger": "x"}, headers=talk.headers)
    assert moved.json()["error"]["code"] == "illegal_transition"
    await shop.post(f"{path}/transitions", trigger="accept")
    await http.post(f"/api/v1/{path}/intervene", json={"reason": "不想再等"}, headers=talk.headers)
    for trigger in ("take_up", "close_evidence"):
        await platform.post(f"{path}/transitions", trigger=trigger)
    await platform.post(
        f"{path}/transitions",
        trigger="reject_claim",
        liability="unclear",
        clause="《消费者权益保护法》第24条",
        reason="照片看不出是出厂的问题",
    )


async def test_an_appeal_is_heard_by_another_person_and_the_goods_go_back_to_a_known_address(
    product: Product, http: httpx.AsyncClient
) -> None:
    consumer = product.consumer(3)
    talk = await open_talk(http, consumer)
    ticket = await ticket_of(talk, signed_order(consumer))
    path = f"tickets/{ticket['id']}"
    shop = await desk_of_ticket(http, product, ticket)
    platform = await log_in(http, product.staff("platform_agent"))
    lead = await log_in(http, product.staff("supervisor"))
    await rejected(shop, platform, http, talk, path)
    told = await http.get(f"/api/v1/{path}", headers=talk.headers)
    assert "可以申诉" in told.json()["ticket"]["next_step"]
    heard = await http.post(f"/api/v1/{path}/appeal", json={"reason": "请换人再看"}, headers=talk.headers)
    assert heard.json()["ticket"]["status"] == "appeal_review"
    ruling = {
        "trigger": "uphold_appeal",
        "liability": "merchant",
        "remedy": "return_refund",
        "clause": "《消费者权益保护法》第24条",
        "reason": "复核后认定为出厂瑕疵",
    }
    again = await platform.post(f"{path}/transitions", 403, **ruling)
    assert again["error"]["code"] == "same_person"
    upheld = (await lead.post(f"{path}/transitions", **ruling))["ticket"]
    assert (upheld["phase"], upheld["entitlements"]["at"]) == ("awaiting_return", upheld["opened_at"])
    told = await talk.wait_for(lambda e: e["type"] == "ticket_changed" and "寄回地址" in e["text"])
    assert upheld["return_to"] in told["text"]
    waybill = {"carrier": "顺丰速运", "waybill_no": "SF1029384756"}
    await http.post(f"/api/v1/{path}/send-back", json=waybill, headers=talk.headers)
    await shop.post(f"{path}/transitions", trigger="goods_received")
    closed = await talk.wait_for(
        lambda e: e["type"] == "ticket_changed" and e["ticket"]["status"] == "closed", seconds=40
    )
    assert closed["ticket"]["status_label"] == "完结" and "流水号" in closed["ticket"]["proof"]
