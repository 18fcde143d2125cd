"""Who may call what: every route of the service stands in this table, and every caller tries every route."""

import httpx
import pytest
import websockets

from handoff.staff import add_agent
from kernel.db import Database
from service.app import create_app
from tests.conftest import make_settings
from tests.journeys.conftest import log_in, open_talk
from tests.service.conftest import Running

NOBODY, CONSUMER = "nobody", "consumer"
MERCHANT, PLATFORM, SUPERVISOR, TRAINER, ADMIN = (
    "merchant_agent",
    "platform_agent",
    "supervisor",
    "trainer",
    "admin",
)
EVERYBODY = {NOBODY, CONSUMER, MERCHANT, PLATFORM, SUPERVISOR, TRAINER, ADMIN}
VISITORS = {NOBODY, CONSUMER}  # staff have no token for the consumers' side
CONSUMERS = {CONSUMER}  # each his own conversation, see test_api
STAFF = {MERCHANT, PLATFORM, SUPERVISOR, TRAINER, ADMIN}
DESK = STAFF - {TRAINER}  # merchants' agents their merchant's conversations and tickets, see test_api
HOUSE = {PLATFORM, SUPERVISOR, ADMIN}
LEADS = {SUPERVISOR, ADMIN}
TRAIN = {TRAINER, *LEADS}
KEY = set[str]()  # a token of its own, no role: the brain's, the shop's signed links

C = "api/v1/conversations"
D = "api/v1/desk"
W = "api/v1/curation"
D_C = f"{D}/conversations/<conversation_id:str>"

