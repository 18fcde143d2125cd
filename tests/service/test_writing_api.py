"""Help while writing over the wire; what is private stays private on every route a consumer can reach."""

import json
import uuid
from typing import Any

import httpx
import websockets

from tests.journeys.conftest import Desk, Talk, log_in, open_talk
from tests.service.conftest import Running
from tests.service.test_api import code, frames, socket

SECRET = "此人去年恶意退货三次，注意甄别"


async def in_hand(
    running: Running, http: httpx.AsyncClient, role: str = "platform_agent"
) -> tuple[Talk, Desk]:
    """A consumer's conversation that an agent has accepted."""
    talk = await open_talk(http, running.consumers[0])
    await talk.say("转人工")
    agent = await log_in(http, running.staff(role))
    await agent.post(f"conversations/{talk.id}/accept")
    return talk, agent


def note(text: str, kind: str = "note") -> dict[str, Any]:
    return {"client_msg_id": str(uuid.uuid4()), "text": text, "kind": kind}


async def test_a_note_and_a_whisper_are_on_no_route_that_a_consumer_can_reach(
    running: Running, http: httpx.AsyncClient
) -> None:
    talk, agent = await in_hand(running, http)
    lead = await log_in(http, running.staff("supervisor"))
    async with socket(running, talk) as ws:
        await agent.post(f"conversations/{talk.id}/notes", 201, **note(SECRET))
        await lead.post(f"conversations/{talk.id}/notes", 201, **note(SECRET, "whisper"))
        epoch = (await agent.get(f"conversations/{talk.id}"))["conversation"]["epoch"]
        await agent.post(
            f"conversations/{talk.id}/messages", client_msg_id=str(uuid.uuid4()), text="您好", epoch=epoch
        )
        heard = await frames(ws, "message")
        while heard[-1]["type"] != "message" or heard[-1]["message"]["sender"] != "agent":
            heard += await frames(ws, "message")
    assert SECRET not in json.dumps(heard, ensure_ascii=False)
    description = (await http.get("/docs/openapi.json")).json()
    asked = 0
    for path, verbs in description["paths"].items():
        if "get" not in verbs or path.startswith(("/api/v1/desk", "/api/v1/curation")):
            continue
        known = {"{conversation_id}": talk.id, "<conversation_id:str>": talk.id}
        for name, value in known.items():
            path = path.replace(name, value)
        if "socket" in path or "{" in path:
            continue
        answer = await http.get(path, headers=talk.headers, params={"after": 0, "wait": 0})
        assert SECRET not in answer.text, path
        asked += path.startswith(f"/api/v1/conversations/{talk.id}")
    assert asked >= 1
    for path in (f"conversations/{talk.id}/notes", f"conversations/{talk.id}/promises", "canned", "promises"):
        assert (await http.get(f"/api/v1/desk/{path}", headers=talk.headers)).status_code == 401
    found = await agent.get(f"conversations/{talk.id}/notes")
    assert [one["kind"] for one in found["notes"]] == ["note", "whisper"]


async def test_the_desks_socket_brings_a_note_to_colleagues_and_a_whisper_only_to_its_agent(
    running: Running, http: httpx.AsyncClient
) -> None:
    talk, agent = await in_hand(running, http)
    lead = await log_in(http, running.staff("supervisor"))
    other = next(p for p in running.demo["staff"] if p["username"] == "platform2")
    colleague = await log_in(http, other)
    url = f"{running.settings.public_url.replace('http', 'ws')}/api/v1/desk/socket"
    async with (
        websockets.connect(url, subprotocols=["anxin.v1", agent.token]) as mine,  # type: ignore[list-item]
        websockets.connect(url, subprotocols=["anxin.v1", colleague.token]) as theirs,  # type: ignore[list-item]
    ):
        await frames(mine, "queue"), await frames(theirs, "queue")
        await lead.post(f"conversations/{talk.id}/notes", 201, **note("先问安全", "whisper"))
        await lead.post(f"conversations/{talk.id}/notes", 201, **note("大家留意"))
        got = [
            f for f in [*(await frames(mine, "note")), *(await frames(mine, "note"))] if f["type"] == "note"
        ]
        assert [one["note"]["text"] for one in got] == ["先问安全", "大家留意"]
        assert (await frames(theirs, "note"))[-1]["note"]["text"] == "大家留意"


