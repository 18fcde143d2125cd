"""Runs, models, wording and figures over HTTP: who may, what is refused, and what is said back."""

from curation import serving
from kernel.clock import utcnow
from service.wiring import Services
from tests.curation.api.test_api import Ask, ask, database_url, services
from tests.curation.kit import archive

__all__ = ["ask", "database_url", "services"]

READ = (
    "/runs/",
    "/models/",
    "/wording/",
    "/figures/",
    "/figures/unknown",
    "/figures/complaints",
    "/figures/csv/words",
)
WRITTEN = (
    ("/runs/", {"reason": "新数据"}),
    ("/models/promotions", {"model": "f" * 64, "share": 10, "reason": "更好"}),
    ("/models/rollback", {"model": "f" * 64, "reason": "回去"}),
    ("/wording/utter_greet/release", {"variants": [{"text": "您好"}], "reason": "更短"}),
)


async def test_only_trainers_and_their_leads_read_and_act(ask: Ask) -> None:
    for path in READ:
        for who, status in (("trainer", 200), ("lead", 200), ("agent", 403), ("shop", 403), ("nobody", 401)):
            assert (await ask(who, "GET", path)).status_code == status, (who, path)
    for path, body in WRITTEN:
        for who, status in (("agent", 403), ("shop", 403), ("nobody", 401)):
            assert (await ask(who, "POST", path, json=body)).status_code == status, (who, path)


async def test_every_act_needs_its_reason_and_its_bounds(ask: Ask) -> None:
    for path, body in WRITTEN:
        bare = {key: value for key, value in body.items() if key != "reason"}
        assert (await ask("trainer", "POST", path, json=bare)).status_code == 422, path
        assert (await ask("trainer", "POST", path, json=body | {"more": 1})).status_code == 422, path
    body = {"model": "f" * 64, "share": 0, "reason": "更好"}
    assert (await ask("trainer", "POST", "/models/promotions", json=body)).status_code == 422


async def test_a_run_is_queued_listed_and_cancelled(ask: Ask) -> None:
    made = await ask("trainer", "POST", "/runs/", json={"reason": "补了物流"})
    assert made.status_code == 201, made.text
    run = made.json()["run"]
    assert run["state"] == "queued" and run["asked_by"] == "trainer" and len(run["data_version"]) == 40
    assert (await ask("trainer", "GET", f"/runs/{run['id']}/log")).text == ""
    assert (await ask("trainer", "GET", "/runs/")).json()["runs"][0]["id"] == run["id"]
    assert (await ask("lead", "POST", f"/runs/{run['id']}/cancel")).json()["run"]["state"] == "cancelled"
    assert (await ask("trainer", "GET", "/runs/run_none")).status_code == 404


async def test_a_model_without_a_report_is_refused_with_every_reason(ask: Ask, services: Services) -> None:
    registry = services.training.registry
    installed = registry.shelf.folder.parent / "installed" / "current.tar.gz"
    first = archive(installed, "first")
    chosen = type(registry)(registry.shelf, installed)
    await serving.establish(services.db, chosen, utcnow())
    archive(installed, "second")
    await serving.establish(services.db, chosen, utcnow())
    found = (await ask("trainer", "GET", "/models/")).json()
    assert len(found["models"]) == 2 and found["serving"]["model"] != first
    assert [one["kind"] for one in found["promotions"]] == ["install"]
    body = {"model": first, "share": 10, "reason": "试试"}
    refused = await ask("trainer", "POST", "/models/promotions", json=body)
    assert refused.status_code == 409 and refused.json()["error"]["code"] == "gates_closed"
    assert "没有交叉验证的结果" in refused.json()["error"]["details"]["reasons"]


async def test_wording_is_checked_released_and_taken_back(ask: Ask) -> None:
    name = "utter_bot_challenge"
    text = "我是智能助手（AI），要找人工说一声就行。"
    bad = await ask("trainer", "POST", f"/wording/{name}/check", json={"variants": [{"text": "这是规定"}]})
    assert bad.json()["marks"][0]["hits"][0]["violation"]
    body = {"variants": [{"text": text}], "reason": "更亲切"}
    assert (await ask("trainer", "POST", f"/wording/{name}/release", json=body)).json()["reply"][
        "number"
    ] == 1
    back = await ask("trainer", "POST", f"/wording/{name}/back", json={"number": 0, "reason": "还是原来的"})
    assert not back.json()["reply"]["edited"]
    assert [
        one["number"] for one in (await ask("trainer", "GET", f"/wording/{name}")).json()["versions"]
    ] == [
        2,
        1,
        0,
    ]


async def test_tables_are_csv_for_a_spreadsheet(ask: Ask) -> None:
    answer = await ask("trainer", "GET", "/figures/csv/complaints")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith("\ufeff商家,商品,类目,问题,原因,工单数")
    assert (await ask("trainer", "GET", "/figures/csv/secrets")).status_code == 404
