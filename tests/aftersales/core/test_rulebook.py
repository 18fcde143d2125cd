"""The rulebook that ships says what domain-rules §2, §3 and §5 say."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from aftersales.core.rulebook import Rulebook
from aftersales.core.ticket import Phase, Status

SUB_TYPES = {
    "quality": "quality_damaged quality_malfunction quality_defect quality_counterfeit quality_spoiled fake_pay_ten",
    "wrong_item": "wrong_item missing_item",
    "size": "size_mislabeled size_unfit",
    "no_reason": "no_reason_return",
    "not_as_described": "not_as_described",
    "logistics": "logistics_damage not_received",
    "refund_status": "refund_not_arrived",
    "after_sales_question": "price_protection invoice repair",
}
# domain-rules §3: (mandatory pictures, mandatory answers)
MANDATORY = {
    "quality_damaged": ("image image", ""),
    "quality_malfunction": ("video", "text"),
    "quality_defect": ("image image", ""),
    "quality_counterfeit": ("image image", ""),
    "quality_spoiled": ("image image", "text"),
    "wrong_item": ("image image", ""),
    "missing_item": ("image", "text"),
    "size_mislabeled": ("image image", ""),
    "size_unfit": ("", "choice confirm"),
    "no_reason_return": ("", "confirm"),
    "not_as_described": ("image", "text"),
    "logistics_damage": ("image image image", ""),
    "not_received": ("", "confirm"),
    "refund_not_arrived": ("", ""),
    "price_protection": ("", ""),
    "invoice": ("", "text text text"),
    "repair": ("video image", "text"),
    "fake_pay_ten": ("image image", ""),
}
FORBIDDEN = re.compile(
    "不归我们|您找快递|您找厂家|这是规定|没办法|不可能|最终解释权|耐心等待|您必须|亲亲|驳回"
)


def test_all_eighteen_sub_types_are_there_under_their_issue_type(rulebook: Rulebook) -> None:
    found: dict[str, set[str]] = {}
    for name, issue in rulebook.issues.items():
        found.setdefault(issue.issue_type, set()).add(name)
    assert found == {kind: set(names.split()) for kind, names in SUB_TYPES.items()}
    assert len(rulebook.issues) == 18


@pytest.mark.parametrize("name", MANDATORY)
def test_what_is_mandatory_is_what_the_norm_asks_for(rulebook: Rulebook, name: str) -> None:
    kinds = [item.kind for item in rulebook.issues[name].items if item.required]
    media = [kind for kind in kinds if kind in ("image", "video", "document")]
    words = [kind for kind in kinds if kind not in ("image", "video", "document")]
    assert (" ".join(media), " ".join(words)) == MANDATORY[name]


def test_no_request_uses_a_forbidden_phrase_or_asks_for_what_is_known(rulebook: Rulebook) -> None:
    for issue in [*rulebook.issues.values(), *rulebook.open_issues.values()]:
        assert not FORBIDDEN.search(issue.request or "")
        assert not re.search("订单号|收货地址|手机号|实付", issue.request or "")


def test_the_times_are_those_of_the_norm(rulebook: Rulebook) -> None:
    found = {status: (rule.hours, rule.on_timeout) for status, rule in rulebook.deadlines.items()}
    assert found == {
        "submitted": (2, "accept"),
        "pending_evidence": (72, "withdraw"),
        "accepted": (48, "respond"),
        "accepted_not_shipped": (24, "respond"),
        "sent_out": (7 * 24, "escalate"),
        "negotiating": (24, "offer_intervention"),
        "proposal_pending": (72, "withdraw"),
        "executing": (24, "escalate"),
        "verifying": (48, "intervene"),
        "platform_intervention": (24, "escalate"),
        "evidence_period": (24, "close_evidence"),
        "adjudicating": (0, "escalate"),
        "suspended": (30 * 24, "escalate"),
        "rejected_claim": (7 * 24, "close"),
        "appeal_review": (0, "escalate"),
        "closed": (7 * 24, "archive"),
        "withdrawn": (7 * 24, "archive"),
        "awaiting_return": (7 * 24, "withdraw"),
        "awaiting_receipt": (10 * 24, "escalate"),
        "awaiting_receipt_signed": (48, "goods_received"),
        "refunding": (24, "escalate"),
        "exchanging": (48, "escalate"),
        "reshipping": (48, "escalate"),
        "repairing": (30 * 24, "escalate"),
        "compensating": (24, "escalate"),
    }
    days = {name: rule.workdays for name, rule in rulebook.deadlines.items() if rule.workdays}
    assert days == {"adjudicating": 3, "appeal_review": 5}
    assert rulebook.deadlines["adjudicating"].most_hours == 7 * 24
    assert rulebook.no_reason.hours == 168


def test_execution_takes_as_long_as_its_remedy(rulebook: Rulebook) -> None:
    rule = rulebook.deadlines["executing"]
    hours = {name: rule.hours_for(name) for name in ("refund_only", "exchange", "reship", "repair", None)}
    assert hours == {"refund_only": 24, "exchange": 48, "reship": 48, "repair": 30 * 24, None: 24}


def test_every_deadline_belongs_to_a_status_or_a_phase(rulebook: Rulebook) -> None:
    places = {status.value for status in Status} | {phase.value for phase in Phase}
    periods = {"awaiting_receipt_signed", "accepted_not_shipped", "sent_out"}
    assert set(rulebook.deadlines) == places - {"archived"} | periods


def test_the_limits_of_media_are_those_of_the_norm(rulebook: Rulebook) -> None:
    assert {kind: (m.most, m.megabytes, m.seconds) for kind, m in rulebook.media.items()} == {
        "image": (9, 10, None),
        "video": (1, 100, 60),
        "document": (2, 10, None),
    }


def test_every_rule_has_an_id_of_its_own_and_says_whether_it_was_verified(rulebook: Rulebook) -> None:
    rules = [*rulebook.deadlines.values(), *(issue.rule for issue in rulebook.issues.values())]
    assert len({rule.rule_id for rule in rules}) == len(rules)
    assert all(rule.source for rule in rules)


def test_an_unverified_rule_is_never_quoted(rulebook: Rulebook) -> None:
    assert rulebook.deadlines["submitted"].clause == ""
    assert rulebook.issues["quality_damaged"].rule.clause == "《消费者权益保护法》第24条"


def test_fraud_and_unsafe_food_are_always_decided_by_people(rulebook: Rulebook) -> None:
    by_people = {name: issue.human for name, issue in rulebook.issues.items() if issue.human}
    assert by_people == {
        "quality_counterfeit": "fraud",
        "fake_pay_ten": "fraud",
        "quality_spoiled": "food_safety",
    }


def test_labels_are_spoken_also_while_the_sub_type_is_open(rulebook: Rulebook) -> None:
    assert rulebook.label_of("quality", "quality_damaged") == "商品破损"
    assert rulebook.label_of("quality", None) == "商品质量问题"
    assert rulebook.label_of("quality", "unknown") == "商品质量问题"
    assert rulebook.label_of("something", None) == "售后申请"


def test_unknown_candidates_are_a_key_error(rulebook: Rulebook) -> None:
    assert rulebook.candidates("size", None) == ["size_mislabeled", "size_unfit"]
    assert rulebook.candidates("size", "size_unfit") == ["size_unfit"]
    for issue_type, sub_type in (("nothing", None), ("size", "size_imagined")):
        with pytest.raises(KeyError):
            rulebook.candidates(issue_type, sub_type)


def changed(rulebook: Rulebook, *path: str, to: Any) -> dict[str, Any]:
    value = rulebook.model_dump(mode="json")
    place = value
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = to
    return value


def test_time_alone_cannot_be_made_to_consent(rulebook: Rulebook) -> None:
    bad = changed(rulebook, "deadlines", "proposal_pending", "on_timeout", to="accept_proposal")
    with pytest.raises(ValidationError, match="on_timeout"):
        Rulebook.model_validate(bad)


@pytest.mark.parametrize(
    ("path", "to", "says"),
    [
        (("issues", "repair", "remedies"), ["magic"], "issue repair .rule E17.: unknown remedies"),
        (("deadlines", "executing", "by_remedy"), {"magic": 3}, "executing .rule D06.: unknown remedies"),
        (("deadlines", "executing", "rule_id"), "D01", "rule D01: the id is used 2 times"),
        (("open_issues", "size", "assume"), "repair", "repair is no sub-type of it"),
        (("open_issues", "size", "request"), "拍照", "either `assume`, or"),
        (("issues", "repair", "issue_type"), "repairs", "issue_type"),
        (("issues", "repair", "freight"), "platform", "freight"),
        (("issues", "repair", "colour"), "red", "Extra inputs"),
        (("deadlines", "executing", "hours"), 0, "greater than 0"),
        (("version",), 2026, "version"),
    ],
)
def test_a_slip_in_the_rulebook_is_found(
    rulebook: Rulebook, path: tuple[str, ...], to: Any, says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        Rulebook.model_validate(changed(rulebook, *path, to=to))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "whole_photo"}, "named twice"),
        ({"pattern": "(["}, "not a regular expression"),
        ({"required_when": {"item": "nowhere", "matches": "x"}}, "unknown items"),
        ({"count": 10}, "less than or equal to 9"),
        ({"kind": "smell"}, "kind"),
    ],
)
def test_a_slip_in_an_evidence_item_is_found(rulebook: Rulebook, change: dict[str, Any], says: str) -> None:
    value = rulebook.model_dump(mode="json")
    value["issues"]["quality_damaged"]["items"][0] |= change
    with pytest.raises(ValidationError, match=says):
        Rulebook.model_validate(value)
