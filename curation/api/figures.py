"""The dashboard over HTTP, and its tables as CSV."""

from datetime import datetime, timedelta
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw
from sanic_ext import openapi

from curation import figures
from curation.api.asking import trainer
from kernel import http
from kernel.clock import utcnow
from kernel.errors import not_found

blueprint = Blueprint("curation_figures", url_prefix="/api/v1/curation/figures")
TAG = "curation"
TITLES = {
    "complaints": {
        "merchant": "商家", "goods": "商品", "category": "类目", "issue": "问题", "cause": "原因", "tickets": "工单数",
    },
    "labels": {
        "name": "类别", "turns": "句数", "conversations": "会话数", "confidence": "平均把握", "fallback_rate": "没听懂的比例",
        "handoff_rate": "转人工的比例", "one_pass_rate": "一次说清的比例",
    },
    "days": {
        "day": "日期", "turns": "句数", "conversations": "会话数", "confidence": "平均把握", "fallback_rate": "没听懂的比例",
        "handoff_rate": "转人工的比例", "one_pass_rate": "一次说清的比例",
    },
    "words": {"word": "新词", "conversations": "会话数", "example": "例句"},
}  # fmt: skip


def _span(request: Request) -> tuple[datetime, datetime]:
    now = utcnow()
    return now - timedelta(days=http.number(request, "days", 30, 1, 365)), now + timedelta(seconds=1)


@blueprint.get("/")
@openapi.definition(
    summary="听懂得怎么样：每天、每类的句数、把握、没听懂、转人工、一次说清，以及每次上线的效果", tag=TAG
)
async def understanding(request: Request) -> HTTPResponse:
    await trainer(request)
    return http.reply(await figures.understanding(request.app.ctx.services.db, *_span(request)))


@blueprint.get("/unknown")
@openapi.definition(summary="训练数据里没有的新词，和没有意图能装的成群说法", tag=TAG)
async def unknown(request: Request) -> HTTPResponse:
    await trainer(request, "curation_heavy")
    services = request.app.ctx.services
    return http.reply(await figures.unknown(services.db, services.curation.folder, *_span(request)))


@blueprint.get("/complaints")
@openapi.definition(summary="预防为主：哪些商品、商家、原因带来投诉", tag=TAG)
async def complaints(request: Request) -> HTTPResponse:
    await trainer(request)
    db, span = request.app.ctx.services.db, _span(request)
    lines = await figures.complaints(db, *span)
    return http.reply(
        {
            "tickets": await figures.opened(db, *span),
            "by": {name: figures.top(lines, name) for name in figures.CAUSES},
            "lines": lines[:200],
        }
    )


@blueprint.get("/csv/<table:str>")
@openapi.definition(summary="导出 CSV：complaints、labels、days、words", tag=TAG)
async def export(request: Request, table: str) -> HTTPResponse:
    await trainer(request, "curation_heavy")
    services, span = request.app.ctx.services, _span(request)
    lines: list[dict[str, Any]]
    if table == "complaints":
        lines = await figures.complaints(services.db, *span)
    elif table in ("labels", "days"):
        lines = (await figures.understanding(services.db, *span))[table]
    elif table == "words":
        lines = (await figures.unknown(services.db, services.curation.folder, *span))["words"]
    else:
        raise not_found("表格")
    name = {"content-disposition": f'attachment; filename="{table}.csv"', "cache-control": "no-store"}
    said = figures.as_csv(lines, TITLES[table]).encode()
    return raw(said, headers=name, content_type="text/csv; charset=utf-8")