TABLE: dict[str, set[str]] = {
    # pages and monitors
    "GET ": EVERYBODY,
    "GET assets/<__file_uri__:path>": EVERYBODY,
    "HEAD assets/<__file_uri__:path>": EVERYBODY,
    "GET demo/<__file_uri__:path>": EVERYBODY,
    "HEAD demo/<__file_uri__:path>": EVERYBODY,
    "GET console": EVERYBODY,
    "GET docs": EVERYBODY,
    "GET docs/openapi.json": EVERYBODY,
    "GET healthz": EVERYBODY,
    "GET metrics": EVERYBODY,
    "GET readyz": EVERYBODY,
    "GET rules": EVERYBODY,
    "GET rules/<version:str>": EVERYBODY,
    "GET shop": EVERYBODY,
    "GET widget": EVERYBODY,
    "GET widget.js": EVERYBODY,
    "GET api/v1/demo": EVERYBODY,
    "GET api/v1/rules": VISITORS,
    "GET api/v1/rules/<old:str>/diff/<new:str>": VISITORS,
    "GET api/v1/rules/<version:str>": VISITORS,
    "POST internal/actions/webhook": KEY,
    "POST webhooks/rest/webhook": EVERYBODY,
    # consumers
    f"POST {C}": VISITORS,
    f"GET {C}/<conversation_id:str>/copy": CONSUMERS,
    f"GET {C}/<conversation_id:str>/events": CONSUMERS,
    f"POST {C}/<conversation_id:str>/files": CONSUMERS,
    f"POST {C}/<conversation_id:str>/human": CONSUMERS,
    f"POST {C}/<conversation_id:str>/leave-queue": CONSUMERS,
    f"POST {C}/<conversation_id:str>/messages": CONSUMERS,
    f"POST {C}/<conversation_id:str>/wait": CONSUMERS,
    f"GET {C}/<conversation_id:str>/socket": CONSUMERS,
    "GET api/v1/eligibility/<line_id:str>": CONSUMERS,
    "GET api/v1/files/<file_id:str>": VISITORS,  # what is not theirs is refused once it is found, see test_api
    "POST api/v1/privacy/deletion": CONSUMERS,
    "GET api/v1/tickets": CONSUMERS,
    "GET api/v1/tickets/<ticket_id:str>": CONSUMERS,
    **{
        f"POST api/v1/tickets/<ticket_id:str>/{verb}": CONSUMERS
        for verb in (
            "accept",
            "appeal",
            "intervene",
            "rate",
            "reject",
            "reopen",
            "send-back",
            "statements",
            "supply-evidence",
            "transitions",
            "withdraw",
        )
    },
    # everybody who works here
    f"POST {D}/login": EVERYBODY,
    f"POST {D}/logout": STAFF,
    f"GET {D}/me": STAFF,
    # conversations
    f"GET {D}/agents": DESK,
    f"GET {D}/callbacks": DESK,
    f"POST {D}/callbacks/<callback_id:str>/done": DESK,
    f"GET {D}/conversations": DESK,
    f"GET {D_C}": DESK,
    f"GET {D_C}/brief": DESK,
    f"GET {D_C}/events": DESK,
    f"GET {D_C}/notes": DESK,
    f"GET {D_C}/promises": DESK,
    f"GET {D_C}/suggestions": DESK,
    **{
        f"POST {D_C}/{verb}": DESK
        for verb in (
            "accept",
            "close",
            "decline",
            "files",
            "hand-back",
            "messages",
            "notes",
            "records",
            "transfer",
        )
    },
    f"POST {D}/presence": DESK,
    f"GET {D}/promises": DESK,
    f"POST {D}/promises/<promise_id:str>/settle": DESK,
    f"GET {D}/queue": DESK,
    f"GET {D}/socket": DESK,
    f"GET {D}/teams": DESK,
    f"POST {D}/wording-check": DESK,
    f"GET {D}/canned": DESK,
    f"POST {D}/canned": DESK,
    f"DELETE {D}/canned/<reply_id:str>": DESK,
    f"PUT {D}/canned/<reply_id:str>": DESK,
    f"POST {D}/canned/<reply_id:str>/used": DESK,
    # supervisors
    f"GET {D}/audit": LEADS,
    f"GET {D}/board": LEADS,
    f"GET {D}/hours": LEADS,
    f"PUT {D}/hours": LEADS,
    f"GET {D}/reports": LEADS,
    f"GET {D}/reports.csv": LEADS,
    f"POST {D}/teams": LEADS,
    f"PUT {D}/agents/<agent_id:str>": LEADS,
    f"POST {D_C}/barge-in": LEADS,
    f"POST {D_C}/reassign": LEADS,
    # tickets
    f"GET {D}/eligibility/<line_id:str>": DESK,
    f"GET {D}/tickets": DESK,
    f"GET {D}/tickets/<ticket_id:str>": DESK,
    f"POST {D}/tickets/<ticket_id:str>/countersign": DESK,
    f"POST {D}/tickets/<ticket_id:str>/files": DESK,
    f"POST {D}/tickets/<ticket_id:str>/retype": DESK,
    f"POST {D}/tickets/<ticket_id:str>/statements": DESK,
    f"POST {D}/tickets/<ticket_id:str>/transitions": DESK,
    # archive, merchants, webhooks
    f"GET {D}/archive": DESK,
    f"GET {D}/archive/<ticket_id:str>": DESK,
    f"GET {D}/archive/<ticket_id:str>/page": DESK,
    f"POST {D}/archive/<ticket_id:str>/hold": HOUSE,
    f"POST {D}/archive/<ticket_id:str>/lift-hold": HOUSE,
    f"GET {D}/archive/access": HOUSE,
    f"POST {D}/archive/deletions": HOUSE,
    f"GET {D}/archive/export": DESK,
    f"GET {D}/merchants": DESK,
    f"GET {D}/merchants/<merchant_id:str>": DESK,
    f"GET {D}/merchants/<merchant_id:str>/attempts": DESK,
    f"GET {D}/merchants/<merchant_id:str>/measures": DESK,
    f"POST {D}/merchants/<merchant_id:str>/measures": HOUSE,
    f"GET {D}/merchants/<merchant_id:str>/metrics/<metric:str>": DESK,
    f"GET {D}/merchants/course": DESK,
    f"POST {D}/merchants/course/attempts": DESK,
    f"POST {D}/merchants/measures/<measure_id:str>/<trigger:str>": DESK,
    f"GET {D}/webhooks": LEADS,
    f"POST {D}/webhooks/<event_id:str>/redeliver": LEADS,
    f"GET {D}/webhooks/catalogue": LEADS,
    # the trainers' workbench
    f"GET {W}/agreement": TRAIN,
    f"GET {W}/checks": TRAIN,
    f"POST {W}/checks": TRAIN,
    f"GET {W}/checks/<check_id:str>/findings": TRAIN,
    f"GET {W}/data": TRAIN,
    f"GET {W}/data/changes": TRAIN,
    f"POST {W}/data/changes/<change_id:str>/undo": TRAIN,
    f"GET {W}/data/changes/<commit:str>/diff": TRAIN,
    f"GET {W}/data/export": TRAIN,
    f"POST {W}/data/import": TRAIN,
    f"GET {W}/data/lines": TRAIN,
    f"POST {W}/data/relabel": TRAIN,
    f"GET {W}/disputed": LEADS,
    f"GET {W}/figures": TRAIN,
    f"GET {W}/figures/csv/<table:str>": TRAIN,
    f"GET {W}/figures/complaints": TRAIN,
    f"GET {W}/figures/unknown": TRAIN,
    f"POST {W}/findings/<finding_id:int>/wave": TRAIN,
    f"GET {W}/guideline": TRAIN,
    f"GET {W}/inbox": TRAIN,
    f"GET {W}/inbox/<item_id:str>": TRAIN,
    f"POST {W}/inbox/<item_id:str>/label": TRAIN,
    f"POST {W}/inbox/<item_id:str>/part": TRAIN,
    f"POST {W}/inbox/<item_id:str>/second": TRAIN,
    f"POST {W}/inbox/<item_id:str>/settle": LEADS,
    f"POST {W}/inbox/<item_id:str>/split": TRAIN,
    f"POST {W}/inbox/<item_id:str>/undo": TRAIN,
    f"GET {W}/labels": TRAIN,
    f"GET {W}/me": TRAIN,
    f"GET {W}/models": TRAIN,
    f"POST {W}/models/promotions": TRAIN,
    f"POST {W}/models/promotions/<promotion_id:str>/return": TRAIN,
    f"POST {W}/models/promotions/<promotion_id:str>/share": TRAIN,
    f"POST {W}/models/rollback": TRAIN,
    f"GET {W}/runs": TRAIN,
    f"POST {W}/runs": TRAIN,
    f"GET {W}/runs/<run_id:str>": TRAIN,
    f"POST {W}/runs/<run_id:str>/cancel": TRAIN,
    f"GET {W}/runs/<run_id:str>/log": TRAIN,
    f"GET {W}/wording": TRAIN,
    f"GET {W}/wording/<name:str>": TRAIN,
    f"POST {W}/wording/<name:str>/back": TRAIN,
    f"POST {W}/wording/<name:str>/check": TRAIN,
    f"POST {W}/wording/<name:str>/release": TRAIN,
}
# Doing it would end the caller's session before he has tried the rest, or keep the machine busy for minutes: tried
# by those who are refused alone.
NOT_DONE = {f"POST {D}/logout", f"POST {W}/runs", f"POST {W}/checks", f"POST {W}/models/rollback"}


