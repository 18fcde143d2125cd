"""Every state × phase × trigger × actor, against the table of the norm written out once more."""

import pytest

from aftersales.core.table import DECISIONS, RULINGS, TABLE, row_for, steps_of
from aftersales.core.telling import due_label, next_step, notice
from aftersales.core.ticket import (
    OVER,
    STATUS_LABELS,
    Actor,
    IllegalTransition,
    NotAllowed,
    Phase,
    Status,
    roles_of,
)
from tests.aftersales.conftest import ACTORS, NOW

# domain-rules §5. C consumer, M merchant, P platform, S system; the last column: only in these phases of the execution.
NORM = """
submitted             accept             MS  accepted
submitted             request_evidence   MS  pending_evidence
submitted             withdraw           C   withdrawn
pending_evidence      supply_evidence    C   accepted
pending_evidence      accept             M   accepted
pending_evidence      withdraw           CS  withdrawn
accepted              negotiate          MS  negotiating
accepted              verify             MS  verifying
accepted              propose            M   proposal_pending
accepted              agree              MS  executing
accepted              intervene          CS  platform_intervention
accepted              escalate           S   accepted
accepted              withdraw           C   withdrawn
negotiating           verify             M   verifying
negotiating           propose            M   proposal_pending
negotiating           intervene          CM  platform_intervention
negotiating           offer_intervention S   negotiating
negotiating           withdraw           C   withdrawn
verifying             request_evidence   M   pending_evidence
verifying             propose            M   proposal_pending
verifying             intervene          CMS platform_intervention
verifying             withdraw           C   withdrawn
proposal_pending      accept_proposal    C   executing
proposal_pending      reject_proposal    C   negotiating
proposal_pending      intervene          CM  platform_intervention
proposal_pending      withdraw           CS  withdrawn
platform_intervention take_up            P   evidence_period
platform_intervention escalate           S   platform_intervention
platform_intervention withdraw           C   withdrawn
evidence_period       extend             P   evidence_period
evidence_period       close_evidence     PS  adjudicating
evidence_period       withdraw           C   withdrawn
adjudicating          adjudicate         P   executing
adjudicating          reject_claim       P   rejected_claim
adjudicating          suspend            P   suspended
adjudicating          escalate           S   adjudicating
adjudicating          withdraw           C   withdrawn
suspended             resume             P   adjudicating
suspended             escalate           S   suspended
suspended             withdraw           C   withdrawn
executing             send_back          C   executing             awaiting_return
executing             goods_received     MS  executing             awaiting_receipt
executing             ship               M   executing             exchanging,reshipping,repairing
executing             quote              M   executing             repairing
executing             accept_quote       C   executing             repairing
executing             refuse_quote       C   executing             repairing
executing             substitute         P   executing             awaiting_receipt,exchanging,reshipping,repairing,-
executing             complete           MPS closed                refunding,compensating,exchanging,reshipping,repairing,-
executing             withdraw           S   withdrawn             awaiting_return
executing             intervene          CM  platform_intervention awaiting_return,awaiting_receipt,exchanging,reshipping,repairing,-
executing             escalate           S   executing
rejected_claim        appeal             C   appeal_review
rejected_claim        close              S   closed
appeal_review         uphold_appeal      P   executing
appeal_review         dismiss_appeal     P   closed
appeal_review         escalate           S   appeal_review
closed                appeal             CM  appeal_review
closed                archive            S   archived
withdrawn             reopen             C   submitted
withdrawn             archive            S   archived
"""
LETTERS = {"consumer": "C", "merchant": "M", "platform": "P", "system": "S"}
PHASES: tuple[Phase | None, ...] = (None, *Phase)


def _parsed() -> dict[tuple[str, str], tuple[str, str, set[str]]]:
    found = {}
    for line in NORM.strip().split("\n"):
        status, trigger, actors, to, *phases = line.split()
        found[status, trigger] = (actors, to, set(phases[0].split(",")) if phases else set())
    return found


EXPECTED = _parsed()
TRIGGERS = sorted({trigger for _, trigger in EXPECTED} | {"finish", ""})
CASES = [
    (status.value, phase, trigger, actor)
    for status in Status
    for phase in (PHASES if status is Status.EXECUTING else (None,))
    for trigger in TRIGGERS
    for actor in LETTERS
]


@pytest.mark.parametrize(("status", "phase", "trigger", "actor"), CASES)
def test_a_step_is_allowed_exactly_where_the_norm_has_it(
    status: str, phase: Phase | None, trigger: str, actor: str
) -> None:
    actors, to, phases = EXPECTED.get((status, trigger), ("", "", set()))
    if not actors or (phases and (phase.value if phase else "-") not in phases):
        with pytest.raises(IllegalTransition) as illegal:
            row_for(Status(status), trigger, actor, phase)
        assert (illegal.value.code, illegal.value.status) == ("illegal_transition", 409)
        assert trigger not in dict(steps_of(Status(status), actor, phase))
    elif LETTERS[actor] not in actors:
        with pytest.raises(NotAllowed) as refused:
            row_for(Status(status), trigger, actor, phase)
        assert (refused.value.code, refused.value.status) == ("not_allowed", 403)
        assert trigger not in dict(steps_of(Status(status), actor, phase))
    else:
        assert row_for(Status(status), trigger, actor, phase).to == to
        assert trigger in dict(steps_of(Status(status), actor, phase))


