"""`/rules`: the published rules as a page that anybody can read, without a script and without a login."""

from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import Request, Sanic
from sanic.response import HTTPResponse, html

from aftersales import rulebook_reading
from kernel.clock import utcnow
from kernel.errors import DomainError

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "cache-control": "public, max-age=60",
}
KINDS = {"added": "新增", "removed": "取消", "changed": "修改"}


def add(app: Sanic[Any, Any]) -> None:
    """Serves `/rules` (the version in force) and `/rules/<version>`."""

    @app.get("/rules")
    async def rules(_request: Request) -> HTTPResponse:
        return page(rulebook_reading.versions(utcnow())["in_force"])

    @app.get("/rules/<version:str>", name="rules_version")
    async def rules_version(_request: Request, version: str) -> HTTPResponse:
        return page(version)


def page(version: str) -> HTTPResponse:
    """The page of one version; an unknown one is said to be unknown, on a page too."""
    try:
        return html(render(version), headers=HEADERS)
    except DomainError as error:
        known = rulebook_reading.versions(utcnow())["versions"]
        text = _pages.get_template("rules_missing.html").render(message=error.message, versions=known)
        return html(text, status=error.status, headers=HEADERS | {"cache-control": "no-store"})


def render(version: str) -> str:
    """The page of a published version. Raises not_found (404)."""
    now = utcnow()
    book = rulebook_reading.version(version, now)
    earlier = rulebook_reading.before(version)
    difference = rulebook_reading.difference(earlier, version) if earlier else None
    groups = [(name, list(found)) for name, found in groupby(book["clauses"], key=lambda one: one["group"])]
    return _pages.get_template("rules.html").render(
        book=book,
        groups=groups,
        earlier=earlier,
        changes=difference["changes"] if difference else [],
        kinds=KINDS,
        versions=rulebook_reading.versions(now)["versions"],
    )
