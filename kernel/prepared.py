"""Statements that run with every message: compiled once, then handed to SQLite's driver without SQLAlchemy between.

On the way of a message most of the time goes into SQLAlchemy's preparing of statements and of rows (bench/desk.py). A
statement with `execution_options(prepared=True)` is compiled by SQLAlchemy as ever, with its types on the way in and
out; only the compiled text is kept, and a row is a plain dict. PostgreSQL's driver prepares by itself.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable

Process = Callable[[Any], Any] | None


class Plan:
    """One statement for one set of parameter names."""

    def __init__(self, statement: Any, names: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names) or None)
        if compiled.insert_prefetch or compiled.update_prefetch or compiled.post_compile_params:
            raise ValueError(f"a prepared statement is given every value and has no lists: {compiled}")
        self.dialect = dialect
        self.text = str(compiled)
        # (name in the parameters, processor, whether it has to be given, the value where it is not)
        self.given: list[tuple[str, Process, bool, Any]] = []
        for name in compiled.positiontup or ():
            bind = compiled.binds[name]
            process = compiled._bind_processors.get(name)
            value = None if bind.required else bind.effective_value
            self.given.append((bind.key, process, bind.required, process(value) if process else value))
        self.columns = [
            (column.keyname, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for column in compiled._result_columns
        ]

    def values(self, parameters: Mapping[str, Any]) -> list[Any]:
        found = []
        for name, process, required, value in self.given:
            if required or name in parameters:
                value = parameters[name]
                if process:
                    value = process(value)
            found.append(value)
        return found

    def run(self, driver: sqlite3.Connection, parameters: Any) -> list[dict[str, Any]]:
        """The rows; `parameters` a mapping, or a list of them for a statement without rows."""
        given: Any = None
        try:
            if isinstance(parameters, list):
                given = [self.values(one) for one in parameters]
                driver.executemany(self.text, given)
                return []
            given = self.values(parameters)
            rows = driver.execute(self.text, given).fetchall()
        except sqlite3.Error as error:
            raise DBAPIError.instance(
                self.text, given, error, sqlite3.Error, hide_parameters=True, dialect=self.dialect
            ) from error
        columns = self.columns
        return [
            {
                name: process(value) if process else value
                for (name, process), value in zip(columns, row, strict=True)
            }
            for row in rows
        ]


class Plans:
    """The plans of one database's statements."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[tuple[Any, ...], Plan] = {}

    def of(self, statement: Executable, parameters: Any) -> Plan | None:
        """The plan of a statement that asks for one."""
        if not statement.get_execution_options().get("prepared"):
            return None
        first = parameters[0] if isinstance(parameters, list) else parameters or {}
        # statements are compared by what they are, not by what they say
        key = (statement, *first)
        plan = self._known.get(key)
        if plan is None:
            plan = self._known[key] = Plan(statement, tuple(first), self._dialect)
        return plan
