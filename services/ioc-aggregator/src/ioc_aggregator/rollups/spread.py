"""What is said of many scores at once, exactly: from their count, sums and 101 bins alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

BANDS = (0, 35, 50, 65, 80)
"""Where each band begins, in tenths: kém, yếu, trung bình, khá, giỏi; the last holds the tens."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """An exact quotient."""

    numerator: int
    denominator: int


def mean(count: int, total: int) -> Ratio:
    """Give the mean, in the unit of the sum."""
    return Ratio(total, count)


def variance(count: int, total: int, squares: int) -> Ratio:
    """Give the variance of all of them (not of a sample), in the unit of the squares."""
    return Ratio(count * squares - total * total, count * count)


def median(bins: Sequence[int]) -> int:
    """Give the tenth in which the middle score lies; of two in the middle the lower one's."""
    half = (sum(bins) + 1) // 2
    if not half:
        raise ValueError("nobody has a score")
    return next(tenth for tenth, upto in enumerate(accumulate(bins)) if upto >= half)


def bands(bins: Sequence[int]) -> list[int]:
    """Count the scores of each band."""
    return [sum(bins[begin:end]) for begin, end in zip(BANDS, (*BANDS[1:], len(bins)), strict=True)]
