"""How long a dossier is kept and what may happen to it then.

Sources: 电子商务法 31 (L19) and 网络交易监督管理办法 31 (L20): at least three years from completion; 个人信息保护法
47 (L30): before the legal period ends, what must be kept may only be stored and protected.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kernel.errors import DomainError
from kernel.times import SHANGHAI

LEAST_YEARS = 3


def retain_until(completed_at: datetime, years: int) -> datetime:
    """The same day `years` later in Shanghai (1 March for 29 February); raises ValueError below the legal minimum."""
    if years < LEAST_YEARS:
        raise ValueError(f"the law asks for at least {LEAST_YEARS} years, not {years}")
    local = completed_at.astimezone(SHANGHAI)
    try:
        later = local.replace(year=local.year + years)
    except ValueError:
        later = local.replace(year=local.year + years, month=3, day=1)
    return later.astimezone(completed_at.tzinfo)


def is_erasable(record: Mapping[str, Any], now: datetime) -> bool:
    """Whether the content may go: its time is over, nobody holds it, and it has not gone yet."""
    return bool(record["retain_until"] <= now and not record["held"] and record["erased_at"] is None)


def check_hold(record: Mapping[str, Any], *, lift: bool) -> None:
    """Raises DomainError (409) for a hold that is set already, or lifted where none is, or on erased content."""
    if record["erased_at"] is not None:
        raise DomainError("erased", "保存期已满，内容已经清除", 409)
    if lift and not record["held"]:
        raise DomainError("not_held", "这份档案没有处于法定保全", 409)
    if not lift and record["held"]:
        raise DomainError("already_held", "这份档案已经处于法定保全", 409)
