"""The rules are open to everybody; what an order entitles to only to its consumer and to those who serve him."""

from typing import Any

import pytest
from pydantic import BaseModel

from aftersales.api.rule_answers import Difference, Eligibility, Published, Versions
from aftersales.gateways.demo_orders import CONSUMERS, DemoOrders
from tests.aftersales.api.conftest import Api
from tests.aftersales.conftest import NOW


async def shaped(coming: Any, model: type[BaseModel]) -> Any:
    """The answer, held against its description."""
    answer = await coming
    model.model_validate(answer)
    return answer


async def test_anybody_may_read_every_version(api: Api) -> None:
    listed = await shaped(api.get(None, "rules"), Versions)
    version = listed["in_force"]
    book = (await shaped(api.get(None, f"rules/{version}"), Published))["rulebook"]
    assert book["status_label"] == "现行"
    assert len(book["clauses"]) == book["rules"] > 30
    same = await shaped(api.get(None, f"rules/{version}/diff/{version}"), Difference)
    assert same["diff"] == {"from": version, "to": version, "changes": []}


async def test_an_unknown_version_is_not_found(api: Api) -> None:
    assert (await api.get(None, "rules/1999-01", 404))["error"]["code"] == "not_found"
    await api.get(None, "rules/1999-01/diff/2026-11", 404)


async def test_a_consumer_sees_what_his_own_line_entitles_to(api: Api) -> None:
    line = (await DemoOrders(NOW).lines_of(CONSUMERS[0].id))[0]
    found = await shaped(api.get("xiaoman", f"eligibility/{line.line_id}"), Eligibility)
    assert found["eligibility"]["line_id"] == line.line_id
    assert len(found["eligibility"]["freight"]) == 3
    one = await shaped(api.get("xiaoman", f"eligibility/{line.line_id}?sub_type=quality_defect"), Eligibility)
    assert [part["party"] for part in one["eligibility"]["freight"]] == ["merchant"]
    await api.get("xiaoman", f"eligibility/{line.line_id}?sub_type=magic", 422)


async def test_anothers_line_and_an_unknown_one_look_the_same(api: Api) -> None:
    line = (await DemoOrders(NOW).lines_of(CONSUMERS[0].id))[0]
    other = await api.get("dayong", f"eligibility/{line.line_id}", 404)
    assert other == await api.get("dayong", "eligibility/331-1", 404)
    await api.get(None, f"eligibility/{line.line_id}", 401)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("merchant", 404),
        ("platform", 200),
        ("supervisor", 200),
        ("admin", 200),
        ("trainer", 403),
        (None, 401),
    ],
)
async def test_the_desk_sees_the_lines_of_its_own_party(api: Api, who: str | None, status: int) -> None:
    line = (await DemoOrders(NOW).lines_of(CONSUMERS[0].id))[0]
    await api.get(who, f"desk/eligibility/{line.line_id}", status)
