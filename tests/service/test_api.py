"""The service's HTTP and WebSocket faces, over a real port."""

import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest
import websockets

from tests.journeys.conftest import Talk, log_in, open_talk, photo
from tests.service.conftest import Running


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"].startswith("application/json")
    error = answer.json()["error"]
    assert error["message"]
    return str(error["code"])


def socket(running: Running, talk: Talk, after: int = 0) -> Any:
    url = running.settings.public_url.replace("http", "ws")
    path = f"{url}/api/v1/conversations/{talk.id}/socket?after={after}"
    return websockets.connect(path, subprotocols=["anxin.v1", talk.token])  # type: ignore[list-item]


async def frames(ws: Any, until: str, seconds: float = 15) -> list[dict[str, Any]]:
    """Frames up to and including the first of type `until`."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(seconds):
        while not found or found[-1]["type"] != until:
            found.append(json.loads(await ws.recv()))
    return found


async def test_opening_with_a_signed_token_names_the_consumer(
    running: Running, http: httpx.AsyncClient
) -> None:
    consumer = running.consumers[0]
    opened = (await http.post("/api/v1/conversations", json={"token": consumer["token"]})).json()
    assert opened["consumer"] == {"id": consumer["id"], "name": consumer["name"], "anonymous": False}
    again = (
        await http.post("/api/v1/conversations", json={"token": consumer["token"], "resume": True})
    ).json()
    assert again["conversation_id"] == opened["conversation_id"]
    anonymous = (await http.post("/api/v1/conversations", json={})).json()
    assert anonymous["consumer"]["anonymous"] is True


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/api/v1/conversations", "{not json", ("bad_json", 400)),
        ("/api/v1/conversations", '{"token": 5}', ("invalid", 422)),
        ("/api/v1/conversations", '{"token": "forged"}', ("unauthorized", 401)),
        ("/api/v1/desk/login", '{"username": "nobody"}', ("invalid", 422)),
        ("/api/v1/desk/login", '{"username": "nobody", "password": "x"}', ("bad_login", 401)),
        ("/api/v1/nothing", "{}", ("not_found", 404)),
        ("/healthz", "{}", ("method_not_allowed", 405)),
        ("/internal/actions/webhook", "{}", ("unauthorized", 401)),
    ],
)
async def test_bad_requests_get_a_code_and_a_sentence(
    http: httpx.AsyncClient, path: str, body: str, expected: tuple[str, int]
) -> None:
    answer = await http.post(path, content=body)
    assert (code(answer), answer.status_code) == expected


async def test_a_token_opens_only_its_own_conversation(running: Running, http: httpx.AsyncClient) -> None:
    mine, other = await open_talk(http, running.consumers[0]), await open_talk(http, running.consumers[1])
    body = {"client_msg_id": "m1", "text": "看看别人的"}
    answer = await http.post(f"/api/v1/conversations/{other.id}/messages", json=body, headers=mine.headers)
    assert (code(answer), answer.status_code) == ("forbidden", 403)
    answer = await http.get(f"/api/v1/conversations/{other.id}/events")
    assert answer.status_code == 401
    answer = await http.get("/api/v1/desk/queue", headers=mine.headers)
    assert answer.status_code == 401


async def test_the_socket_acknowledges_shows_and_resumes(running: Running, http: httpx.AsyncClient) -> None:
    talk = await open_talk(http, running.consumers[2])
    async with socket(running, talk) as ws:
        first = await frames(ws, "message")
        assert first[0]["type"] == "hello"
        await ws.send(json.dumps({"type": "message", "client_msg_id": "m1", "text": "转人工"}))
        got = await frames(ws, "queue_position")
    assert [f["duplicate"] for f in got if f["type"] == "ack"] == [False]
    assert [f["owner"] for f in got if f["type"] == "owner_changed"] == ["queued"]
    seen = max(f["seq"] for f in got if f.get("seq") and f["type"] != "ack")
    await talk.say("还有一句")  # while the socket is away
    async with socket(running, talk, after=seen) as ws:
        again = await frames(ws, "message")
        assert [f["message"]["text"] for f in again if f["type"] == "message"] == ["还有一句"]
        await ws.send(json.dumps({"type": "message", "client_msg_id": "m1", "text": "转人工"}))
        assert (await frames(ws, "ack"))[-1]["duplicate"] is True


@pytest.mark.parametrize(
    "frame", ["not json", "[]", "{}", '{"type": "nothing"}', '{"type": "message"}', '{"type":"read"}']
)
async def test_bad_frames_are_answered_and_the_socket_stays(
    running: Running, http: httpx.AsyncClient, frame: str
) -> None:
    talk = await open_talk(http, running.consumers[2])
    async with socket(running, talk) as ws:
        await frames(ws, "message")
        await ws.send(frame)
        assert (await frames(ws, "error"))[-1]["error"]["message"]
        await ws.send('{"type": "ping"}')
        await frames(ws, "pong")


async def test_a_photo_is_uploaded_sent_and_seen_under_a_signed_link(
    running: Running, http: httpx.AsyncClient
) -> None:
    talk = await open_talk(http, running.consumers[3])
    await talk.say("转人工", files=(await talk.send_photo(),))
    message = next(e["message"] for e in await talk.listen() if e["type"] == "message")
    link = message["files"][0]["url"]
    shown = await http.get(link)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert (await http.get(link.split("?")[0])).status_code == 403
    other = await open_talk(http, running.consumers[4])
    assert (await http.get(link.split("?")[0], headers=other.headers)).status_code == 403
    page = {"file": ("photo.jpg", b"<html><script>alert(1)</script>", "image/jpeg")}
    answer = await http.post(f"/api/v1/conversations/{talk.id}/files", files=page, headers=talk.headers)
    assert (code(answer), answer.status_code) == ("unsupported_file", 415)
    body = {"client_msg_id": "x", "files": ["f_of_somebody_else"]}
    answer = await http.post(f"/api/v1/conversations/{talk.id}/messages", json=body, headers=talk.headers)
    assert code(answer) == "unknown_file"


async def test_a_cookie_alone_changes_nothing(running: Running, http: httpx.AsyncClient) -> None:
    person = running.staff("platform_agent")
    body = {"username": person["username"], "password": person["password"]}
    login = await http.post("/api/v1/desk/login", json=body)
    cookie = next(c for c in login.headers.get_list("set-cookie") if c.startswith("anxin_session"))
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert (await http.get("/api/v1/desk/me")).status_code == 200
    assert code(await http.post("/api/v1/desk/logout")) == "bad_csrf"
    proof = {"X-CSRF-Token": login.json()["csrf"]}
    assert (await http.post("/api/v1/desk/logout", headers=proof)).status_code == 200
    assert (await http.get("/api/v1/desk/me")).status_code == 401


async def test_staff_see_what_their_role_and_party_allow(running: Running, http: httpx.AsyncClient) -> None:
    talk = await open_talk(http, running.consumers[5])
    await talk.say("转人工")
    platform = await log_in(http, running.staff("platform_agent"))
    merchant = await log_in(http, running.staff("merchant_agent"))
    trainer = await log_in(http, running.staff("trainer"))
    assert talk.id in [summary["id"] for summary in (await platform.get("queue"))["waiting"]]
    assert talk.id not in [summary["id"] for summary in (await merchant.get("queue"))["waiting"]]
    await merchant.post(f"conversations/{talk.id}/accept", expected=404)
    for path in ("queue", f"conversations/{talk.id}", "tickets"):
        answer = await http.get(f"/api/v1/desk/{path}", headers=trainer.headers)
        assert answer.status_code == 403


async def test_the_second_agent_is_told_who_was_first(running: Running, http: httpx.AsyncClient) -> None:
    talk = await open_talk(http, running.consumers[6])
    await talk.say("转人工")
    people = [p for p in running.demo["staff"] if p["role"] == "platform_agent"]
    first, second = [await log_in(http, person) for person in people[:2]]
    taken = (await first.post(f"conversations/{talk.id}/accept"))["conversation"]
    refused = await second.post(f"conversations/{talk.id}/accept", expected=409)
    assert refused["error"]["code"] == "already_taken"
    assert refused["error"]["details"]["agent"]["name"] == people[0]["name"]
    late = await second.post(
        f"conversations/{talk.id}/messages",
        expected=409,
        client_msg_id="r",
        text="您好",
        epoch=taken["epoch"],
    )
    assert late["error"]["code"] == "stale_epoch"
    to_second = {"epoch": taken["epoch"], "agent_id": second.agent["id"]}
    away = await first.post(f"conversations/{talk.id}/transfer", expected=409, **to_second)
    assert away["error"]["code"] == "agent_offline"
    await second.post("presence", state="online")
    moved = await first.post(f"conversations/{talk.id}/transfer", **to_second)
    assert moved["conversation"]["agent"]["name"] == people[1]["name"]
    closed = await second.post(f"conversations/{talk.id}/close", epoch=moved["conversation"]["epoch"])
    assert closed["conversation"]["owner"] == "closed"
    await talk.say("还在吗")
    owners = [e["owner"] for e in await talk.listen() if e["type"] == "owner_changed"]
    assert owners[-2:] == ["closed", "bot"]


async def test_the_desks_socket_shows_the_queue_and_the_conversation_live(
    running: Running, http: httpx.AsyncClient
) -> None:
    talk = await open_talk(http, running.consumers[7])
    desk = await log_in(http, running.staff("platform_agent"))
    url = running.settings.public_url.replace("http", "ws") + "/api/v1/desk/socket"
    async with websockets.connect(url, subprotocols=["anxin.v1", desk.token]) as ws:  # type: ignore[list-item]
        await frames(ws, "queue")
        await talk.say("转人工")
        queue = (await frames(ws, "queue"))[-1]
        assert talk.id in [summary["id"] for summary in queue["waiting"]]
        await ws.send(json.dumps({"type": "subscribe", "conversation_id": talk.id, "after": 0}))
        got = [f["event"] for f in await frames(ws, "event") if f["type"] == "event"]
        await talk.say("我再说一句")
        while not any(e["type"] == "message" and e["message"]["text"] == "我再说一句" for e in got):
            got += [f["event"] for f in await frames(ws, "event") if f["type"] == "event"]
    seqs = [event["seq"] for event in got if "seq" in event]
    assert seqs == sorted(set(seqs))


async def test_a_page_that_is_back_follows_all_it_showed_in_one_frame_and_hears_only_what_it_missed(
    running: Running, http: httpx.AsyncClient
) -> None:
    talks = [await open_talk(http), await open_talk(http)]
    for talk in talks:
        await talk.say("转人工")
    desk = await log_in(http, running.staff("platform_agent"))
    merchants = await log_in(http, running.staff("merchant_agent"))
    after = {talk.id: 1 for talk in talks} | {"c_nobody": 0}
    shown: dict[str, set[str]] = {}
    for who in (desk, merchants):
        url = running.settings.public_url.replace("http", "ws") + "/api/v1/desk/socket"
        async with websockets.connect(url, subprotocols=["anxin.v1", who.token]) as ws:  # type: ignore[list-item]
            await frames(ws, "queue")
            await ws.send(json.dumps({"type": "subscribe", "conversations": after}))
            await ws.send(json.dumps({"type": "ping"}))
            heard = [one for one in await frames(ws, "pong") if one["type"] == "event"]
            await ws.send(
                json.dumps({"type": "subscribe", "conversations": {f"c_{i}": 0 for i in range(501)}})
            )
            assert (await frames(ws, "error"))[-1]["error"]["code"] == "too_many_conversations"
        assert all(one["event"]["seq"] > 1 for one in heard)
        shown[who.token] = {one["conversation_id"] for one in heard}
    assert shown[desk.token] == {talk.id for talk in talks}
    assert shown[merchants.token] == set()


async def test_the_platform_can_be_asked_in_only_for_ones_own_ticket(
    running: Running, http: httpx.AsyncClient
) -> None:
    talk = await open_talk(http, running.consumers[0])
    answer = await http.post("/api/v1/tickets/AX000/intervene", json={}, headers=talk.headers)
    assert (code(answer), answer.status_code) == ("not_found", 404)


async def test_too_many_messages_are_slowed_down(running: Running, http: httpx.AsyncClient) -> None:
    talk = await open_talk(http)
    codes = []
    for _ in range(35):
        body = {"client_msg_id": str(uuid.uuid4()), "text": "快快快快快快快快快快"}
        answer = await http.post(f"/api/v1/conversations/{talk.id}/messages", json=body, headers=talk.headers)
        codes.append(answer.status_code)
    assert codes[:30] == [200] * 30
    assert codes[-1] == 429


async def test_health_readiness_metrics_and_the_api_description(
    running: Running, http: httpx.AsyncClient
) -> None:
    assert (await http.get("/healthz")).status_code == 200
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["missing"]) == (503, ["rasa"])
    metrics = (await http.get("/metrics")).text
    assert "anxin_request_seconds_bucket" in metrics
    paths = (await http.get("/docs/openapi.json")).json()["paths"]
    assert "/api/v1/conversations/{conversation_id}/messages" in paths
    assert "/api/v1/desk/conversations/{conversation_id}/accept" in paths
    assert not [path for path in paths if path.startswith("/internal")]


async def test_an_upload_beyond_the_limit_is_refused(running: Running, http: httpx.AsyncClient) -> None:
    talk = await open_talk(http, running.consumers[1])
    big = {"file": ("big.jpg", photo() + b"\x00" * (11 * 1024 * 1024), "image/jpeg")}
    answer = await http.post(f"/api/v1/conversations/{talk.id}/files", files=big, headers=talk.headers)
    assert (code(answer), answer.status_code) == ("file_too_large", 413)
