"""The shared manners of every HTTP face: bodies are validated, errors are JSON, answers are JSON."""

import json
from typing import Any

from pydantic import BaseModel, ValidationError
from sanic import Request
from sanic.response import HTTPResponse

from kernel.errors import DomainError
from kernel.principal import Principal


def body[Model: BaseModel](request: Request, model: type[Model]) -> Model:
    """The request's JSON as `model`; raises DomainError `bad_json` (400) or `invalid` (422, naming the fields)."""
    try:
        value = json.loads(request.body or b"{}")
    except ValueError as error:
        raise DomainError("bad_json", "请求内容不是有效的 JSON", 400) from error
    return validate(value, model)


def validate[Model: BaseModel](value: Any, model: type[Model]) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields = [
            {"field": ".".join(str(part) for part in problem["loc"]) or "body", "problem": problem["msg"]}
            for problem in error.errors(include_url=False, include_context=False)
        ]
        names = "、".join(field["field"] for field in fields[:3])
        raise DomainError("invalid", f"这些内容缺失或不符合要求：{names}", 422, fields=fields) from error


def reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> HTTPResponse:
    """A JSON answer in UTF-8 that no cache keeps."""
    return HTTPResponse(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")),
        status=status,
        headers={"cache-control": "no-store"} | (headers or {}),
        content_type="application/json; charset=utf-8",
    )


def number(request: Request, name: str, default: int, low: int, high: int) -> int:
    """An integer query argument within bounds; raises DomainError `invalid` (422)."""
    raw = request.args.get(name)
    if raw is None:
        return default
    if not raw.lstrip("-").isdigit():
        raise DomainError("invalid", f"{name} 应为整数", 422)
    return min(max(int(raw), low), high)


def consumer(request: Request) -> Principal:
    """The consumer bound to this request's conversation token."""
    who: Principal | None = getattr(request.ctx, "principal", None)
    if who is None or who.kind != "consumer":
        raise DomainError("unauthorized", "请先打开会话", 401)
    return who


def staff(request: Request) -> Principal:
    """The member of staff of this request's session."""
    who: Principal | None = getattr(request.ctx, "principal", None)
    if who is None or who.kind != "agent":
        raise DomainError("unauthorized", "请先登录", 401)
    return who


def describe(model: type[BaseModel]) -> dict[str, Any]:
    """A body for the OpenAPI description."""
    return {"application/json": model.model_json_schema(ref_template="#/components/schemas/{model}")}
