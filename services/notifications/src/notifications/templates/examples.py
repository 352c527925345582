"""What every text is tried out with at the start, and shown with to whoever asks."""

from datetime import date
from typing import NamedTuple

from contracts.attendance import Absence, Session
from contracts.lists import ColumnKind, Grade, ScoreState, Subject, Term
from contracts.payments import FeeKind, PaymentMethod
from notifications.templates.domain import (
    AbsenceMarked,
    AbsenceRow,
    Content,
    Enrolled,
    FeeAssessed,
    FeePaid,
    FeeRow,
    PaidLine,
    ScoreRow,
    ScoreSaved,
    ScoreWithdrawn,
    Transferred,
)


class Person(NamedTuple):
    """A pupil as a text may name them."""

    name: str
    class_name: str | None


FIRST, SECOND, SCHOOL = "first", "second", "school"
PEOPLE = {FIRST: Person("Nguyễn Thị Ánh", "6A1"), SECOND: Person("Nguyễn Văn An", None)}
SCHOOLS = {SCHOOL: "THCS Lê Lợi"}
OWN_SCHOOL = "THCS Tân Ninh"

_DAY = date(2026, 10, 12)


def _scores(subject: Subject, *rows: ScoreRow) -> ScoreSaved:
    return ScoreSaved(
        school_year="2026-2027",
        subject=subject,
        term=Term.HK1,
        kind=ColumnKind.REGULAR,
        position=2,
        day=_DAY,
        rows=rows,
    )


def _score(
    pupil_id: str, before: int | None, after: int | None, *states: ScoreState | None
) -> ScoreRow:
    before_state, state = (*states, None, None)[:2]
    return ScoreRow(
        pupil_id=pupil_id, before=before, after=after, before_state=before_state, state=state
    )


def _fees(*rows: FeeRow) -> FeeAssessed:
    return FeeAssessed(
        school_year="2026-2027",
        name="Tiền ăn bán trú",
        kind=FeeKind.BOARDING_MEALS,
        mandatory=False,
        period="2026-11",
        due_on=date(2026, 11, 15),
        rows=rows,
    )


def _paid(received: int, prepaid: int, remaining: int, *lines: PaidLine) -> FeePaid:
    return FeePaid(
        pupil_id=FIRST,
        day=_DAY,
        method=PaymentMethod.BANK_TRANSFER,
        received=received,
        prepaid=prepaid,
        remaining=remaining,
        lines=lines,
    )


def _absences(*rows: AbsenceRow) -> AbsenceMarked:
    return AbsenceMarked(class_id="class", day=_DAY, session=Session.MORNING, rows=rows)


def _absence(pupil_id: str, after: Absence | None, *before: Absence | None) -> AbsenceRow:
    return AbsenceRow(
        pupil_id=pupil_id,
        after=after,
        corrects=bool(before),
        before=before[0] if before else None,
    )


def _transferred(*, other_school: bool) -> Transferred:
    return Transferred(
        pupil_id=FIRST,
        school_year="2026-2027",
        day=_DAY,
        before_school_id=SCHOOL,
        before_grade=Grade.G6,
        grade=Grade.G6 if other_school else Grade.G7,
        other_school=other_school,
    )


EXAMPLES: tuple[Content, ...] = (
    _scores(Subject.TOAN, _score(FIRST, None, 850)),
    _scores(Subject.TOAN, _score(FIRST, 580, 850), _score(SECOND, 700, None)),
    _scores(Subject.TOAN, _score(FIRST, None, None, None, ScoreState.EXCUSED)),
    _scores(
        Subject.TOAN,
        _score(FIRST, None, 1000, ScoreState.EXCUSED, None),
        _score(SECOND, None, 0, None, ScoreState.ZERO_BY_RULE),
    ),
    _scores(Subject.GDTC, _score(FIRST, None, 1), _score(SECOND, 1, 0)),
    ScoreWithdrawn(
        **dict(_scores(Subject.TOAN, _score(FIRST, 850, None), _score(SECOND, 700, None)))
    ),
    _fees(FeeRow(pupil_id=FIRST, before=None, after=650_000)),
    _fees(
        FeeRow(pupil_id=FIRST, before=650_000, after=325_000),
        FeeRow(pupil_id=SECOND, before=650_000, after=None),
    ),
    _fees(FeeRow(pupil_id=FIRST, before=None, after=0)),
    _paid(1_000_000, 350_000, 0, PaidLine(kind=FeeKind.BOARDING_MEALS, amount=650_000)),
    _paid(0, -100_000, 550_000, PaidLine(kind=FeeKind.BOARDING_MEALS, amount=100_000)),
    _paid(500_000, 500_000, 0),
    _absences(_absence(FIRST, Absence.WITHOUT_LEAVE), _absence(SECOND, Absence.LATE)),
    _absences(_absence(FIRST, None, Absence.WITHOUT_LEAVE)),
    _absences(_absence(FIRST, Absence.WITH_LEAVE, None)),
    Enrolled(pupil_id=FIRST, school_year="2026-2027", grade=Grade.G6, day=date(2026, 9, 5)),
    _transferred(other_school=True),
    _transferred(other_school=False),
)