def test_the_table_has_no_row_that_the_norm_has_not() -> None:
    assert {(status.value, trigger) for status, trigger in TABLE} == set(EXPECTED)
    assert len(Status) == 16


def test_silence_is_never_consent_and_a_ruling_is_always_a_persons() -> None:
    for (_, trigger), row in TABLE.items():
        if trigger in ("accept_proposal", "accept_quote"):
            assert row.actors == {"consumer"}
        if trigger in RULINGS:
            assert row.actors == {"platform"}


def test_before_execution_the_consumer_can_always_withdraw() -> None:
    after = OVER | {Status.EXECUTING, Status.REJECTED_CLAIM, Status.APPEAL_REVIEW}
    for status in Status:
        allowed = any("withdraw" in dict(steps_of(status, "consumer", phase)) for phase in PHASES)
        assert allowed == (status not in after)


def test_the_end_is_called_exactly_as_the_norm_calls_it_and_nothing_else_is() -> None:
    assert STATUS_LABELS[Status.CLOSED] == "完结"
    assert list(STATUS_LABELS.values()).count("完结") == 1
    assert set(STATUS_LABELS) == set(Status)


def test_every_status_but_the_archive_leads_on() -> None:
    assert {status for status in Status if not any(at is status for at, _ in TABLE)} == {Status.ARCHIVED}


def test_everything_about_money_can_be_signed_twice() -> None:
    with_money = {t for (_, t), row in TABLE.items() if any(need.type == "money" for need in row.needs)}
    assert with_money - {"quote", "reject_proposal"} == DECISIONS


def test_the_platform_stands_in_only_where_no_merchant_is_concerned() -> None:
    platform, merchant = ACTORS["platform"], ACTORS["merchant"]
    assert roles_of(platform, "platform") == {"platform", "merchant"}
    assert roles_of(platform, "m_1") == {"platform"}
    assert roles_of(merchant, "m_1") == {"merchant"}
    assert roles_of(merchant, "m_2") == frozenset()
    assert roles_of(Actor("consumer", "u_1", ""), "m_1") == {"consumer"}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("phase", PHASES)
def test_next_step_and_time_read_as_one_sentence(status: Status, phase: Phase | None) -> None:
    said = next_step(status, has_merchant=True, phase=phase, remedy="return_refund")
    assert said[-1] not in "。！，"
    assert "{" not in said
    label = due_label(status, NOW, phase)
    if status is Status.ARCHIVED and phase not in (Phase.AWAITING_RETURN, Phase.AWAITING_RECEIPT):
        assert label is None
    else:
        assert label is not None
        assert label.startswith("11月24日 12:00前")


def test_what_happens_next_is_said_by_who_does_it() -> None:
    assert next_step(Status.SUBMITTED, has_merchant=True) == "商家会先受理您的申请"
    assert next_step(Status.SUBMITTED, has_merchant=False) == "客服会先受理您的申请"
    back = next_step(Status.EXECUTING, has_merchant=True, phase=Phase.AWAITING_RETURN)
    assert "寄回" in back
    then = next_step(
        Status.EXECUTING, has_merchant=True, remedy="return_refund", phase=Phase.AWAITING_RECEIPT
    )
    assert then == "商品在寄回的路上，商家收到后按原支付方式退款"
    # A wish that has not been agreed on is no execution.
    assert "寄回" not in next_step(Status.ACCEPTED, has_merchant=True, remedy="return_refund")


@pytest.mark.parametrize(("status", "trigger"), sorted(TABLE))
@pytest.mark.parametrize("actor", LETTERS)
def test_every_move_has_a_sentence_for_the_consumer(status: Status, trigger: str, actor: str) -> None:
    text = notice(
        trigger,
        at=status,
        actor_kind=actor,
        reason="标签的照片",
        proposal="换货，运费商家承担",
        clause="《消费者权益保护法》第24条",
        waybill="顺丰 SF7300000001",
        proof="SF7300000001",
        remedy="exchange",
    )
    assert text.endswith(("。", "SF7300000001", "标签的照片", "）"))
    assert "{" not in text


def test_a_time_out_is_told_as_what_it_is() -> None:
    told = notice("withdraw", at=Status.PROPOSAL_PENDING, actor_kind="system")
    assert "没有等到您的确认" in told
    assert "方案没有执行" in told
    assert (
        notice("withdraw", at=Status.PROPOSAL_PENDING, actor_kind="consumer")
        == "申请已撤销，需要时可以重新提交。"
    )
