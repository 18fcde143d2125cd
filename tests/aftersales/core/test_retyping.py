"""What a ticket is about is corrected by a person: by whom, to what, and what becomes of the checklist."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.evidence import checklist
from aftersales.core.retyping import DISPUTED, check_actor, retype, told, types
from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import OVER, PLATFORM, Actor, IllegalTransition, NotAllowed, Status
from aftersales.rulebook_store import load_rulebook
from kernel.errors import DomainError
from tests.aftersales.conftest import ACTORS

BOOK = load_rulebook()
TYPES = [(issue_type, sub_type) for issue_type, sub_type, _ in types(BOOK)]


def ticket(issue_type: str = "quality", sub_type: str | None = "quality_damaged") -> dict[str, Any]:
    return {"issue_type": issue_type, "sub_type": sub_type, "pending_decision": None}


def arrived(name: str, status: str = "provided", label: str = "照片", required: int = 1) -> dict[str, Any]:
    return {"item_id": name, "label": label, "status": status, "required": required}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("who", sorted(ACTORS))
def test_whoever_has_the_case_in_hand_may_and_nobody_else(status: Status, who: str) -> None:
    if status in OVER:
        with pytest.raises(IllegalTransition):
            check_actor(status, ACTORS[who], "m_1")
    elif (who == "merchant" and status not in DISPUTED) or (
        ACTORS[who].kind == PLATFORM and status in DISPUTED
    ):
        check_actor(status, ACTORS[who], "m_1")
    else:
        with pytest.raises(NotAllowed):
            check_actor(status, ACTORS[who], "m_1")


def test_the_platform_may_where_there_is_no_merchant_and_another_merchant_never() -> None:
    check_actor(Status.ACCEPTED, ACTORS["platform"], "platform")
    with pytest.raises(NotAllowed):
        check_actor(Status.ACCEPTED, Actor("merchant", "a_9", "别家", "m_2"), "m_1")


def test_every_type_has_a_name_of_its_own(rulebook: Rulebook) -> None:
    labels = [label for _, _, label in types(rulebook)]
    assert len(set(labels)) == len(labels)
    assert set(TYPES) >= {("quality", "quality_damaged"), ("size", None), ("wrong_item", "missing_item")}


def test_what_arrived_stays_what_is_new_is_missing_and_what_nobody_sent_goes() -> None:
    evidence = [
        arrived("damage_photo"),
        arrived("whole_photo", "missing"),
        arrived("label_photo", "missing", required=0),
        arrived("extra_1", "missing", "吊牌"),
    ]
    found = retype(ticket(), evidence, "quality", "quality_defect", BOOK)
    assert [item.id for item in found.added] == ["defect_photo", "reference_photo"]
    assert found.kept == (
        ("damage_photo", "照片", False),
        ("whole_photo", "整体照", True),
        ("extra_1", "吊牌", True),
    )
    assert found.dropped == ("label_photo",)


@given(
    before=st.sampled_from(TYPES),
    after=st.sampled_from(TYPES),
    states=st.lists(st.sampled_from(["provided", "waived", "missing"]), min_size=8, max_size=8),
)
def test_the_new_checklist_is_whole_and_nothing_that_arrived_is_lost(
    before: tuple[str, str | None], after: tuple[str, str | None], states: list[str]
) -> None:
    items = checklist(BOOK, *before).items
    evidence = [arrived(item.id, state) for item, state in zip(items, states, strict=False)]
    if before == after:
        with pytest.raises(DomainError, match="same_type"):
            retype(ticket(*before), evidence, *after, BOOK)
        return
    found = retype(ticket(*before), evidence, *after, BOOK)
    there = {name for name, _, _ in found.kept} | {item.id for item in found.added}
    wanted = checklist(BOOK, *after).items
    assert there >= {item.id for item in wanted}
    assert there >= {one["item_id"] for one in evidence if one["status"] == "provided"}
    needed = {name for name, _, needed in found.kept if needed}
    assert needed <= {item.id for item in wanted if item.required}
    assert not there & set(found.dropped)


@pytest.mark.parametrize(
    ("row", "issue_type", "sub_type", "code"),
    [
        (ticket(), "quality", "quality_damaged", "same_type"),
        (ticket(), "quality", "missing_item", "unknown_type"),
        (ticket(), "weather", None, "unknown_type"),
        (ticket() | {"pending_decision": {"trigger": "propose"}}, "size", None, "waits_for_signature"),
    ],
)
def test_what_cannot_be_is_refused(
    row: dict[str, Any], issue_type: str, sub_type: str | None, code: str
) -> None:
    with pytest.raises(DomainError) as caught:
        retype(row, [], issue_type, sub_type, BOOK)
    assert caught.value.code == code


def test_the_consumer_is_told_what_it_is_now_and_what_is_still_needed() -> None:
    said = told("商品破损", "尺码不合适", ["吊牌照"])
    assert "「商品破损」改为「尺码不合适」" in said and "吊牌照" in said
    assert "都保留着" in told("商品破损", "商品瑕疵", [])
