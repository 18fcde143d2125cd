"""Every entry commits to its content and to everything before it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aftersales.archive.core.chain import (
    DOSSIER,
    GENESIS,
    Entry,
    canonical,
    link,
    section_hash,
    wrong_section,
    wrong_with,
)

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


def chain(contents: list[dict[str, Any]]) -> list[Entry]:
    made: list[Entry] = []
    before = (0, GENESIS)
    for number, content in enumerate(contents):
        body = canonical(content).decode()
        hashes = {"case": section_hash("salt", body)}
        made.append(link(before, f"AX{number}", DOSSIER, AT + timedelta(seconds=number), content, hashes))
        before = (made[-1].seq, made[-1].hash)
    return made


def first_wrong(entries: list[Entry]) -> int | None:
    before = (0, GENESIS)
    for entry in entries:
        if wrong_with(entry, before):
            return before[0] + 1
        before = (entry.seq, entry.hash)
    return None


contents = st.lists(
    st.dictionaries(st.text(st.characters(codec="utf-8")), values, max_size=3), min_size=1, max_size=6
)


@given(contents)
def test_a_chain_as_it_was_made_holds(made: list[dict[str, Any]]) -> None:
    assert first_wrong(chain(made)) is None


@given(contents, st.data())
def test_any_change_of_any_entry_is_found_at_that_entry(
    made: list[dict[str, Any]], data: st.DataObject
) -> None:
    entries = chain(made)
    place = data.draw(st.integers(0, len(entries) - 1))
    changes: list[dict[str, Any]] = [
        {"ticket_id": "AX999"},
        {"at": AT - timedelta(microseconds=1)},
        {"data": {**entries[place].data, "more": 1}},
        {"sections": {"case": "0" * 64}},
        {"kind": "erased"},
        {"hash": "f" * 64},
        {"prev_hash": "f" * 64},
    ]
    entries[place] = replace(entries[place], **data.draw(st.sampled_from(changes)))
    assert first_wrong(entries) == place + 1


@given(contents.filter(lambda made: len(made) > 1), st.data())
def test_an_entry_that_was_taken_out_of_the_middle_is_missed(
    made: list[dict[str, Any]], data: st.DataObject
) -> None:
    entries = chain(made)
    place = data.draw(st.integers(0, len(entries) - 2))
    del entries[place]
    assert first_wrong(entries) == place + 1


def test_one_who_makes_an_entry_anew_breaks_the_one_after_it() -> None:
    entries = chain([{"amount_fen": 19900}, {"amount_fen": 5000}])
    forged = link((0, GENESIS), "AX0", DOSSIER, AT, {"amount_fen": 1}, entries[0].sections)
    assert first_wrong([forged, entries[1]]) == 2


@given(values)
def test_the_order_of_keys_does_not_change_the_hash(value: Any) -> None:
    assert canonical({"a": value, "b": 1}) == canonical({"b": 1, "a": value})


def test_a_section_is_checked_against_its_entry() -> None:
    (entry,) = chain([{"x": 1}])
    assert wrong_section("case", entry, "salt", canonical({"x": 1}).decode()) is None
    assert wrong_section("case", entry, "salt", canonical({"x": 2}).decode()) == "section case was changed"
    assert wrong_section("case", entry, "pepper", canonical({"x": 1}).decode()) == "section case was changed"
    assert wrong_section("more", entry, "salt", "{}") == "has a section more that was never archived"
