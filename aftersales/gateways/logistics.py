"""Where a parcel is: one contract, the demo's double, and the platform's own service over HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import quote

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from aftersales.gateways.client import SignedClient
from aftersales.gateways.trouble import CALM, Trouble
from kernel.errors import DomainError
from kernel.times import wire_time

State = Literal["collected", "moving", "delivering", "signed", "lost"]


class Trace(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    text: str


class Tracking(BaseModel):
    """How a parcel stands; `traces` oldest first; `signed_at` is there exactly when it is signed for."""

    model_config = ConfigDict(frozen=True)

    waybill_no: str
    state: State
    signed_at: AwareDatetime | None = None
    traces: tuple[Trace, ...] = ()


class Logistics(Protocol):
    """What we ask of a logistics service."""

    async def track(self, carrier: str, waybill_no: str, sent_at: datetime) -> Tracking | None:
        """How the parcel stands, None while the carrier knows nothing of it; `sent_at` is when we were told of it.

        Raises `logistics_unavailable` (503).
        """
        ...

    async def close(self) -> None:
        """Lets go of its connections."""
        ...


@dataclass(frozen=True)
class Journey:
    """When a parcel of the demo was handed over and signed for."""

    sent_at: datetime
    signed_at: datetime | None


_STEPS = (  # share of the way, state, what the carrier writes
    (0.03, "collected", "快递员已揽收"),
    (0.2, "moving", "已到达始发地分拨中心，准备发出"),
    (0.65, "moving", "已到达目的地分拨中心"),
    (0.85, "delivering", "快递员正在派送"),
    (1.0, "signed", "已签收，签收人：本人"),
)


class DemoLogistics:
    """Parcels take two to three days, decided by their number; those of the demo's orders as their orders say.

    `known` are the orders' parcels, `clock` says what time it is.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        known: Mapping[str, Journey] | None = None,
        trouble: Trouble = CALM,
    ) -> None:
        self._clock, self._known, self._trouble = clock, known or {}, trouble
        self._calls = 0

    async def track(self, carrier: str, waybill_no: str, sent_at: datetime) -> Tracking | None:
        self._calls += 1
        await self._trouble.delay(waybill_no, self._calls)
        if self._trouble.draw("away", waybill_no, self._calls) < self._trouble.away:
            raise unavailable()
        journey = self._known.get(waybill_no)
        began = journey.sent_at if journey else sent_at
        takes = timedelta(hours=48 + 24 * self._trouble.draw("way", waybill_no))
        if journey and journey.signed_at:
            takes = journey.signed_at - began
        passed = (self._clock() - began) / takes
        lost = not journey and self._trouble.draw("lost", waybill_no) < self._trouble.refused
        steps = [
            step for step in _STEPS if step[0] <= passed and not (lost and step[0] > 0.5)
            and not (journey and not journey.signed_at and step[1] == "signed")
        ]  # fmt: skip
        if not steps:
            return None
        traces = tuple(Trace(at=began + takes * share, text=text) for share, _, text in steps)
        state: State = "lost" if lost and passed > 2 else steps[-1][1]  # type: ignore[assignment]
        signed = traces[-1].at if state == "signed" else None
        return Tracking(waybill_no=waybill_no, state=state, signed_at=signed, traces=traces)

    async def close(self) -> None:
        pass


class HttpLogistics:
    """The platform's own logistics service.

    `GET {base}/trackings/{waybill_no}?carrier=…&sent_at=…` answers `{"tracking": Tracking JSON | null}` (404 means
    null). Every request is signed, see `signing`. A signature without its time, or another parcel's tracking, is not
    believed.
    """

    def __init__(self, base_url: str, secret: str, client: httpx.AsyncClient | None = None) -> None:
        self._client = SignedClient("logistics", unavailable().message, base_url, secret, client)

    async def close(self) -> None:
        await self._client.close()

    async def track(self, carrier: str, waybill_no: str, sent_at: datetime) -> Tracking | None:
        answer = await self._client.send(
            "GET",
            f"/trackings/{quote(waybill_no, safe='')}",
            params=[("carrier", carrier), ("sent_at", wire_time(sent_at))],
        )
        if answer.status_code == 404:
            return None
        value = self._client.value(answer)
        try:
            if value["tracking"] is None:
                return None
            found = Tracking.model_validate(value["tracking"])
        except (KeyError, TypeError, ValidationError) as error:
            raise self._client.unavailable() from error
        if found.waybill_no != waybill_no or (found.state == "signed") != bool(found.signed_at):
            raise self._client.unavailable()
        return found


def unavailable() -> DomainError:
    return DomainError("logistics_unavailable", "物流服务暂时连不上，请稍后再试", 503)
