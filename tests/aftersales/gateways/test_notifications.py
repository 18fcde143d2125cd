"""One contract for notifications: the demo's double, and the HTTP client against a service on a real port."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from sanic import Request
from sanic.response import HTTPResponse, json

from aftersales.gateways.notifications import DemoNotifications, HttpNotifications, Notice, Notifications
from aftersales.gateways.trouble import Trouble
from kernel.errors import DomainError
from tests.aftersales.gateways.platform import SECRET, platform
from tests.aftersales.serving import served

NOTICE = Notice("AX1:2", "u_1", "ticket_progress", "您的售后申请已受理。", {"ticket_id": "AX1"})


@pytest.fixture
def double() -> DemoNotifications:
    return DemoNotifications()


@pytest.fixture(params=["demo", "http"])
async def notifications(
    request: pytest.FixtureRequest, double: DemoNotifications
) -> AsyncIterator[Notifications]:
    if request.param == "demo":
        yield double
        return
    async with served(platform(notifications=double)) as url, httpx.AsyncClient() as client:
        yield HttpNotifications(f"{url}/api", SECRET, client)


async def test_a_message_is_sent_once_for_its_key(
    notifications: Notifications, double: DemoNotifications
) -> None:
    number = await notifications.send(NOTICE)
    assert await notifications.send(NOTICE) == number
    assert double.sent == {NOTICE.key: NOTICE}
    assert await notifications.send(replace(NOTICE, key="AX1:3")) != number


async def test_a_key_used_for_another_message_is_refused(notifications: Notifications) -> None:
    await notifications.send(NOTICE)
    with pytest.raises(DomainError) as caught:
        await notifications.send(replace(NOTICE, consumer_id="u_2"))
    assert (caught.value.code, caught.value.status) == ("notice_conflict", 409)


async def test_who_cannot_be_reached_is_said_to_be_unreachable(notifications: Notifications) -> None:
    with pytest.raises(DomainError) as caught:
        await notifications.send(replace(NOTICE, consumer_id=""))
    assert (caught.value.code, caught.value.status) == ("notice_refused", 422)


async def test_a_double_that_is_away_sends_nothing() -> None:
    double = DemoNotifications(Trouble(away=1.0))
    with pytest.raises(DomainError, match="notifications_unavailable"):
        await double.send(NOTICE)
    assert double.sent == {}


@pytest.mark.parametrize("said", [{}, {"notice_no": ""}, {"notice_no": 5}, []])
async def test_an_answer_without_a_number_is_no_receipt(said: object) -> None:
    async def answer(_request: Request) -> HTTPResponse:
        return json(said)

    async with served(platform(before=answer)) as url, httpx.AsyncClient() as client:
        with pytest.raises(DomainError, match="notifications_unavailable"):
            await HttpNotifications(f"{url}/api", SECRET, client).send(NOTICE)
