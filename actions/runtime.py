"""The services that actions call. The service process binds them; `rasa_sdk` on its own finds them by name."""

import importlib
import os
from typing import Any, Protocol

from aftersales.core.rulebook import Rulebook
from kernel.db import Database


class Services(Protocol):
    """What an action may reach: the database, the rules, the platform's orders, the settings."""

    db: Database
    orders: Any
    logistics: Any
    settings: Any
    stream: Any

    @property
    def rulebook(self) -> Rulebook: ...


_bound: Services | None = None


class NotBound(RuntimeError):
    """Actions run without services: call `bind`, or set ANXIN_SERVICES to `module:function` returning them."""


def bind(services_: Services | None) -> None:
    """Sets what `services()` returns in this process; None takes it away again (tests)."""
    global _bound
    _bound = services_


def services() -> Services:
    if _bound is None:
        where = os.environ.get("ANXIN_SERVICES", "")
        if ":" not in where:
            raise NotBound("no services are bound")
        module, function = where.split(":", 1)
        bind(getattr(importlib.import_module(module), function)())
    assert _bound is not None
    return _bound