def test_every_route_of_the_service_stands_in_the_table(tmp_path_factory: pytest.TempPathFactory) -> None:
    var = tmp_path_factory.mktemp("roles")
    app = create_app(make_settings(var, "unix:///nowhere", f"sqlite+aiosqlite:///{var / 'x.db'}", demo=True))
    routes = {f"{method} {route.path}" for route in app.router.routes for method in route.methods}
    assert routes - TABLE.keys() == set(), "routes that the table does not know"
    assert TABLE.keys() - routes == set(), "rows of routes that are gone"


async def test_every_caller_is_let_in_or_refused_as_the_table_says(
    running: Running, http: httpx.AsyncClient
) -> None:
    talk = await open_talk(http, None)
    headers = {NOBODY: {}, CONSUMER: talk.headers}
    for role in sorted(STAFF):
        headers[role] = (await log_in(http, running.staff(role))).headers
    http.cookies.clear()
    wrong = []
    for row, allowed in TABLE.items():
        method, _, pattern = row.partition(" ")
        named = {
            "<conversation_id:str>": talk.id,
            "<merchant_id:str>": running.staff(MERCHANT)["party"],
            "<metric:str>": "csat",
            "<trigger:str>": "appeal",
            "<table:str>": "labels",
            "<finding_id:int>": "0",
        }
        path = "/" + "/".join(
            named.get(part, "none" if part.startswith("<") else part) for part in pattern.split("/")
        )
        for caller, proof in headers.items():
            if row in NOT_DONE and caller in allowed:
                continue
            status = await _try(http, method, path, proof)
            if (status not in (401, 403)) != (caller in allowed):
                wrong.append(f"{row}: {caller} got {status}")
    assert not wrong, "\n".join(wrong)


async def _try(http: httpx.AsyncClient, method: str, path: str, proof: dict[str, str]) -> int:
    if path.endswith("/socket"):
        url = f"ws://{http.base_url.netloc.decode()}{path}"
        protocols = [websockets.Subprotocol("anxin.v1")]
        try:
            async with websockets.connect(url, additional_headers=proof, subprotocols=protocols) as ws:
                await ws.recv()  # a page that is let in is greeted, another one's socket is closed
                return 101
        except websockets.InvalidStatus as refusal:
            return refusal.response.status_code
        except websockets.ConnectionClosed:
            return 403
    body = {"note": "x", "agent_id": "none"} if path.endswith(("barge-in", "reassign")) else {}
    body |= {"name": "x", "party": "none"} if path.endswith("teams") else {}
    more = {"json": body} if method in ("POST", "PUT") else {}
    answer = await http.request(method, path, headers=proof, **more)  # type: ignore[arg-type]
    return answer.status_code


async def test_a_merchants_supervisor_sees_his_merchant_and_no_other(db: Database) -> None:
    from handoff import board, ownership, passing, trail
    from kernel.clock import utcnow
    from kernel.errors import DomainError
    from kernel.principal import Principal
    from tests.handoff.conftest import open_one

    lead_id = await add_agent(
        db,
        username="lead",
        password="a good password",
        name="甲",
        role="supervisor",
        party="m_1",
        party_name="一",
    )
    lead = Principal("agent", agent_id=lead_id, name="甲", role="supervisor", party="m_1")
    for number, party in enumerate(("m_1", "m_2")):
        row = await open_one(db, None, f"u_{number}")
        await ownership.request_human(db, row["id"], "button", utcnow(), party=party)
    shown = await board.show(db, lead, utcnow())
    assert (shown["waiting"], [one["id"] for one in shown["parties"]]) == (1, ["m_1"])
    entries = (await trail.page(db, lead))["entries"]
    assert row["id"] not in {entry["conversation_id"] for entry in entries}
    with pytest.raises(DomainError, match="not_found"):
        await passing.step_in(db, None, row["id"], lead, utcnow(), "看看别家的")