async def test_a_draft_is_checked_for_wording_and_promises_with_places_as_browsers_count(
    running: Running, http: httpx.AsyncClient
) -> None:
    agent = await log_in(http, running.staff("platform_agent"))
    text = "😀这是规定。48小时内给您答复"
    found = await agent.post("wording-check", text=text)
    (hit,) = found["hits"]
    units = text.encode("utf-16-le")
    assert units[2 * hit["start"] : 2 * hit["end"]].decode("utf-16-le") == hit["found"] == "这是规定"
    assert hit["better"].startswith("依据是")
    assert [one["kind"] for one in found["promises"]] == ["reply"]


async def test_a_promise_in_a_reply_is_listed_and_settled(running: Running, http: httpx.AsyncClient) -> None:
    talk, agent = await in_hand(running, http)
    epoch = (await agent.get(f"conversations/{talk.id}"))["conversation"]["epoch"]
    words = {"client_msg_id": str(uuid.uuid4()), "text": "我来核实，明天18点前给您回复。", "epoch": epoch}
    await agent.post(f"conversations/{talk.id}/messages", **words)
    (one,) = (await agent.get(f"conversations/{talk.id}/promises"))["promises"]
    assert one["state"] == "open" and one["phrase"] == "明天18点前"
    assert one["id"] in {p["id"] for p in (await agent.get("promises"))["promises"]}
    await agent.post(f"promises/{one['id']}/settle", 422, outcome="withdrawn")
    settled = await agent.post(f"promises/{one['id']}/settle", outcome="kept")
    assert settled["promise"]["state"] == "kept"


async def test_canned_replies_are_found_by_initials_and_filled_for_the_conversation(
    running: Running, http: httpx.AsyncClient
) -> None:
    talk, agent = await in_hand(running, http)
    found = (await agent.get(f"canned?q=jdkc&conversation_id={talk.id}"))["canned"]
    assert found[0]["title"] == "接待开场"
    assert found[0]["filled"].startswith(f"{running.consumers[0]['name']}您好，我是{agent.agent['name']}")
    mine = await agent.post("canned", 201, title="仓库电话", text="{坐席}已联系仓库", scope="own")
    reply_id = mine["canned"]["id"]
    answer = await http.put(
        f"/api/v1/desk/canned/{reply_id}", json={"title": "仓库", "text": "改好了"}, headers=agent.headers
    )
    assert answer.json()["canned"]["title"] == "仓库"
    answer = await http.delete(f"/api/v1/desk/canned/{reply_id}", headers=agent.headers)
    assert answer.status_code == 200
    assert (await agent.get("canned?q=改好了"))["canned"] == []
    answer = await http.post(
        "/api/v1/desk/canned", json={"title": "x", "text": "y", "scope": "platform"}, headers=agent.headers
    )
    assert (code(answer), answer.status_code) == ("forbidden", 403)


async def test_suggestions_come_without_the_brain_too(running: Running, http: httpx.AsyncClient) -> None:
    talk, agent = await in_hand(running, http)
    await talk.say("退货的运费谁承担，质量问题的")
    found = (await agent.get(f"conversations/{talk.id}/suggestions"))["suggestions"]
    assert any(one["source"] == "canned" and "运费" in one["title"] for one in found)


async def test_another_merchants_agent_gets_none_of_it(running: Running, http: httpx.AsyncClient) -> None:
    talk, _ = await in_hand(running, http)
    stranger = await log_in(http, running.staff("merchant_agent"))
    for path in ("notes", "promises", "suggestions"):
        answer = await http.get(f"/api/v1/desk/conversations/{talk.id}/{path}", headers=stranger.headers)
        assert answer.status_code == 404
    answer = await http.post(
        f"/api/v1/desk/conversations/{talk.id}/notes", json=note("x"), headers=stranger.headers
    )
    assert answer.status_code == 404
    trainer = await log_in(http, running.staff("trainer"))
    answer = await http.get("/api/v1/desk/canned", headers=trainer.headers)
    assert answer.status_code == 403
