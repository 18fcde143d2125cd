"""When a version of the rulebook may be announced and when it is in force (L23); days are Shanghai's."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal

from aftersales.core.clauses import Change
from aftersales.core.rulebook import Rulebook
from aftersales.core.terms import Payer
from kernel.times import SHANGHAI

NOTICE_DAYS, WEIGHTY_DAYS = 7, 15  # 网络交易平台规则监督管理办法 第12条
State = Literal["draft", "announced", "in_force", "past"]
STATE_LABELS = {"draft": "草稿", "announced": "已公示", "in_force": "现行", "past": "历史"}


def today(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def notice_days(book: Rulebook) -> int:
    """Days between announcement and effect."""
    return WEIGHTY_DAYS if book.weighty else NOTICE_DAYS


def earliest_effect(book: Rulebook, published: date) -> date:
    """The first day on which a version announced on `published` may be in force."""
    return published + timedelta(days=notice_days(book))


def in_force(books: Iterable[Rulebook], now: datetime) -> Rulebook | None:
    """The published version whose time has come, the latest of them; None before the first."""
    begun = [book for book in books if book.published_at and book.effective_from <= today(now)]
    return max(begun, key=lambda book: (book.effective_from, book.version), default=None)


def state_of(book: Rulebook, current: Rulebook | None, now: datetime) -> State:
    """Where a version stands at `now`, given the one in force."""
    if book.published_at is None:
        return "draft"
    if book.effective_from > today(now):
        return "announced"
    return "in_force" if current and book.version == current.version else "past"


def problems_of(book: Rulebook, others: Iterable[Rulebook]) -> list[str]:
    """Why a published version was not announced as it has to be; empty when it was."""
    found = []
    if book.published_at and book.effective_from < (first := earliest_effect(book, book.published_at)):
        found.append(
            f"effective_from: {book.effective_from} is less than {notice_days(book)} days after its "
            f"announcement on {book.published_at}; {first} is the earliest day"
        )
    for other in others:
        if other.version != book.version and other.effective_from == book.effective_from:
            found.append(
                f"effective_from: {book.effective_from} is also the first day of version {other.version}"
            )
    return found


def weighty_reasons(old: Rulebook, new: Rulebook, changed: Iterable[Change]) -> list[str]:
    """What in a change weighs on consumers, so that it has to be announced as weighty."""
    found = [
        f"rule {one.clause.rule.rule_id}: {one.clause.title} is gone"
        for one in changed
        if one.kind == "removed"
    ]
    if new.no_reason.hours < old.no_reason.hours:
        found.append(f"rule {new.no_reason.rule_id}: fewer hours for a return without a reason")
    if new.terms.quality_return.days < old.terms.quality_return.days:
        found.append(f"rule {new.terms.quality_return.rule_id}: fewer days for a return")
    if new.terms.guarantees.exchange_days < old.terms.guarantees.exchange_days:
        found.append(f"rule {new.terms.guarantees.rule_id}: fewer days for an exchange")
    was = old.terms.rules()
    for place, rule in new.terms.rules().items():
        before = was.get(place)
        if (
            isinstance(rule, Payer)
            and rule.payer == "consumer"
            and isinstance(before, Payer)
            and before != rule
        ) and before.payer != "consumer":
            found.append(f"rule {rule.rule_id}: the freight moves to the consumer")
    for name, issue in new.issues.items():
        known = old.issues.get(name)
        if known is None:
            continue
        rule_id = issue.rule.rule_id
        if issue.freight == "consumer" != known.freight:
            found.append(f"rule {rule_id}: the freight moves to the consumer")
        if gone := set(known.remedies) - set(issue.remedies):
            found.append(f"rule {rule_id}: no longer {', '.join(sorted(gone))}")
        asked = {item.id for item in issue.items if item.required}
        if more := asked - {item.id for item in known.items if item.required}:
            found.append(f"rule {rule_id}: more evidence is mandatory: {', '.join(sorted(more))}")
    return found
