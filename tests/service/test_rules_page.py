"""The page people read: every version, what changed, each clause with its source."""

from pathlib import Path

import httpx
import pytest

from aftersales import rulebook_store
from service.rules_page import page
from tests.aftersales.rulebooks import FIRST, shelf_of, version_text


def text_of(version: str) -> str:
    answer = page(version)
    assert answer.body is not None
    return answer.body.decode()


@pytest.fixture
def two_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edits = (("{hours: 2, on", "{hours: 1, on"), ("label: 商品破损", "label: 商品<b>破损</b>"))
    later = version_text("2027-01", *edits, published="2026-11-20")
    monkeypatch.setattr(rulebook_store, "FOLDER", shelf_of(tmp_path, v2027_01=later))


def test_each_clause_stands_with_its_source_and_defaults_are_named_so() -> None:
    shown = text_of(FIRST)
    assert "《七日无理由退货暂行办法》第10条" in shown
    assert "签收次日零时起满 168 小时" in shown
    assert "平台约定" in shown
    assert "三包规定" not in shown  # not read in the original: no fact
    assert "自定" not in shown


@pytest.mark.usefixtures("two_versions")
def test_a_version_says_what_changed_and_links_to_the_others() -> None:
    shown = text_of("2027-01")
    assert '<span class="old">2 小时</span> → <span class="new">1 小时</span>' in shown
    assert f'href="/rules/{FIRST}"' in shown
    assert "已公示" in shown
    assert "这是第一版规则" in text_of(FIRST)


@pytest.mark.usefixtures("two_versions")
def test_what_people_wrote_into_a_rule_is_text_and_never_markup() -> None:
    assert "商品&lt;b&gt;破损" in text_of("2027-01")
    assert "<b>破损" not in text_of("2027-01")


def test_an_unknown_version_is_said_to_be_unknown_on_a_page() -> None:
    answer = page("1999-01")
    assert answer.status == 404
    assert FIRST in text_of("1999-01")


async def test_the_running_service_shows_its_rules_to_anybody(http: httpx.AsyncClient) -> None:
    shown = await http.get("/rules")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script" not in shown.headers["content-security-policy"]
    version = (await http.get("/api/v1/rules")).json()["in_force"]
    assert f"版本 <b>{version}</b>" in shown.text
    assert (await http.get(f"/rules/{version}")).text == shown.text
    assert (await http.get("/rules/1999-01")).status_code == 404
    assert (await http.get(f"/api/v1/rules/{version}/diff/{version}")).json()["diff"]["changes"] == []
    assert (await http.get("/api/v1/desk/webhooks")).status_code == 401
    assert (await http.get("/api/v1/eligibility/331-1")).status_code == 401
