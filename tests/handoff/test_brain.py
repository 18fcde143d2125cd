"""The client to Rasa against a real HTTP server: what it answers, and how it tells slow from down."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff.brain import Brain, BrainDown, BrainSlow
from tests.handoff.conftest import OneBrain

TOKEN = "a-token-of-the-service"


class Rasa:
    """The routes of the internal channel, answering as the test says."""

    def __init__(self) -> None:
        self.status, self.pause, self.text = 200, 0.0, ""
        self.heard: list[dict[str, Any]] = []

    async def turn(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({}, status=401)
        self.heard.append(await request.json())
        await asyncio.sleep(self.pause)
        if self.text:
            return web.Response(text=self.text, status=self.status)
        return web.json_response({"turn_id": self.heard[-1]["turn_id"], "replies": []}, status=self.status)

    async def ready(self, request: web.Request) -> web.Response:
        return web.json_response({}, status=self.status)


@pytest.fixture
async def rasa() -> AsyncIterator[tuple[Rasa, str]]:
    routes, app = Rasa(), web.Application()
    app.router.add_post("/webhooks/anxin/turn", routes.turn)
    app.router.add_get("/webhooks/anxin/ready", routes.ready)
    server = TestServer(app)
    await server.start_server()
    yield routes, str(server.make_url("/")).rstrip("/")
    await server.close()


@pytest.fixture
async def brain(rasa: tuple[Rasa, str]) -> AsyncIterator[Brain]:
    made = Brain(OneBrain(rasa[1]), TOKEN)
    yield made
    await made.close()


async def test_a_turn_is_posted_and_answered(rasa: tuple[Rasa, str], brain: Brain) -> None:
    answer = await brain.turn(await brain.routes.url_of_live(), {"turn_id": "t1", "text": "鞋底开胶了"}, 5)
    assert answer == {"turn_id": "t1", "replies": []}
    assert rasa[0].heard == [{"turn_id": "t1", "text": "鞋底开胶了"}]


async def test_a_turn_over_the_patience_is_slow_not_down(rasa: tuple[Rasa, str], brain: Brain) -> None:
    rasa[0].pause = 1.0
    with pytest.raises(BrainSlow):
        await brain.turn(await brain.routes.url_of_live(), {"turn_id": "t1"}, 0.1)


@pytest.mark.parametrize("status", [400, 401, 500, 503])
async def test_a_refusal_is_down(rasa: tuple[Rasa, str], brain: Brain, status: int) -> None:
    rasa[0].status = status
    with pytest.raises(BrainDown, match=str(status)):
        await brain.turn(await brain.routes.url_of_live(), {"turn_id": "t1"}, 5)
    assert not await brain.is_ready()


async def test_what_is_no_json_is_down(rasa: tuple[Rasa, str], brain: Brain) -> None:
    rasa[0].text = "<html>"
    with pytest.raises(BrainDown):
        await brain.turn(await brain.routes.url_of_live(), {"turn_id": "t1"}, 5)


async def test_nobody_at_the_address_is_down_and_not_ready() -> None:
    brain = Brain(OneBrain("http://127.0.0.1:9"), TOKEN)
    with pytest.raises(BrainDown):
        await brain.turn(await brain.routes.url_of_live(), {"turn_id": "t1"}, 5)
    assert not await brain.is_ready()
    await brain.close()


async def test_a_wrong_token_is_down_and_ready_says_so_of_a_ready_one(
    rasa: tuple[Rasa, str], brain: Brain
) -> None:
    assert await brain.is_ready()
    stranger = Brain(OneBrain(rasa[1]), "another")
    with pytest.raises(BrainDown, match="401"):
        await stranger.turn(rasa[1], {"turn_id": "t1"}, 5)
    await stranger.close()
