"""Pages of lists that are ordered by a time and an id, the newest first."""

import base64
import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from kernel.errors import DomainError

Place = tuple[datetime, str]


def cursor_of(place: Place) -> str:
    """The place of the last row shown, as one word for the caller."""
    at, row_id = place
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), row_id]).encode()).decode()


def place_of(cursor: str) -> Place:
    """The place that `cursor_of` wrote. Raises DomainError `bad_cursor` (422)."""
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        when = datetime.fromisoformat(at)
        if when.tzinfo is None or "\0" in str(row_id):
            raise ValueError("not a cursor of ours")
        return when, str(row_id)
    except (ValueError, TypeError) as error:
        raise DomainError("bad_cursor", "翻页位置无效，请从头查看", 422) from error


def after(at: ColumnElement[Any], row_id: ColumnElement[Any], place: Place) -> ColumnElement[bool]:
    """The condition for rows after a place, where `at` and `row_id` both fall."""
    return or_(at < place[0], and_(at == place[0], row_id < place[1]))
