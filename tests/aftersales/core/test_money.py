"""分 becomes 元 only for people, and nothing is lost on the way."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from aftersales.core.money import yuan


@given(st.integers(-(10**14), 10**14))
def test_yuan_says_exactly_the_amount(fen: int) -> None:
    said = yuan(fen)
    assert Decimal(said) * 100 == fen
    assert len(said.split(".")[1]) == 2


def test_yuan_of_large_sums_is_not_rounded() -> None:
    assert yuan(900719925474099301) == "9007199254740993.01"
    assert (yuan(0), yuan(5), yuan(-105)) == ("0.00", "0.05", "-1.05")
