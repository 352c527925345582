"""Mean, variance, median and bands against the scores themselves."""

import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_aggregator.rollups import spread

scores = st.lists(st.integers(0, 1000), min_size=1, max_size=60)
"""In hundredths."""


def bins_of(values: list[int]) -> list[int]:
    return [sum(value // 10 == tenth for value in values) for tenth in range(101)]


@given(scores)
def test_all_of_it_is_exact(values: list[int]) -> None:
    count, total, squares = len(values), sum(values), sum(value * value for value in values)
    mean, variance = spread.mean(count, total), spread.variance(count, total, squares)
    exact = [Fraction(value) for value in values]
    assert Fraction(mean.numerator, mean.denominator) == statistics.mean(exact)
    assert Fraction(variance.numerator, variance.denominator) == statistics.pvariance(exact)
    assert spread.median(bins_of(values)) == statistics.median_low(values) // 10
    assert spread.bands(bins_of(values)) == [
        sum(value < 350 for value in values),
        sum(350 <= value < 500 for value in values),
        sum(500 <= value < 650 for value in values),
        sum(650 <= value < 800 for value in values),
        sum(value >= 800 for value in values),
    ]


def test_nobody_has_no_median() -> None:
    with pytest.raises(ValueError, match="nobody"):
        spread.median([0] * 101)
