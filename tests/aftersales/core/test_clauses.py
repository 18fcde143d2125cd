"""A rulebook in words: every rule once, with its basis; a change names what was and what is."""

import pytest

from aftersales.core.clauses import changes, clauses
from aftersales.core.publication import weighty_reasons
from aftersales.core.rulebook import Rulebook
from aftersales.rulebook_store import parse
from tests.aftersales.rulebooks import version_text


def edited(*edits: tuple[str, str]) -> Rulebook:
    return parse(version_text("2027-01", *edits), "2027-01.yml")


def test_every_rule_is_one_clause_that_says_something(rulebook: Rulebook) -> None:
    found = clauses(rulebook)
    ids = [clause.rule.rule_id for clause in found]
    assert (
        len(ids)
        == len(set(ids))
        == len(rulebook.deadlines)
        + len(rulebook.issues)
        + len(rulebook.decisions)
        + len(rulebook.figures())
        + len(rulebook.terms.rules())
        + 2
    )
    for clause in found:
        assert clause.title and clause.applies_to and clause.value
        assert all(label and text for label, text in clause.value)


def test_only_what_was_verified_is_shown_with_a_source(rulebook: Rulebook) -> None:
    for clause in clauses(rulebook):
        shown = clause.to_json()
        if clause.rule.verified:
            assert shown["clause"] == shown["basis"] != "平台约定"
        else:
            assert (shown["clause"], shown["source"], shown["basis"]) == ("", "", "平台约定")


def test_two_versions_that_say_the_same_differ_in_nothing(rulebook: Rulebook) -> None:
    assert changes(rulebook, edited()) == []


def test_a_change_says_what_was_and_what_is(rulebook: Rulebook) -> None:
    (change,) = changes(rulebook, edited(("{hours: 2, on", "{hours: 4, on")))
    assert (change.kind, change.clause.rule.rule_id, change.parts) == (
        "changed",
        "D01",
        (("时限", "2 小时", "4 小时"),),
    )


def test_rules_that_came_and_rules_that_went_are_told_apart(rulebook: Rulebook) -> None:
    found = changes(rulebook, edited(("rule_id: D02", "rule_id: D92")))
    assert [(change.kind, change.clause.rule.rule_id) for change in found] == [
        ("added", "D92"),
        ("removed", "D02"),
    ]
    assert all(old == "" for _, old, _ in found[0].parts)
    assert all(new == "" for _, _, new in found[1].parts)


def test_a_source_that_was_read_meanwhile_is_a_change(rulebook: Rulebook) -> None:
    (change,) = changes(
        rulebook, edited(('article: "9–11", verified: false', 'article: "9–11", verified: true'))
    )
    assert change.parts == (("依据", "平台约定", "《三包规定》第9–11条"),)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (("no_reason: {hours: 168", "no_reason: {hours: 144"), "fewer hours"),
        (("{days: 7, rule_id: L02", "{days: 5, rule_id: L02"), "fewer days for a return"),
        (("exchange_days: 15", "exchange_days: 10"), "fewer days for an exchange"),
        (("{payer: merchant, rule_id: F01", "{payer: consumer, rule_id: F01"), "freight moves"),
        (("remedies: [return_refund, exchange, refund_only, goodwill]", "remedies: [exchange]"), "no longer"),
        (("label: 外箱面单, kind: image, required: false", "label: 外箱面单, kind: image, required: true"), "mandatory"),
        (("rule_id: E01", "rule_id: E91"), "is gone"),
    ],
)  # fmt: skip
def test_what_takes_something_from_consumers_is_weighty(
    rulebook: Rulebook, edit: tuple[str, str], reason: str
) -> None:
    new = edited(edit)
    assert any(reason in found for found in weighty_reasons(rulebook, new, changes(rulebook, new)))


@pytest.mark.parametrize(
    "edit", [("no_reason: {hours: 168", "no_reason: {hours: 240"), ("{hours: 2, on", "{hours: 1, on"), ("label: 商品破损", "label: 商品破了")]
)  # fmt: skip
def test_what_gives_them_more_is_not(rulebook: Rulebook, edit: tuple[str, str]) -> None:
    new = edited(edit)
    assert weighty_reasons(rulebook, new, changes(rulebook, new)) == []
