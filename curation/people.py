"""Who may do what at the workbench; one place, so that every entrance asks the same."""

from kernel.errors import forbidden
from kernel.principal import PLATFORM, Principal

TRAINS = frozenset({"trainer", "supervisor", "admin"})
REVIEWS = frozenset({"supervisor", "admin"})


def may_train(who: Principal) -> Principal:
    """Reads and labels. Raises DomainError `forbidden` (403) for anybody but the platform's trainers and reviewers."""
    if who.kind != "agent" or who.party != PLATFORM or who.role not in TRAINS:
        raise forbidden("训练台只对平台的训练师、主管和管理员开放")
    return who


def may_review(who: Principal) -> Principal:
    """Settles disagreements, undoes what others did. Raises DomainError `forbidden` (403)."""
    may_train(who)
    if who.role not in REVIEWS:
        raise forbidden("这一步由主管或管理员决定")
    return who
