"""One contract for logistics: the demo's double, and the HTTP client against a service on a real port."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from sanic import Request
from sanic.response import HTTPResponse, json

from aftersales.gateways.demo_orders import CONSUMERS, DemoOrders
from aftersales.gateways.logistics import DemoLogistics, HttpLogistics, Logistics
from aftersales.gateways.trouble import Trouble
from kernel.errors import DomainError
from tests.aftersales.conftest import NOW
from tests.aftersales.gateways.platform import SECRET, platform
from tests.aftersales.serving import served

ODD = "SF 73/1?x"


class Hands:
    """A clock whose hands a test may move."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture(params=["demo", "http"])
async def logistics(request: pytest.FixtureRequest, hands: Hands) -> AsyncIterator[Logistics]:
    double = DemoLogistics(hands, DemoOrders(NOW).journeys())
    if request.param == "demo":
        yield double
        return
    async with served(platform(logistics=double)) as url, httpx.AsyncClient() as client:
        yield HttpLogistics(f"{url}/api", SECRET, client)


# ---- the contract


async def test_a_parcel_goes_its_way_and_is_signed_for_within_three_days(
    logistics: Logistics, hands: Hands
) -> None:
    states: list[str | None] = []
    for hours in range(0, 73, 3):
        hands.now = NOW + timedelta(hours=hours)
        found = await logistics.track("顺丰速运", "SF73000001", NOW)
        states.append(found.state if found else None)
        if found:
            times = [trace.at for trace in found.traces]
            assert times == sorted(times) and times[-1] <= hands.now
            assert (found.state == "signed") == (found.signed_at is not None)
    assert list(dict.fromkeys(states)) == [None, "collected", "moving", "delivering", "signed"]


async def test_the_same_parcel_is_always_where_it_was(logistics: Logistics, hands: Hands) -> None:
    hands.now = NOW + timedelta(days=5)
    first = await logistics.track("顺丰速运", "SF73000001", NOW)
    assert first == await logistics.track("顺丰速运", "SF73000001", NOW)
    other = await logistics.track("顺丰速运", "SF73000002", NOW)
    assert first and other and first.signed_at != other.signed_at


async def test_an_orders_parcel_is_signed_for_when_the_order_says_so(logistics: Logistics) -> None:
    for line in await DemoOrders(NOW).lines_of(CONSUMERS[1].id):
        if line.waybill_no and line.carrier:
            found = await logistics.track(line.carrier, line.waybill_no, NOW)
            assert found
            assert (found.signed_at is None) == (line.signed_at is None)
            if found.signed_at and line.signed_at:
                assert abs(found.signed_at - line.signed_at) < timedelta(milliseconds=2)


async def test_a_number_that_means_something_in_an_address_is_only_a_number(
    logistics: Logistics, hands: Hands
) -> None:
    hands.now = NOW + timedelta(days=9)
    found = await logistics.track("圆通", ODD, NOW)
    assert found and (found.waybill_no, found.state) == (ODD, "signed")


async def test_a_parcel_that_gets_lost_never_arrives(hands: Hands) -> None:
    logistics = DemoLogistics(hands, trouble=Trouble(refused=1.0))
    hands.now = NOW + timedelta(days=30)
    found = await logistics.track("圆通", "YT73000001", NOW)
    assert found and (found.state, found.signed_at) == ("lost", None)


# ---- what only happens on a wire


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"tracking": 5},
        {"tracking": {"waybill_no": "SF2", "state": "moving"}},
        {"tracking": {"waybill_no": "SF73000001", "state": "signed"}},
        {"tracking": {"waybill_no": "SF73000001", "state": "moving", "signed_at": "2026-11-24T00:00:00Z"}},
        {"tracking": {"waybill_no": "SF73000001", "state": "signed", "signed_at": "2026-11-24T00:00:00"}},
        {"tracking": {"waybill_no": "SF73000001", "state": "flying"}},
    ],
)
async def test_an_answer_that_cannot_be_true_is_not_believed(said: dict[str, object]) -> None:
    async def answer(_request: Request) -> HTTPResponse:
        return json(said)

    async with served(platform(before=answer)) as url, httpx.AsyncClient() as client:
        with pytest.raises(DomainError, match="logistics_unavailable"):
            await HttpLogistics(f"{url}/api", SECRET, client).track("顺丰", "SF73000001", NOW)


async def test_null_is_a_parcel_that_nobody_knows_yet() -> None:
    async def answer(_request: Request) -> HTTPResponse:
        return json({"tracking": None})

    async with served(platform(before=answer)) as url, httpx.AsyncClient() as client:
        assert await HttpLogistics(f"{url}/api", SECRET, client).track("顺丰", "SF73000001", NOW) is None
