"""Every family of cells that the aggregator keeps."""

import numpy as np

from ioc_aggregator.measures.cells import Family

BINS = 101
"""A histogram's bins: bin k counts k/10 ≤ score < (k+1)/10, the last one the tens."""

_SHEET = ("school", "school_year", "grade", "subject", "term", "kind")

PUPILS = Family(
    name="pupils",
    dims=("school", "school_year", "grade", "sex", "ethnic_minority"),
    columns=("count",),
)
"""Pupils enrolled now: +1 when enrolled, −1 and +1 when moved, −1 when withdrawn."""

SCORES = Family(
    name="scores",
    dims=_SHEET,
    columns=("due", "entered", "corrected", "sum", "squares"),
)
"""Score cells: due, with a value, saves over a value (never taken back); sum and sum of squares
of the values in hundredths (in comment subjects: of ones)."""

HISTOGRAM = Family(
    name="histogram",
    dims=_SHEET,
    columns=tuple(str(tenth) for tenth in range(BINS)),
    dtype=np.int32,
)
"""How many cells have a value in each tenth; comment subjects use 0 (Chưa đạt) and 1 (Đạt)."""

REPORTED = Family(
    name="reported",
    dims=("school", "stream", "school_year", "term"),
    columns=("events",),
)
"""Events of each source stream that name a school; term is empty where the stream knows none."""

FAMILIES = {family.name: family for family in (PUPILS, SCORES, HISTOGRAM, REPORTED)}
