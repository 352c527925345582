"""Every family of cells that the aggregator keeps."""

import numpy as np

from contracts.admissions import StudentEnrolled, StudentTransferred, StudentWithdrawn
from contracts.gradebook import ClassCounted, ClassOpened, ScoreEntered, SheetOpened
from contracts.notifications import (
    GuardianLinked,
    GuardianReached,
    GuardianUnlinked,
    MessageDelivered,
    MessageFailed,
    StaffMessageDelivered,
)
from contracts.payments import FeeAssessed, FeePaid, FeeReversed, PaymentChannelEnabled
from ioc_aggregator.measures import decisions, outside
from ioc_aggregator.measures.cells import Family

BINS = 101
"""A histogram's bins: bin k counts k/10 ≤ score < (k+1)/10, the last one the tens."""

_SHEET = ("school", "school_year", "grade", "subject", "term", "kind")

PUPILS = Family(
    name="pupils",
    dims=("school", "school_year", "grade", "sex", "ethnic_minority"),
    columns=("count",),
    events=(
        StudentEnrolled,
        StudentTransferred,
        StudentWithdrawn,
    ),
)
"""Pupils enrolled now: +1 when enrolled, −1 and +1 when moved, −1 when withdrawn."""

SCORES = Family(
    name="scores",
    dims=_SHEET,
    columns=("due", "entered", "corrected", "sum", "squares"),
    events=(
        SheetOpened,
        ScoreEntered,
    ),
)
"""Score cells: due, with a value, saves over a value (never taken back); sum and sum of squares
of the values in hundredths (in comment subjects: of ones)."""

CORRECTIONS = Family(
    name="corrections",
    dims=_SHEET,
    columns=("raised", "crossed"),
    events=(ScoreEntered,),
)
"""Of the saves over a value: how many raised it, and how many took it over 5.0, 6.5 or 8.0, up or
down (never taken back)."""

HISTOGRAM = Family(
    name="histogram",
    dims=_SHEET,
    columns=tuple(str(tenth) for tenth in range(BINS)),
    dtype=np.int32,
    events=(ScoreEntered,),
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
    events=(
        GuardianLinked,
        GuardianUnlinked,
    ),
)
"""Guardians of the school's pupils, one for each pair of a guardian and a pupil."""

MESSAGES = Family(
    name="messages",
    dims=("school", "school_year", "channel", "purpose", "day"),
    columns=("delivered", "parts"),
    events=(
        MessageDelivered,
        MessageFailed,
    ),
)
"""Messages to guardians that were delivered, and the parts that their channel counted for them."""

CHARGES = Family(
    name="charges",
    dims=("school", "school_year", "fee_kind", "due_on"),
    columns=("billed", "charges"),
    events=(FeeAssessed,),
)
"""What pupils are asked to pay, in đồng, and by how many charges."""

SETTLED = Family(
    name="settled",
    dims=("school", "school_year", "fee_kind", "due_on", "method"),
    columns=("collected", "settlements"),
    events=(
        FeePaid,
        FeeReversed,
    ),
)
"""What settles charges, in đồng, under the charge's year, kind and due date; and how often money
settled one (never taken back)."""

RECEIPTS = Family(
    name="receipts",
    dims=("school", "school_year", "method"),
    columns=("received",),
    events=(
        FeePaid,
        FeeReversed,
    ),
)
"""Money that came, less what went back, in đồng, under the school year of the day."""

CHANNELS = Family(
    name="channels",
    dims=("school", "school_year"),
    columns=("channels",),
    lasting=True,
    events=(PaymentChannelEnabled,),
)
"""Cashless channels that are enabled."""

_STUDENTS = (StudentEnrolled, StudentTransferred, StudentWithdrawn)

PUPIL_AGES = Family(
    name="pupil_ages",
    dims=("school", "school_year", "grade", "age", "inclusion"),
    columns=("count",),
    events=_STUDENTS,
)
"""Pupils enrolled now, by age (the school year's first year less the year of birth) and whether
they are disabled pupils in inclusive education."""

PUPILS_AT_START = Family(
    name="pupils_at_start",
    dims=("school", "school_year", "grade", "sex", "ethnic_minority"),
    columns=("count",),
    events=_STUDENTS,
)
"""Pupils enrolled by 30 September, the day of the start-of-year report (TT 25/2024)."""

MOVES = Family(
    name="moves",
    dims=("school", "school_year", "move", "grade", "sex", "ethnic_minority"),
    columns=("pupils",),
    events=_STUDENTS,
)
"""Comings and goings: ``entered`` (from outside, or up from another level), ``transferred-in``,
``transferred-out``, ``dropped-out``, ``left`` (otherwise)."""

CLASSES = Family(
    name="classes",
    dims=("school", "school_year", "grade"),
    columns=("classes",),
    events=(ClassOpened,),
)
"""Classes opened in the school year."""

ROLLS = Family(
    name="rolls",
    dims=("school", "school_year", "grade"),
    columns=("classes", "oversize", "pupils", "two_sessions"),
    events=(ClassCounted,),
)
"""Classes with pupils, those above their limit, their pupils, and those who study two sessions."""

REACHED = Family(
    name="reached",
    dims=("school", "school_year"),
    columns=("guardians",),
    lasting=True,
    events=(GuardianReached,),
)
"""Guardians reached within 30 days, one for each pair of a guardian and a pupil."""

SENDINGS = Family(
    name="sendings",
    dims=("school", "school_year", "channel"),
    columns=("delivered", "failed", "cost"),
    events=(MessageDelivered, MessageFailed),
)
"""Messages by what became of them, and what they cost in đồng."""

STAFF_MESSAGES = Family(
    name="staff_messages",
    dims=("school", "school_year", "channel", "day"),
    columns=("delivered",),
    events=(StaffMessageDelivered,),
)
"""Messages about work that reached staff."""

FAMILIES = {
    family.name: family
    for family in (
        PUPILS,
        SCORES,
        CORRECTIONS,
        HISTOGRAM,
        REPORTED,
        LINKS,
        MESSAGES,
        CHARGES,
        SETTLED,
        RECEIPTS,
        CHANNELS,
        PUPIL_AGES,
        PUPILS_AT_START,
        MOVES,
        CLASSES,
        ROLLS,
        REACHED,
        SENDINGS,
        STAFF_MESSAGES,
        *decisions.ALL,
        *outside.ALL,
    )
}
