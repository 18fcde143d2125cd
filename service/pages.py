"""The built web pages: widget, consoles, demo shop, API description."""

from pathlib import Path
from typing import Any

from sanic import Request, Sanic
from sanic.response import HTTPResponse, file, redirect

from kernel.errors import DomainError
from service.settings import Settings

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; "
)
YEAR = "public, max-age=31536000, immutable"


def add(app: Sanic[Any, Any], settings: Settings) -> None:
    """Serves `web/dist`; hashed assets are cached for a year, pages never."""
    web = settings.web

    async def page(name: str, ancestors: str) -> HTTPResponse:
        path: Path = web / name / "index.html"
        if not path.is_file():
            raise DomainError("page_not_built", "页面还没有构建，请先运行 make up", 503)
        headers = {
            "content-security-policy": CSP + f"frame-ancestors {ancestors}",
            "cache-control": "no-cache",
        }
        return await file(path, mime_type="text/html; charset=utf-8", headers=headers)

    @app.get("/widget/")
    async def widget(_request: Request) -> HTTPResponse:
        # the console previews in it, whoever else may frame it
        others = settings.embed_origins
        return await page("widget", others if others == "*" else f"'self' {others}")

    @app.get("/console/")
    async def console(_request: Request) -> HTTPResponse:
        return await page("console", "'none'")

    @app.get("/docs/")
    async def docs(_request: Request) -> HTTPResponse:
        return await page("docs", "'none'")

    @app.get("/widget.js")
    async def loader(_request: Request) -> HTTPResponse:
        path = web / "widget.js"
        if not path.is_file():
            raise DomainError("page_not_built", "页面还没有构建，请先运行 make up", 503)
        return await file(path, mime_type="text/javascript", headers={"cache-control": "public, max-age=300"})

    @app.get("/")
    async def root(_request: Request) -> HTTPResponse:
        return redirect("/shop/" if settings.demo else "/console/")

    if settings.demo:

        @app.get("/shop/")
        async def shop(_request: Request) -> HTTPResponse:
            return await page("shop", "'none'")

    for folder in ("assets", "demo"):
        if (web / folder).is_dir():
            app.static(f"/{folder}/", web / folder, name=f"static_{folder}")

    async def long_lived(request: Request, response: HTTPResponse) -> None:
        if request.path.startswith("/assets/") and response.status == 200:
            response.headers["cache-control"] = YEAR

    app.on_response(long_lived)
