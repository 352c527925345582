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

LINKS = Family(
    name="links",
    dims=("school", "school_year"),
    columns=("links",),
    lasting=True,
)
"""Guardians of the school's pupils, one for each pair of a guardian and a pupil."""

MESSAGES = Family(
    name="messages",
    dims=("school", "school_year", "channel", "purpose", "day"),
    columns=("delivered", "parts"),
)
"""Messages to guardians that were delivered, and the parts that their channel counted for them."""

CHARGES = Family(
    name="charges",
    dims=("school", "school_year", "fee_kind", "due_on"),
    columns=("billed", "charges"),
)
"""What pupils are asked to pay, in đồng, and by how many charges."""

SETTLED = Family(
    name="settled",
    dims=("school", "school_year", "fee_kind", "due_on", "method"),
    columns=("collected", "settlements"),
)
"""What settles charges, in đồng, under the charge's year, kind and due date; and how often money
settled one (never taken back)."""

RECEIPTS = Family(
    name="receipts",
    dims=("school", "school_year", "method"),
    columns=("received",),
)
"""Money that came, less what went back, in đồng, under the school year of the day."""

CHANNELS = Family(
    name="channels",
    dims=("school", "school_year"),
    columns=("channels",),
    lasting=True,
)
"""Cashless channels that are enabled."""

FAMILIES = {
    family.name: family
    for family in (
        PUPILS,
        SCORES,
        HISTOGRAM,
        REPORTED,
        LINKS,
        MESSAGES,
        CHARGES,
        SETTLED,
        RECEIPTS,
        CHANNELS,
    )
}
