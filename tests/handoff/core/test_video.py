"""A video's length is read from its header, and nothing that is sent makes the reader fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.core.video import seconds
from tests.handoff.clips import box, mp4


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("length", [0.0, 1.5, 59.9, 61.0, 7200.0])
def test_the_length_is_that_of_the_movie_header(length: float, wide: bool) -> None:
    assert seconds(mp4(length, wide=wide)) == pytest.approx(length, abs=0.001)


def test_the_header_may_stand_behind_the_pictures() -> None:
    clip = mp4(12.0)
    head, movie = clip[:24], clip[24:]
    assert seconds(head + box(b"mdat", b"x" * 5000) + movie) == pytest.approx(12.0)


def test_an_open_length_is_nought() -> None:
    assert seconds(mp4(None)) == 0.0


def test_a_file_without_a_header_has_no_length() -> None:
    assert seconds(mp4(3.0)[:24]) is None
    assert seconds(mp4(3.0)[:-40]) is None


@given(st.binary(max_size=200), st.integers(0, 140), st.integers(0, 140))
def test_whatever_is_sent_is_read_without_failing(noise: bytes, start: int, end: int) -> None:
    clip = mp4(5.0)
    found = seconds(clip[:start] + noise + clip[end:])
    assert found is None or found >= 0
