"""The facts of others that the tests of notifications tell, and whom they are about."""

import base64
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from chassis.sealing import MasterKeys, SealedPerson, new_key, seal
from contracts.admissions import (
    PupilCell,
    SchoolRegistered,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from contracts.columns import Sparse
from contracts.gradebook import ClassOpened, PupilPlaced, ScoreEntered
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
from contracts.payments import FeeAssessed, FeeKind, FeePaid, Lines, PaymentMethod, SettledLine
from contracts.privacy import SubjectKey

Answer = dict[str, Any]
MASTER = base64.b64encode(bytes(32)).decode()
KEYS = MasterKeys(MASTER)
YEAR = "2026-2027"


def an_id(name: str) -> str:
    """Return the id that this name always has."""
    return str(uuid5(NAMESPACE_URL, name))


SCHOOL, OTHER_SCHOOL = an_id("school"), an_id("other school")
CLASS, TEACHER = an_id("class"), an_id("teacher")
PUPIL, SIBLING = an_id("pupil"), an_id("sibling")


class Facts:
    """The facts of others, as short as a test wants them."""

    SCHOOL, OTHER_SCHOOL, CLASS, TEACHER = SCHOOL, OTHER_SCHOOL, CLASS, TEACHER
    PUPIL, SIBLING = PUPIL, SIBLING
    MASTER, KEYS = MASTER, KEYS
    id_of = staticmethod(an_id)

    @staticmethod
    def school(school_id: str = SCHOOL, name: str = "THCS Tân Ninh") -> SchoolRegistered:
        """Return a school of the register."""
        return SchoolRegistered(
            school_id=school_id,
            version=1,
            code="80001",
            name=name,
            levels=(Level.THCS,),
            ownership=Ownership.PUBLIC,
            unit_id=an_id("unit"),
            valid_from=date(2025, 7, 1),
            open=True,
        )

    @staticmethod
    def class_6a(homeroom: str | None = TEACHER, version: int = 1) -> ClassOpened:
        """Return the class 6A1 with its homeroom teacher."""
        return ClassOpened(
            class_id=CLASS,
            version=version,
            school_id=SCHOOL,
            school_year=YEAR,
            grade=Grade.G6,
            name="6A1",
            homeroom_teacher_id=homeroom,
        )

    @staticmethod
    def placed(pupil_id: str, class_id: str | None = CLASS, version: int = 1) -> PupilPlaced:
        """Return that a pupil sits in a class."""
        return PupilPlaced(
            pupil_id=pupil_id,
            class_id=class_id,
            version=version,
            school_id=SCHOOL,
            school_year=YEAR,
            before_class_id=None,
        )

    @staticmethod
    def enrolled(pupil_id: str, version: int = 1, **fields: Any) -> StudentEnrolled:
        """Return that a pupil is enrolled; the name is sealed so that nobody opens it."""
        known: Answer = {
            "pupil_id": pupil_id,
            "version": version,
            "school_year": YEAR,
            "day": date(2026, 9, 5),
            "sealed": "c2VhbGVk",
        }
        return StudentEnrolled(**known | _cell() | fields)

    @staticmethod
    def person(
        pupil_id: str, name: str = "Nguyễn Thị Ánh", **fields: Any
    ) -> tuple[StudentEnrolled, SubjectKey]:
        """Return the enrolment of a pupil with this name, and the key that opens it."""
        key = new_key()
        sealed = seal(SealedPerson(name=name, birth_date=date(2015, 1, 2)), key, pupil_id)
        wrapped = KEYS.wrap(key, pupil_id)
        return Facts.enrolled(pupil_id, sealed=sealed, **fields), SubjectKey(
            pupil_id=pupil_id,
            version=1,
            wrapped_key=wrapped.wrapped_key,
            key_id=wrapped.key_id,
        )

    @staticmethod
    def transferred(pupil_id: str, version: int, **after: Any) -> StudentTransferred:
        """Return that something about a pupil changed; the name does not open."""
        return StudentTransferred(
            pupil_id=pupil_id,
            version=version,
            school_year=YEAR,
            day=date(2026, 10, 1),
            reason_code=TransferReason.MOVED,
            before=PupilCell(**_cell()),
            after=PupilCell(**_cell() | after),
            sealed="c2VhbGVk",
        )

    @staticmethod
    def withdrawn(pupil_id: str, version: int) -> StudentWithdrawn:
        """Return that a pupil left."""
        return StudentWithdrawn(
            pupil_id=pupil_id,
            version=version,
            school_year=YEAR,
            day=date(2026, 11, 1),
            reason_code=WithdrawalReason.LEFT_PROVINCE,
            before=PupilCell(**_cell()),
        )

    @staticmethod
    def scores(
        after: Mapping[str, int | None], before: Mapping[str, int] | None = None
    ) -> ScoreEntered:
        """Return one save of the first regular column of mathematics."""
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

    @staticmethod
    def assessed(after: Mapping[str, int | None]) -> FeeAssessed:
        """Return what pupils are asked to pay for boarding meals."""
        return FeeAssessed(
            school_id=SCHOOL,
            school_year=YEAR,
            fee_item_id=an_id("item"),
            name="Tiền ăn bán trú",
            kind=FeeKind.BOARDING_MEALS,
            mandatory=False,
            on_behalf=False,
            period="2026-11",
            due_on=date(2026, 11, 15),
            day=date(2026, 11, 1),
            charges=tuple(an_id(f"charge {pupil}") for pupil in after),
            pupils=tuple(after),
            after=tuple(after.values()),
            before=Sparse[int](at=(), value=()),
            reason_code=None,
        )

    @staticmethod
    def paid(pupil_id: str, amount: int = 650_000) -> FeePaid:
        """Return that this was paid for boarding meals."""
        line = SettledLine(
            charge=an_id("charge"),
            fee_item=an_id("item"),
            kind=FeeKind.BOARDING_MEALS,
            school_year=YEAR,
            due_on=date(2026, 11, 15),
            method=PaymentMethod.CASH,
            amount=amount,
        )
        return FeePaid(
            payment_id=an_id("payment"),
            school_id=SCHOOL,
            pupil_id=pupil_id,
            method=PaymentMethod.CASH,
            day=date(2026, 11, 2),
            received=amount,
            prepaid=0,
            lines=Lines.of([line]),
            remaining=0,
        )


def _cell() -> Answer:
    return {
        "school_id": SCHOOL,
        "grade": Grade.G6,
        "sex": Sex.FEMALE,
        "ethnic_minority": False,
        "birth_year": 2015,
        "inclusion": False,
    }


@pytest.fixture
def facts() -> type[Facts]:
    """Return what others may have to say."""
    return Facts
