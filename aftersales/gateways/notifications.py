"""Messages to consumers outside the chat (app push, SMS): one contract, the demo's double, an HTTP client."""

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from aftersales.gateways.client import SignedClient
from aftersales.gateways.trouble import CALM, Trouble
from kernel.errors import DomainError

CHANNELS = ("push", "sms")


@dataclass(frozen=True)
class Notice:
    """What is sent. `key` makes it one message however often it is asked for; `params` fill the platform's template."""

    key: str
    consumer_id: str
    template: str
    text: str
    params: dict[str, str] = field(default_factory=dict)


class Notifications(Protocol):
    """What we ask of a notification service."""

    async def send(self, notice: Notice) -> str:
        """Sends once for the notice's key; returns the provider's number of the message.

        Raises `notice_conflict` (409) when the key was used for another consumer or text, `notice_refused` (422) when
        the consumer cannot be reached this way, `notifications_unavailable` (503).
        """
        ...

    async def close(self) -> None:
        """Lets go of its connections."""
        ...


class DemoNotifications:
    """Keeps what was sent, for whoever wants to look."""

    def __init__(self, trouble: Trouble = CALM) -> None:
        self._trouble = trouble
        self._calls = 0
        self.sent: dict[str, Notice] = {}

    async def send(self, notice: Notice) -> str:
        self._calls += 1
        await self._trouble.delay(notice.key, self._calls)
        if self._trouble.draw("away", notice.key, self._calls) < self._trouble.away:
            raise unavailable()
        if not notice.consumer_id or not notice.text:
            raise DomainError("notice_refused", "这位消费者没有可用的通知方式", 422)
        if self.sent.setdefault(notice.key, notice) != notice:
            raise conflict()
        return "NT" + hashlib.sha256(notice.key.encode()).hexdigest()[:16]

    async def close(self) -> None:
        pass


class HttpNotifications:
    """The platform's own notification service.

    `POST {base}/notices` with `{key, consumer_id, template, text, params, channels}` and the header `Idempotency-Key`
    answers `{"notice_no": "…"}`; 409: the key was used for another message; 422: not reachable. Signed, see `signing`.
    """

    def __init__(self, base_url: str, secret: str, client: httpx.AsyncClient | None = None) -> None:
        self._client = SignedClient("notifications", unavailable().message, base_url, secret, client)

    async def close(self) -> None:
        await self._client.close()

    async def send(self, notice: Notice) -> str:
        body = {
            "key": notice.key,
            "consumer_id": notice.consumer_id,
            "template": notice.template,
            "text": notice.text,
            "params": notice.params,
            "channels": list(CHANNELS),
        }
        answer = await self._client.send(
            "POST", "/notices", body=body, headers={"idempotency-key": notice.key}
        )
        if answer.status_code == 409:
            raise conflict()
        if answer.status_code == 422:
            raise DomainError("notice_refused", "这位消费者没有可用的通知方式", 422)
        value = self._client.value(answer)
        number = value.get("notice_no") if isinstance(value, dict) else None
        if not isinstance(number, str) or not number:
            raise self._client.unavailable()
        return number


def conflict() -> DomainError:
    return DomainError("notice_conflict", "这条通知已经发过，内容不一致", 409)


def unavailable() -> DomainError:
    return DomainError("notifications_unavailable", "通知服务暂时连不上，请稍后再试", 503)
