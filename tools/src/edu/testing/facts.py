"""The facts of admissions and gradebook that other services copy, as short as a test wants them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.sealing import MasterKeys, SealedPerson, new_key, seal
from contracts.admissions import (
    PupilCell,
    SchoolRegistered,
    SchoolYearSet,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
    TermDates,
)
from contracts.columns import Sparse
from contracts.gradebook import ClassOpened, PupilPlaced, ScoreEntered, ScoresPublished
from contracts.lists import (
    ColumnKind,
    Grade,
    Level,
    Ownership,
    ScoreState,
    Sex,
    Subject,
    Term,
    TransferReason,
    WithdrawalReason,
)
from contracts.notifications import (
    GuardianLinked,
    GuardianUnlinked,
    LinkCell,
    Relation,
    UnlinkReason,
)
from contracts.privacy import SubjectKey
from edu.testing.service import Answer, an_id

MASTER = base64.b64encode(bytes(32)).decode()
KEYS = MasterKeys(MASTER)
YEAR = "2026-2027"
SCHOOL, OTHER_SCHOOL, CLASS = an_id("school"), an_id("other school"), an_id("class")
TEACHER = an_id("teacher")
CALENDAR = {
    "version": 0,
    "first_day": "2026-09-05",
    "last_day": "2027-05-31",
    "terms": [
        {"term": "HK1", "first_day": "2026-09-05", "last_day": "2027-01-15"},
        {"term": "HK2", "first_day": "2027-01-18", "last_day": "2027-05-31"},
    ],
}
"""The school year, as the API of admissions takes it."""
NOBODY_OPENS = "c2VhbGVk"
"""A sealed person to which there is no key."""


def school(school_id: str = SCHOOL, version: int = 1, **fields: Any) -> SchoolRegistered:
    """A public school of grades 6 to 9."""
    known: Answer = {
        "school_id": school_id,
        "version": version,
        "code": "80001",
        "name": "THCS Tân Ninh",
        "levels": (Level.THCS,),
        "ownership": Ownership.PUBLIC,
        "unit_id": an_id("unit"),
        "valid_from": date(2025, 7, 1),
        "open": True,
    }
    return SchoolRegistered(**known | fields)


def year(
    version: int = 1, days: tuple[date, date] = (date(2026, 9, 5), date(2027, 5, 31))
) -> SchoolYearSet:
    """The school year's calendar."""
    return SchoolYearSet(
        school_year=YEAR,
        version=version,
        first_day=days[0],
        last_day=days[1],
        terms=(TermDates(term=Term.HK1, first_day=days[0], last_day=days[1]),),
        holidays=(),
    )


def class_opened(version: int = 1, **fields: Any) -> ClassOpened:
    """The class 6A."""
    known: Answer = {
        "class_id": CLASS,
        "version": version,
        "school_id": SCHOOL,
        "school_year": YEAR,
        "grade": Grade.G6,
        "name": "6A",
        "homeroom_teacher_id": None,
    }
    return ClassOpened(**known | fields)


def placed(pupil_id: str, class_id: str | None = CLASS, version: int = 1) -> PupilPlaced:
    """A pupil sits in a class, or in none any more."""
    return PupilPlaced(
        pupil_id=pupil_id,
        class_id=class_id,
        version=version,
        school_id=SCHOOL,
        school_year=YEAR,
        before_class_id=None,
    )


def scores(
    after: Mapping[str, int | None], before: Mapping[str, int] | None = None
) -> ScoreEntered:
    """One save of the class's first regular column of mathematics, by pupil."""
    return ScoreEntered(
        sheet_id=an_id("sheet"),
        school_id=SCHOOL,
        class_id=CLASS,
        school_year=YEAR,
        grade=Grade.G6,
        subject=Subject.TOAN,
        term=Term.HK1,
        kind=ColumnKind.REGULAR,
        position=1,
        entered_by=TEACHER,
        day=date(2026, 10, 12),
        pupils=tuple(after),
        after=tuple(after.values()),
        before=Sparse[int].of([(before or {}).get(pupil) for pupil in after]),
        state=Sparse[ScoreState](at=(), value=()),
        before_state=Sparse[ScoreState](at=(), value=()),
        reason_code=None,
    )


