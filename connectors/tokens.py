"""Tokens of consumers: the shop's signed identity, and ours that binds a client to one conversation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from kernel.errors import unauthorized
from kernel.principal import Principal

AUDIENCE = "anxin-conversation"
LIFETIME = timedelta(days=30)


@dataclass(frozen=True)
class Identity:
    """Who the shop says the consumer is; `orders` limits what may be seen, None means all of the consumer's."""

    consumer_id: str
    name: str
    orders: list[str] | None


def sign_identity(
    secret: str,
    consumer_id: str,
    name: str = "",
    orders: list[str] | None = None,
    expires: datetime | None = None,
) -> str:
    """A consumer token as the shop signs it (HS256): claims `sub`, `name`, `orders`, `exp`."""
    claims: dict[str, Any] = {"sub": consumer_id}
    if name:
        claims["name"] = name
    if orders is not None:
        claims["orders"] = orders
    if expires:
        claims["exp"] = expires
    return jwt.encode(claims, secret, "HS256")


def read_identity(secret: str, token: str) -> Identity:
    """The identity of a consumer token. Raises DomainError `unauthorized` (401) when it is not the shop's."""
    try:
        claims = jwt.decode(token, secret, ["HS256"], options={"require": ["sub"], "verify_aud": False})
    except jwt.PyJWTError as error:
        raise unauthorized("身份凭证无效或已过期，请从店铺页面重新进入") from error
    if claims.get("aud") == AUDIENCE:
        raise unauthorized("身份凭证无效或已过期，请从店铺页面重新进入")
    orders = claims.get("orders")
    if orders is not None and not (isinstance(orders, list) and all(isinstance(o, str) for o in orders)):
        raise unauthorized("身份凭证的订单列表格式不对")
    return Identity(str(claims["sub"])[:80], str(claims.get("name") or "")[:80], orders)


def sign_conversation(secret: str, conversation_id: str, consumer_id: str, name: str, now: datetime) -> str:
    claims = {
        "aud": AUDIENCE,
        "sub": conversation_id,
        "cid": consumer_id,
        "name": name,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims, secret, "HS256")


def read_conversation(secret: str, token: str) -> Principal:
    """The consumer bound to one conversation. Raises DomainError `unauthorized` (401)."""
    try:
        claims = jwt.decode(
            token, secret, ["HS256"], audience=AUDIENCE, options={"require": ["exp", "sub", "cid"]}
        )
    except jwt.PyJWTError as error:
        raise unauthorized("会话已失效，请重新打开") from error
    return Principal(
        "consumer", conversation_id=claims["sub"], consumer_id=claims["cid"], name=claims.get("name", "")
    )
