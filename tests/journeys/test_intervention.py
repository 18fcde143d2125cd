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
