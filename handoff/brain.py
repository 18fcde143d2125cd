"""The HTTP client to Rasa's internal channel; the only thing in the service that knows its routes."""

import json
from datetime import datetime
from typing import Any, Protocol

import aiohttp

from kernel.db import Row


class BrainDown(Exception):
    """Rasa cannot be reached or answered with an error."""


class BrainSlow(Exception):
    """Rasa took the turn and has not answered in time; the same turn_id may be asked for again."""


class Routes(Protocol):
    """Which Rasa process answers a conversation: there are two while a new model is tried out or takes over."""

    async def url_of(self, conversation_id: str, opened_at: datetime) -> str: ...
    async def url_of_live(self) -> str: ...


class Brain:
    """Keeps its connections open; `turn` may be repeated with the same turn_id and runs once in all Rasa processes."""

    def __init__(self, routes: Routes, token: str) -> None:
        self.routes = routes
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._session: aiohttp.ClientSession | None = None

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
        url = await self.routes.url_of_live()
        try:
            async with self._open().get(
                f"{url}/webhooks/anxin/ready", timeout=aiohttp.ClientTimeout(total=2)
            ) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if (
            self._session is None or self._session.closed
        ):  # needs the running loop, which a constructor has not
            self._session = aiohttp.ClientSession(
                headers=self._headers, connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=60)
            )
        return self._session

    async def _post(self, url: str, body: dict[str, Any], patience: float) -> dict[str, Any]:
        limits = aiohttp.ClientTimeout(total=patience, connect=2.0)
        data = json.dumps(body, ensure_ascii=False).encode()
        try:
            async with self._open().post(url, data=data, timeout=limits) as answer:
                if answer.status != 200:
                    raise BrainDown(f"status {answer.status}")
                result: dict[str, Any] = json.loads(await answer.read())
                return result
        except aiohttp.ConnectionTimeoutError as error:
            raise BrainDown("connecting took too long") from error
        except TimeoutError as error:
            raise BrainSlow(str(error)) from error
        except (aiohttp.ClientError, ValueError) as error:
            raise BrainDown(type(error).__name__) from error
