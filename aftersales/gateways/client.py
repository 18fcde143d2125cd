"""An HTTP client towards one service of the platform: signed, retried with backoff, and not asked while it is down."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import structlog
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from aftersales.gateways.signing import SIGNATURE, TIME, sign
from kernel.clock import utcnow
from kernel.errors import DomainError

log = structlog.get_logger()

TIMEOUT_SECONDS = 3.0
ATTEMPTS = 3
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.0
FAILURES_BEFORE_OPEN, OPEN_SECONDS = 6, 15.0
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Away(Exception):
    """No usable answer this time; another try may get one."""


class SignedClient:
    """Asks one service. `name` makes the error `<name>_unavailable` (503), `said` is its Chinese sentence.

    Time-outs, lost connections and answers that mean "later" are tried ATTEMPTS times; every request that changes
    something therefore carries an idempotency key. After FAILURES_BEFORE_OPEN failures in a row the service is left
    alone for OPEN_SECONDS and callers are told at once; then one request finds out whether it is back.
    """

    def __init__(
        self,
        name: str,
        said: str,
        base_url: str,
        secret: str,
        client: httpx.AsyncClient | None = None,
        *,
        attempts: int = ATTEMPTS,
        timeout_seconds: float = TIMEOUT_SECONDS,
        open_seconds: float = OPEN_SECONDS,
    ) -> None:
        self.name, self._said = name, said
        self._base, self._secret = base_url.rstrip("/"), secret.encode()
        self._client = client or httpx.AsyncClient()
        self._attempts, self._timeout = attempts, timeout_seconds
        # A caller that went away says nothing about the service.
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=FAILURES_BEFORE_OPEN, default_ttl=open_seconds, exclude=[asyncio.CancelledError]
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, Any]] = (),
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, whatever it means below 500; raises DomainError `<name>_unavailable` (503)."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._attempts),
            wait=wait_random_exponential(multiplier=FIRST_PAUSE_SECONDS, max=LONGEST_PAUSE_SECONDS),
            retry=retry_if_exception_type(_Away),
            reraise=True,
        )
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            async for attempt in retrying:
                with attempt:
                    async with await self._breakers.get_breaker(self.name):
                        return await self._once(method, path, params, content, headers or {})
        except OpenedState as error:
            raise self.unavailable() from error
        except _Away as error:
            log.warning("gateway.away", service=self.name, error=str(error))
            raise self.unavailable() from error
        raise AssertionError("a retry ends with an answer or an error")

    async def _once(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, Any]],
        content: bytes,
        headers: dict[str, str],
    ) -> httpx.Response:
        request = self._client.build_request(
            method,
            self._base + path,
            params=httpx.QueryParams(list(params)) if params else None,
            content=content or None,
            headers=headers | ({"content-type": "application/json"} if content else {}),
            timeout=self._timeout,
        )
        at = str(int(utcnow().timestamp()))
        request.headers[TIME] = at
        request.headers[SIGNATURE] = sign(
            self._secret, at, method, request.url.raw_path.decode(), content
        )  # made anew for each try: an old one is refused
        try:
            answer = await self._client.send(request)
        except httpx.HTTPError as error:
            raise _Away(type(error).__name__) from error
        if answer.status_code in _TRY_AGAIN:
            raise _Away(str(answer.status_code))
        return answer

    def unavailable(self) -> DomainError:
        return DomainError(f"{self.name}_unavailable", self._said, 503)

    def value(self, answer: httpx.Response) -> Any:
        """The JSON of a good answer. Raises `<name>_unavailable` for every other one."""
        if answer.status_code != 200:
            raise self.unavailable()
        try:
            return answer.json()
        except ValueError as error:
            raise self.unavailable() from error

    async def close(self) -> None:
        await self._client.aclose()
