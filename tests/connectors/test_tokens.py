"""Tokens: the shop's identity, and ours bound to one conversation."""

from datetime import timedelta

import jwt
import pytest

from connectors.tokens import read_conversation, read_identity, sign_conversation, sign_identity
from kernel.clock import utcnow
from kernel.errors import DomainError

SHOP, OURS = "s" * 40, "o" * 40


def test_a_shops_token_says_who_the_consumer_is() -> None:
    identity = read_identity(SHOP, sign_identity(SHOP, "u_1", "小满", ["2026"]))
    assert (identity.consumer_id, identity.name, identity.orders) == ("u_1", "小满", ["2026"])
    assert read_identity(SHOP, sign_identity(SHOP, "u_1")).orders is None


def test_a_conversation_token_is_bound_to_one_conversation() -> None:
    who = read_conversation(OURS, sign_conversation(OURS, "c_1", "u_1", "小满", utcnow()))
    assert (who.kind, who.conversation_id, who.consumer_id) == ("consumer", "c_1", "u_1")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "not a token",
        sign_identity("x" * 40, "u_1"),
        sign_identity(SHOP, "u_1", expires=utcnow() - timedelta(seconds=1)),
        jwt.encode({"name": "nobody"}, SHOP, "HS256"),
        jwt.encode({"sub": "u_1", "orders": "all"}, SHOP, "HS256"),
        jwt.encode({"sub": "u_1"}, None, "none"),
        sign_conversation(SHOP, "c_1", "u_1", "", utcnow()),
    ],
)
def test_a_token_the_shop_did_not_sign_is_refused(token: str) -> None:
    with pytest.raises(DomainError) as refusal:
        read_identity(SHOP, token)
    assert refusal.value.status == 401


@pytest.mark.parametrize(
    "token",
    [
        sign_identity(OURS, "u_1"),
        sign_conversation("x" * 40, "c_1", "u_1", "", utcnow()),
        sign_conversation(OURS, "c_1", "u_1", "", utcnow() - timedelta(days=31)),
    ],
)
def test_a_token_that_is_not_of_a_conversation_opens_none(token: str) -> None:
    with pytest.raises(DomainError) as refusal:
        read_conversation(OURS, token)
    assert refusal.value.status == 401
