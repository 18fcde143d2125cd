"""A merchant sees itself only; the platform sees all, proposes and signs; trainers see nothing of it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sanic import Request, Sanic
from sanic.response import HTTPResponse
from sanic_ext import Extend

from aftersales.archive.api import consumer as privacy
from aftersales.archive.api import desk as archive
from aftersales.archive.keeping import archive_ticket
from aftersales.archive.ports import ArchivePorts
from aftersales.merchants.api import desk
from aftersales.merchants.books import load_course
from aftersales.merchants.ports import NoCounts
from aftersales.merchants.scoring import score_day
from kernel import http
from kernel.db import Database
from kernel.errors import DomainError
from kernel.ids import new_id
from kernel.principal import Principal
from tests.aftersales.api.conftest import PEOPLE, Api, Description
from tests.aftersales.archive.conftest import DONE, Pictures, Talks, archived
from tests.aftersales.conftest import NOW, at_status
from tests.aftersales.merchants.conftest import TODAY
from tests.aftersales.serving import served

M = "desk/merchants"
A = "desk/archive"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The faces translate; both databases are the verbs' business."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def ports() -> ArchivePorts:
    return ArchivePorts(Talks(), Pictures())


@pytest.fixture
async def api(db: Database, ports: ArchivePorts) -> AsyncIterator[Api]:
    app: Sanic[Any, Any] = Sanic(new_id("merchants", 8), configure_logging=False)
    app.config.update(OAS_URL_PREFIX="docs", OAS_UI_REDOC=False, OAS_UI_SWAGGER=False)
    Extend(app, extensions=[Description], built_in_extensions=False)
    for blueprint in (desk.blueprint, archive.blueprint, privacy.blueprint):
        app.blueprint(blueprint)
    app.ctx.services = SimpleNamespace(db=db, archive=ports, counts=NoCounts())

    @app.on_request
    async def identify(request: Request) -> None:
        if who := request.headers.get("x-who"):
            request.ctx.principal = Principal(**json.loads(who))

    @app.exception(DomainError)
    async def refuse(_request: Request, error: DomainError) -> HTTPResponse:
        return http.reply(error.to_json(), error.status)

    async with served(app) as url, httpx.AsyncClient(base_url=url) as client:
        yield Api(client)


@pytest.fixture
async def scored(db: Database) -> None:
    await at_status(db, "closed")
    await score_day(db, NoCounts(), "m_1", "一号店", TODAY, NOW)


MAY_READ = ("merchant", "platform", "supervisor", "admin")


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize("who", [*MAY_READ, "other_merchant", "trainer", "xiaoman", None])
async def test_who_may_read_a_merchant(api: Api, who: str | None) -> None:
    paths = ("m_1", "m_1/metrics/csat?day=2026-11-24", "m_1/measures", "m_1/attempts")
    expected = 200 if who in MAY_READ else {"other_merchant": 404, "trainer": 403}.get(str(who), 401)
    for path in paths:
        await api.get(who, f"{M}/{path}", expected)


@pytest.mark.usefixtures("scored")
async def test_a_merchant_is_listed_to_itself_and_to_the_platform(api: Api) -> None:
    for who, count in (("merchant", 1), ("platform", 1), ("other_merchant", 0)):
        assert len((await api.get(who, f"{M}/"))["merchants"]) == count
    found = await api.get("merchant", f"{M}/m_1")
    assert found["merchant"]["cases"] == 1 and len(found["merchant"]["report"]["metrics"]) == 13


@pytest.mark.usefixtures("scored")
async def test_a_measure_goes_from_proposal_to_review_over_the_api(api: Api) -> None:
    body = {
        "kind": "freeze",
        "facts": "重大假冒，鉴定报告在工单中。",
        "reason": "危害消费者权益。",
        "tickets": ["AX1"],
    }
    await api.post("merchant", f"{M}/m_1/measures", 403, **body)
    measure = (await api.post("platform", f"{M}/m_1/measures", 201, **body))["measure"]
    assert measure["merchant_name"] == "一号店" and measure["state"] == "proposed"
    act = f"{M}/measures/{measure['id']}"
    assert await api.error("supervisor", f"{act}/sign", 422) == "invalid"
    assert await api.error("platform", f"{act}/sign", 403, reason="属实") == "not_allowed"
    assert await api.error("supervisor", f"{act}/finish", 404, reason="x") == "not_found"
    await api.post("supervisor", f"{act}/sign", reason="属实")
    assert await api.error("other_merchant", f"{act}/appeal", 404, reason="x") == "not_found"
    await api.post("merchant", f"{act}/appeal", reason="鉴定有误")
    assert await api.error("supervisor", f"{act}/uphold", 403, reason="x") == "same_person"
    decided = (await api.post("admin", f"{act}/uphold", reason="复核维持"))["measure"]
    assert decided["state_label"] == "申诉维持"


async def test_the_course_is_taken_over_the_api(api: Api) -> None:
    found = await api.get("merchant", f"{M}/course")
    assert not found["passed"] and "answer" not in found["course"]["questions"][0]
    right = {question.id: question.answer for question in load_course().questions}
    assert (await api.post("merchant", f"{M}/course/attempts", answers=right))["attempt"]["passed"]
    found = await api.get("merchant", f"{M}/course")
    assert found["passed"] and len(found["attempts"]) == 1
    assert not (await api.get("other_merchant", f"{M}/course"))["passed"]
    await api.get("trainer", f"{M}/course", 403)
    assert await api.error("merchant", f"{M}/course/attempts", 422, answers={"q01": "a" * 99}) == "invalid"


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize("path", ["m_9", "m_1/metrics/charm"])
async def test_what_there_is_not_is_not_found(api: Api, path: str) -> None:
    await api.get("platform", f"{M}/{path}", 404)


async def test_the_archive_is_searched_read_and_exported_over_the_api(
    api: Api, db: Database, ports: ArchivePorts
) -> None:
    ticket_id = await archived(db, ports)
    for who, count in (("merchant", 1), ("platform", 1), ("other_merchant", 0)):
        assert len((await api.get(who, f"{A}/?type=quality"))["dossiers"]) == count
    await api.get("trainer", f"{A}/", 403)
    assert (await api.get("merchant", f"{A}/{ticket_id}?reason=x"))["dossier"]["ticket_id"] == ticket_id
    await api.get("other_merchant", f"{A}/{ticket_id}", 404)
    assert await refused(api, "platform", f"{A}/?since=2026-11-24") == "invalid"
    assert await refused(api, "platform", f"{A}/?cursor=x") == "bad_cursor"
    assert await refused(api, "platform", f"{A}/export?format=json") == "missing_reason"
    assert await refused(api, "platform", f"{A}/export?format=pdf&reason=x") == "bad_format"
    lines = await fetch(api, "platform", f"{A}/export?format=json&reason=x")
    assert json.loads(lines.text)["ticket_id"] == ticket_id
    assert "attachment" in lines.headers["content-disposition"]
    for path in (f"{A}/{ticket_id}/page", f"{A}/export?format=html&reason=x"):
        page = await fetch(api, "merchant", path)
        assert page.text.startswith("<!doctype html>") and page.text.rstrip().endswith("</html>")
    acts = [line["act"] for line in (await api.get("platform", f"{A}/access"))["access"]]
    assert acts.count("export") == 2 and acts.count("view") == 2
    await api.get("merchant", f"{A}/access", 403)


async def test_holds_and_deletions_are_the_platforms(api: Api, db: Database, ports: ArchivePorts) -> None:
    ticket_id = await archived(db, ports)
    assert await api.error("merchant", f"{A}/{ticket_id}/hold", 403, reason="x") == "forbidden"
    assert await api.error("platform", f"{A}/{ticket_id}/hold", 422) == "invalid"
    await api.post("platform", f"{A}/{ticket_id}/hold", reason="法院调取")
    assert await api.error("platform", f"{A}/{ticket_id}/hold", 409, reason="x") == "already_held"
    await api.post("platform", f"{A}/{ticket_id}/lift-hold", reason="已结")
    assert await api.error("merchant", f"{A}/deletions", 403, reason="x", consumer_id="u_1") == "forbidden"
    made = await api.post("platform", f"{A}/deletions", reason="电话提出", consumer_id="u_1")
    own = await api.post("xiaoman", "privacy/deletion")
    assert own["deletion"]["id"] == made["deletion"]["id"] and own["deletion"]["done_at"] is None
    assert await api.error("nameless", "privacy/deletion", 403) == "anonymous"
    assert await archive_ticket(db, ports, ticket_id, DONE) == 1


async def fetch(api: Api, who: str, path: str) -> httpx.Response:
    answer = await api.client.get(f"/api/v1/{path}", headers={"x-who": json.dumps(PEOPLE[who])})
    assert answer.status_code == 200, answer.text
    return answer


async def refused(api: Api, who: str, path: str) -> str:
    answer = await api.get(who, path, 422)
    return str(answer["error"]["code"])
