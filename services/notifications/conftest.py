"""The facts of others that the tests of notifications tell, and whom they are about."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from contracts.columns import Sparse
from contracts.gradebook import ClassOpened
from contracts.payments import FeeAssessed, FeeKind, FeePaid, Lines, PaymentMethod, SettledLine
from edu.testing import facts as told
from edu.testing.facts import CLASS, KEYS, MASTER, OTHER_SCHOOL, SCHOOL, TEACHER, YEAR
from edu.testing.service import an_id

PUPIL, SIBLING = an_id("pupil"), an_id("sibling")


class Facts:
    """The facts of others, as short as a test wants them."""

    SCHOOL, OTHER_SCHOOL, CLASS, TEACHER = SCHOOL, OTHER_SCHOOL, CLASS, TEACHER
    PUPIL, SIBLING = PUPIL, SIBLING
    MASTER, KEYS = MASTER, KEYS
    id_of = staticmethod(an_id)
    school = staticmethod(told.school)
    placed = staticmethod(told.placed)
    enrolled = staticmethod(told.enrolled)
    person = staticmethod(told.person)
    transferred = staticmethod(told.transferred)
    scores = staticmethod(told.scores)
    published = staticmethod(told.published)

    @staticmethod
    def class_6a(homeroom: str | None = TEACHER, version: int = 1) -> ClassOpened:
        """Return the class 6A1 with its homeroom teacher."""
        return told.class_opened(version, name="6A1", homeroom_teacher_id=homeroom)

    @staticmethod
    def withdrawn(pupil_id: str, version: int) -> Any:
        """Return that a pupil left."""
        return told.withdrawn(pupil_id, version, day=date(2026, 11, 1))

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


@pytest.fixture
def facts() -> type[Facts]:
    """Return what others may have to say."""
    return Facts
