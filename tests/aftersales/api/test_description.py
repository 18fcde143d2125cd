"""The OpenAPI description says what may be sent and what comes back."""

import json

from tests.aftersales.api.conftest import Api

ROUTES = {
    "/api/v1/tickets": "get",
    "/api/v1/tickets/{ticket_id}": "get",
    **{
        f"/api/v1/tickets/{{ticket_id}}/{verb}": "post"
        for verb in ("accept", "reject", "withdraw", "intervene", "rate")
    },
    "/api/v1/desk/tickets": "get",
    "/api/v1/desk/tickets/{ticket_id}": "get",
    "/api/v1/desk/tickets/{ticket_id}/transitions": "post",
}


async def test_every_route_is_described_with_body_and_answers(api: Api) -> None:
    paths = (await api.client.get("/docs/openapi.json")).json()["paths"]
    assert set(paths) >= set(ROUTES)
    for path, method in ROUTES.items():
        said = paths[path][method]
        assert said["summary"]
        assert said["tags"][0] in ("tickets", "desk tickets")
        good = said["responses"]["200"]["content"]["application/json"]["schema"]
        assert set(good["properties"]) <= {"ticket", "tickets", "next_cursor"}
        assert "401" in said["responses"]
        assert ("requestBody" in said) == (method == "post")
    assert "$ref" not in json.dumps([paths[path] for path in ROUTES])


async def test_the_arguments_of_the_lists_are_described(api: Api) -> None:
    paths = (await api.client.get("/docs/openapi.json")).json()["paths"]
    said = paths["/api/v1/desk/tickets"]["get"]["parameters"]
    assert {one["name"]: one["schema"]["type"] for one in said} == {
        "status": "string",
        "escalated": "string",
        "q": "string",
        "cursor": "string",
        "limit": "integer",
    }
