"""The HTTP client to Rasa's internal channel; the only thing in the service that knows its routes."""

from datetime import datetime
from typing import Any, Protocol

import httpx
from httpx_aiohttp import HttpxAiohttpClient

from kernel.db import Row


class BrainDown(Exception):
    """Rasa cannot be reached or answered with an error."""


class BrainSlow(Exception):
    """Rasa took the turn and has not answered in time; the same turn_id may be asked for again."""


class Routes(Protocol):
    """Which Rasa process answers a conversation: there are two while a new model is tried out or takes over."""

    async def url_of(self, conversation_id: str, opened_at: datetime) -> str: ...
    async def url_of_live(self) -> str: ...


class OneBrain:
    """A single Rasa, always the same."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def url_of(self, conversation_id: str, opened_at: datetime) -> str:
        return self.url

    async def url_of_live(self) -> str:
        return self.url


class Brain:
    """One pooled client; `turn` may be repeated with the same turn_id and runs only once in all Rasa processes."""

    def __init__(self, routes: Routes, token: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.routes = routes
        self._client = HttpxAiohttpClient(
            headers={"Authorization": f"Bearer {token}"},
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            transport=transport,
        )

    async def url_of(self, conversation: Row) -> str:
        """The process that answers this conversation now; a turn asks once and stays with it."""
        return await self.routes.url_of(conversation["id"], conversation["opened_at"])

    async def turn(self, url: str, body: dict[str, Any], patience: float) -> dict[str, Any]:
        """Posts one turn; returns `{turn_id, replies, intent, …}`. Raises BrainDown or BrainSlow."""
        return await self._post(f"{url}/webhooks/anxin/turn", body, patience)

    async def parse(self, texts: list[str], patience: float) -> list[dict[str, Any]]:
        """What the brain understands of each text, without a turn. Raises BrainDown or BrainSlow."""
        url = await self.routes.url_of_live()
        answer = await self._post(f"{url}/webhooks/anxin/parse", {"texts": texts}, patience)
        results: list[dict[str, Any]] = answer["results"]
        return results

    async def is_ready(self) -> bool:
        try:
            url = await self.routes.url_of_live()
            answer = await self._client.get(f"{url}/webhooks/anxin/ready", timeout=2.0)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, url: str, body: dict[str, Any], patience: float) -> dict[str, Any]:
        limits = httpx.Timeout(patience, connect=2.0)
        try:
            answer = await self._client.post(url, json=body, timeout=limits)
        except httpx.ReadTimeout as error:
            raise BrainSlow(str(error)) from error
        except httpx.HTTPError as error:
            raise BrainDown(type(error).__name__) from error
        if answer.status_code != 200:
            raise BrainDown(f"status {answer.status_code}")
        result: dict[str, Any] = answer.json()
        return result
