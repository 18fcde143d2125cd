"""Every state × trigger × actor, against the table of the norm written out once more."""

from datetime import timedelta

import pytest

from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import (
    STATUS_LABELS,
    TABLE,
    IllegalTransition,
    NotAllowed,
    Status,
    due_at,
    due_label,
    next_step,
    notice,
    row_for,
    steps_of,
)
from tests.aftersales.conftest import ACTORS, NOW

# domain-rules §5. C consumer, M merchant, P platform (takes the merchant's steps for now), S system.
NORM = """
submitted         accept            MPS accepted
submitted         request_evidence  MPS pending_evidence
submitted         withdraw          C   withdrawn
pending_evidence  supply_evidence   C   accepted
pending_evidence  accept            MP  accepted
pending_evidence  withdraw          CS  withdrawn
accepted          negotiate         MPS negotiating
accepted          propose           MP  proposal_pending
accepted          agree             MPS executing
accepted          withdraw          C   withdrawn
negotiating       propose           MP  proposal_pending
negotiating       withdraw          C   withdrawn
proposal_pending  accept_proposal   C   executing
proposal_pending  reject_proposal   C   negotiating
proposal_pending  withdraw          CS  withdrawn
executing         complete          MPS closed
withdrawn         reopen            C   submitted
"""
LETTERS = {"consumer": "C", "merchant": "M", "platform": "P", "system": "S"}
EXPECTED = {
    (status, trigger): (actors, to)
    for status, trigger, actors, to in (line.split() for line in NORM.split("\n") if line.strip())
}
TRIGGERS = sorted({trigger for _, trigger in EXPECTED} | {"close", "archive", ""})
CASES = [(s.value, trigger, actor) for s in Status for trigger in TRIGGERS for actor in ACTORS]


@pytest.mark.parametrize(("status", "trigger", "actor"), CASES)
def test_a_step_is_allowed_exactly_where_the_norm_has_it(status: str, trigger: str, actor: str) -> None:
    actors, to = EXPECTED.get((status, trigger), ("", ""))
    if not actors:
        with pytest.raises(IllegalTransition) as illegal:
            row_for(Status(status), trigger, actor)
        assert (illegal.value.code, illegal.value.status) == ("illegal_transition", 409)
    elif LETTERS[actor] not in actors:
        with pytest.raises(NotAllowed) as refused:
            row_for(Status(status), trigger, actor)
        assert (refused.value.code, refused.value.status) == ("not_allowed", 403)
    else:
        assert row_for(Status(status), trigger, actor).to == to


def test_the_table_has_no_row_that_the_norm_has_not() -> None:
    assert {(status.value, trigger) for status, trigger in TABLE} == set(EXPECTED)


@pytest.mark.parametrize("actor", ACTORS)
def test_what_an_actor_may_do_next_is_what_the_table_allows_him(actor: str) -> None:
    for status in Status:
        offered = {name for name, _ in steps_of(status, actor)}
        assert offered == {
            t for (s, t), (who, _) in EXPECTED.items() if s == status and LETTERS[actor] in who
        }


def test_only_a_consumer_agrees_to_a_proposal() -> None:
    for row in (row for (_, trigger), row in TABLE.items() if trigger == "accept_proposal"):
        assert row.actors == {"consumer"}


def test_execution_can_be_left_only_by_its_completion() -> None:
    assert [trigger for status, trigger in TABLE if status is Status.EXECUTING] == ["complete"]


def test_the_end_is_called_exactly_as_the_norm_calls_it_and_nothing_else_is() -> None:
    assert STATUS_LABELS[Status.CLOSED] == "完结"
    assert [label for label in STATUS_LABELS.values()].count("完结") == 1
    assert set(STATUS_LABELS) == set(Status)


def test_every_status_but_the_last_leads_on() -> None:
    assert {status for status in Status if not any(at is status for at, _ in TABLE)} == {Status.CLOSED}


@pytest.mark.parametrize("status", Status)
def test_deadlines_come_from_the_rulebook(rulebook: Rulebook, status: Status) -> None:
    due = due_at(status, NOW, rulebook)
    if status in (Status.CLOSED, Status.WITHDRAWN):
        assert due is None
    else:
        assert due == NOW + timedelta(hours=rulebook.deadlines[status.value].hours)


def test_a_repair_may_take_longer_than_a_refund(rulebook: Rulebook) -> None:
    assert due_at(Status.EXECUTING, NOW, rulebook, "repair") == NOW + timedelta(days=30)
    assert due_at(Status.EXECUTING, NOW, rulebook, "refund_only") == NOW + timedelta(hours=24)
    assert due_at(Status.ACCEPTED, NOW, rulebook, "repair") == NOW + timedelta(hours=48)


@pytest.mark.parametrize("status", Status)
def test_next_step_and_time_read_as_one_sentence(rulebook: Rulebook, status: Status) -> None:
    said = next_step(status, has_merchant=True)
    label = due_label(status, due_at(status, NOW, rulebook))
    assert said
    assert said[-1] not in "。！，"
    assert "{" not in said
    assert (label is None) == (status in (Status.CLOSED, Status.WITHDRAWN))


def test_what_happens_next_is_said_by_who_does_it() -> None:
    assert next_step(Status.SUBMITTED, has_merchant=True) == "商家会先受理您的申请"
    assert next_step(Status.SUBMITTED, has_merchant=False) == "客服会先受理您的申请"
    back = next_step(Status.EXECUTING, has_merchant=True, remedy="return_refund")
    assert "寄回" in back
    assert "原支付方式" in back
    # A wish that has not been agreed on is no execution.
    assert "寄回" not in next_step(Status.ACCEPTED, has_merchant=True, remedy="return_refund")


def test_a_deadline_is_said_in_shanghai_time(rulebook: Rulebook) -> None:
    assert due_label(Status.PROPOSAL_PENDING, NOW) == "11月24日 12:00前确认"
    assert due_label(Status.EXECUTING, None) is None


@pytest.mark.parametrize(("status", "trigger"), sorted(TABLE))
@pytest.mark.parametrize("actor", ACTORS)
def test_every_move_has_a_sentence_for_the_consumer(status: Status, trigger: str, actor: str) -> None:
    text = notice(
        trigger,
        at=status,
        actor_kind=actor,
        reason="标签的照片",
        proposal="换货，运费商家承担",
        proof="SF7300000001",
    )
    assert text.endswith(("。", "SF7300000001", "标签的照片"))
    assert "{" not in text


def test_a_time_out_is_told_as_what_it_is() -> None:
    told = notice("withdraw", at=Status.PROPOSAL_PENDING, actor_kind="system")
    assert "没有等到您的确认" in told
    assert "方案没有执行" in told
    assert (
        notice("withdraw", at=Status.PROPOSAL_PENDING, actor_kind="consumer")
        == "申请已撤销，需要时可以重新提交。"
    )