def published(
    shown: Mapping[str, int] | None = None, version: int = 1, *, published: bool = True
) -> ScoresPublished:
    """The same column is published with these scores, or withdrawn with them."""
    rows = shown or {}
    nothing = [None] * len(rows)
    return ScoresPublished(
        sheet_id=an_id("sheet"),
        school_id=SCHOOL,
        class_id=CLASS,
        school_year=YEAR,
        grade=Grade.G6,
        subject=Subject.TOAN,
        term=Term.HK1,
        kind=ColumnKind.REGULAR,
        position=1,
        version=version,
        published=published,
        published_by=TEACHER,
        day=date(2026, 10, 12),
        pupils=tuple(rows),
        after=tuple(rows.values()) if published else tuple(nothing),
        before=Sparse[int].of(nothing if published else list(rows.values())),
        state=Sparse[ScoreState](at=(), value=()),
        before_state=Sparse[ScoreState](at=(), value=()),
    )


def enrolled(pupil_id: str, version: int = 1, **fields: Any) -> StudentEnrolled:
    """A pupil is enrolled; nobody opens the name."""
    known: Answer = {
        "pupil_id": pupil_id,
        "version": version,
        "school_year": YEAR,
        "day": date(2026, 9, 5),
        "sealed": NOBODY_OPENS,
    }
    return StudentEnrolled(**known | _cell() | fields)


def person(
    pupil_id: str, name: str = "Nguyễn Thị Ánh", *, keys: MasterKeys = KEYS, **fields: Any
) -> tuple[StudentEnrolled, SubjectKey]:
    """The enrolment of a pupil with this name, and the key that opens it."""
    key = new_key()
    sealed = seal(SealedPerson(name=name, birth_date=date(2015, 1, 2)), key, pupil_id)
    wrapped = keys.wrap(key, pupil_id)
    return enrolled(pupil_id, sealed=sealed, **fields), SubjectKey(
        pupil_id=pupil_id, version=1, wrapped_key=wrapped.wrapped_key, key_id=wrapped.key_id
    )


def transferred(pupil_id: str, version: int, **after: Any) -> StudentTransferred:
    """Something about a pupil changed; nobody opens the name."""
    return StudentTransferred(
        pupil_id=pupil_id,
        version=version,
        school_year=YEAR,
        day=date(2026, 10, 1),
        reason_code=TransferReason.MOVED,
        before=PupilCell(**_cell()),
        after=PupilCell(**_cell() | after),
        sealed=NOBODY_OPENS,
    )


def withdrawn(pupil_id: str, version: int, day: date = date(2026, 10, 1)) -> StudentWithdrawn:
    """A pupil left the province."""
    return StudentWithdrawn(
        pupil_id=pupil_id,
        version=version,
        school_year=YEAR,
        day=day,
        reason_code=WithdrawalReason.LEFT_PROVINCE,
        before=PupilCell(**_cell()),
    )


def linked(guardian_id: str, pupil_id: str, version: int = 1) -> GuardianLinked:
    """A mother may see what her child does."""
    return GuardianLinked(
        guardian_id=guardian_id,
        pupil_id=pupil_id,
        version=version,
        relation=Relation.MOTHER,
        day=date(2026, 9, 5),
        after=_PLACE,
        before=None,
    )


def unlinked(guardian_id: str, pupil_id: str, version: int) -> GuardianUnlinked:
    """From this day on she may not."""
    return GuardianUnlinked(
        guardian_id=guardian_id,
        pupil_id=pupil_id,
        version=version,
        day=date(2026, 10, 5),
        reason_code=UnlinkReason.CUSTODY_CHANGED,
        before=_PLACE,
    )


_PLACE = LinkCell(school_id=SCHOOL, grade=Grade.G6)


def _cell() -> Answer:
    return {
        "school_id": SCHOOL,
        "grade": Grade.G6,
        "sex": Sex.FEMALE,
        "ethnic_minority": False,
        "birth_year": 2015,
        "inclusion": False,
    }
