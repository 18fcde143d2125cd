"""The HTTP client to Rasa's internal channel; the only thing in the service that knows its routes."""

from typing import Any

import httpx
from httpx_aiohttp import HttpxAiohttpClient


class BrainDown(Exception):
    """Rasa cannot be reached or answered with an error."""


class BrainSlow(Exception):
    """Rasa took the turn and has not answered in time; the same turn_id may be asked for again."""


class Brain:
    """One pooled client; `turn` may be repeated with the same turn_id and runs only once in Rasa."""

    def __init__(self, url: str, token: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = HttpxAiohttpClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            transport=transport,
        )

    async def turn(self, body: dict[str, Any], patience: float) -> dict[str, Any]:
        """Posts one turn; returns `{turn_id, replies, intent, …}`. Raises BrainDown or BrainSlow."""
        return await self._post("/webhooks/anxin/turn", body, patience)

    async def parse(self, texts: list[str], patience: float) -> list[dict[str, Any]]:
        """What the brain understands of each text, without a turn. Raises BrainDown or BrainSlow."""
        answer = await self._post("/webhooks/anxin/parse", {"texts": texts}, patience)
        results: list[dict[str, Any]] = answer["results"]
        return results

    async def is_ready(self) -> bool:
        try:
            answer = await self._client.get("/webhooks/anxin/ready", timeout=2.0)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, path: str, body: dict[str, Any], patience: float) -> dict[str, Any]:
        limits = httpx.Timeout(patience, connect=2.0)
        try:
            answer = await self._client.post(path, json=body, timeout=limits)
        except httpx.ReadTimeout as error:
            raise BrainSlow(str(error)) from error
        except httpx.HTTPError as error:
            raise BrainDown(type(error).__name__) from error
        if answer.status_code != 200:
            raise BrainDown(f"status {answer.status_code}")
        result: dict[str, Any] = answer.json()
        return result
