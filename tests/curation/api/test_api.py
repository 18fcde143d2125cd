"""The workbench over HTTP: who may, what is refused, and a sentence's way from the inbox to the data and back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from handoff import staff
from kernel.clock import utcnow
from kernel.db import metadata
from service.app import create_app
from service.wiring import Services, build
from tests.aftersales.serving import served
from tests.conftest import make_settings
from tests.curation.conftest import QUALITY, capture, said
from tests.handoff.conftest import open_one

PEOPLE = {
    "trainer": ("trainer", "platform"),
    "lead": ("supervisor", "platform"),
    "agent": ("platform_agent", "platform"),
    "shop": ("merchant_agent", "m_1"),
}
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The faces translate; both databases are the verbs' business."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
async def services(tmp_path: Path, redis_url: str, database_url: str, project: Path) -> Services:
    made = build(make_settings(tmp_path, redis_url, database_url, double_labels=0.0))
    made.curation.folder.project = project
    made.curation.brain = None
    await made.db.run_sync(metadata.create_all)
    return made


@pytest.fixture
async def ask(services: Services) -> AsyncIterator[Ask]:
    """`await ask(who, method, path, …)`: a call by one of PEOPLE, or by "nobody"."""
    tokens = {}
    for name, (role, party) in PEOPLE.items():
        await staff.add_agent(
            services.db,
            username=name,
            password="a good password",
            name=name,
            role=role,
            party=party,
            party_name=party,
        )
        tokens[name] = (await staff.log_in(services.db, name, "a good password", utcnow())).token
    async with (
        served(create_app(services.settings, services)) as url,
        httpx.AsyncClient(timeout=30) as client,
    ):

        async def call(who: str, method: str, path: str, **given: object) -> httpx.Response:
            headers = {"authorization": f"Bearer {tokens[who]}"} if who in tokens else {}
            return await client.request(method, f"{url}/api/v1/curation{path}", headers=headers, **given)  # type: ignore[arg-type]

        yield call


async def test_only_the_platforms_trainers_and_reviewers_come_in(ask: Ask) -> None:
    for path in (
        "/me",
        "/labels",
        "/guideline",
        "/inbox",
        "/agreement",
        "/data/",
        "/data/changes",
        "/checks",
        "/data/lines?q=x",
        "/data/export",
    ):
        for who, expected in (
            ("nobody", 401),
            ("agent", 403),
            ("shop", 403),
            ("trainer", 200),
            ("lead", 200),
        ):
            answer = await ask(who, "GET", path)
            assert answer.status_code == expected, (path, who, answer.text)
    for path in ("/inbox/x/settle", "/data/import?into=data"):
        assert (await ask("trainer", "POST", path, json={})).status_code == 403
    assert (await ask("trainer", "GET", "/disputed")).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/inbox/nothing/label", {"intent": "quality"}, (404, "not_found")),
        ("/inbox/nothing/label", {"verdict": "perhaps"}, (422, "invalid")),
        ("/inbox/nothing/label", {"intent": "quality", "trainer": "me"}, (422, "invalid")),
        ("/inbox/nothing/split", {"places": []}, (422, "invalid")),
        ("/inbox/nothing/undo", {}, (404, "not_found")),
        ("/data/changes/nothing/undo", {"reason": "x"}, (404, "not_found")),
        ("/data/relabel", {"text": "没有这句", "intent": "quality"}, (404, "not_found")),
        ("/findings/7/wave", {}, (404, "not_found")),
    ],
)
async def test_what_cannot_be_is_refused_with_a_code(
    ask: Ask, path: str, body: object, expected: tuple[int, str]
) -> None:
    answer = await ask("trainer", "POST", path, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == expected


async def test_a_sentence_goes_from_the_inbox_into_the_data_and_back(ask: Ask, services: Services) -> None:
    conversation = await open_one(services.db, None)
    await capture(services.db, said(conversation, "这件卫衣洗一回就像抹布", at=utcnow()))
    (item,) = (await ask("trainer", "GET", "/inbox")).json()["items"]
    body = {
        "intent": "quality",
        "detail": "quality_defect",
        "facts": [{"key": "product", "start": 2, "end": 4}],
    }
    done = (await ask("trainer", "POST", f"/inbox/{item['id']}/label", json=body)).json()
    assert done["state"] == "accepted" and done["change"]["done"][0]["file"] == "quality.yml"
    path = services.curation.folder.nlu / "quality.yml"
    assert "    - 这件[卫衣](product)洗一回就像抹布\n" in path.read_text(encoding="utf8")
    shown = (await ask("trainer", "GET", f"/data/changes/{done['change']['commit']}/diff")).json()["diff"]
    assert "+    - 这件[卫衣](product)洗一回就像抹布" in shown
    (line,) = (await ask("trainer", "GET", "/data/lines?q=抹布")).json()["lines"]
    moved = {
        "text": line["text"],
        "intent": "quality",
        "kind": "sub_type",
        "detail": "quality_defect",
        "to_intent": "size",
        "to_detail": "size_unfit",
    }
    change = (await ask("lead", "POST", "/data/relabel", json=moved)).json()["change"]
    assert change["counts"] == {"removed": 1, "added": 1}
    mine = await ask("trainer", "POST", f"/data/changes/{change['id']}/undo", json={})
    assert mine.status_code == 403  # it is somebody else's
    assert (await ask("lead", "POST", f"/data/changes/{change['id']}/undo", json={})).status_code == 200
    assert (await ask("trainer", "POST", f"/inbox/{item['id']}/undo", json={})).json()["state"] == "open"
    assert path.read_text(encoding="utf8") == QUALITY


async def test_a_check_runs_beside_and_its_findings_can_be_waved_through(
    ask: Ask, services: Services
) -> None:
    first = (await ask("trainer", "POST", "/checks")).json()["check"]
    again = (await ask("lead", "POST", "/checks")).json()["check"]
    assert again["id"] == first["id"] or first["state"] == "done"
    assert services.curation.task is not None
    await services.curation.task
    (check,) = (await ask("trainer", "GET", "/checks")).json()["checks"]
    assert check["state"] == "done" and check["counts"]["thin"] > 0 and "没有装好模型环境" in check["problem"]
    path = f"/checks/{check['id']}/findings?kind=thin"
    found = (await ask("trainer", "GET", path)).json()["findings"]
    assert found[0]["place"]["file"] and found[0]["text"]
    assert (
        await ask("trainer", "POST", f"/findings/{found[0]['id']}/wave", json={"reason": "够用"})
    ).status_code == 200
    after = (await ask("trainer", "GET", path)).json()["findings"]
    assert after[-1]["waved"] == "trainer：够用"
    await ask("trainer", "POST", "/checks")
    await services.curation.task
    newest = (await ask("trainer", "GET", "/checks")).json()["checks"][0]
    assert newest["counts"]["thin"] == check["counts"]["thin"] - 1


async def test_a_file_comes_in_and_goes_out(ask: Ask) -> None:
    content = "text,intent\n锅盖掉了,quality\n".encode()
    answer = await ask("lead", "POST", "/data/import?into=data&format=csv&reason=旧记录", content=content)
    assert answer.json()["report"]["new"] == 1
    out = await ask("trainer", "GET", "/data/export?format=jsonl&scope=data")
    assert "锅盖掉了" in out.text and out.headers["content-disposition"].endswith('.jsonl"')
    assert (await ask("trainer", "GET", "/data/export?format=pdf")).json()["error"][
        "code"
    ] == "unknown_format"


async def test_the_acts_are_described_for_programs(ask: Ask, services: Services) -> None:
    answer = await ask("nobody", "GET", "/../../../docs/openapi.json")
    paths = answer.json()["paths"]
    assert "/api/v1/curation/inbox/{item_id}/label" in paths
    described = [one for path, verbs in paths.items() if "/curation/" in path for one in verbs.values()]
    assert len(described) >= 20 and all(one["summary"] for one in described)
