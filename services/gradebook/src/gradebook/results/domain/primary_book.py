"""From what is written of a primary pupil to a case of the law (TT 27/2020)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from contracts.lists import ColumnKind, Grade, Subject, Term
from gradebook.results.domain.book import Book
from gradebook.results.domain.primary import Assessed, Case


class Period(StrEnum):
    """When subjects, qualities and competences are assessed (Art. 7)."""

    MID_1 = "mid-1"
    END_1 = "end-1"
    MID_2 = "mid-2"
    YEAR = "year"
    """Cuối năm học: the year's result follows from it."""
    SUPPORT = "support"
    """What was assessed anew after support (Art. 11)."""


class Written(Protocol):
    """What a pupil was assessed as in one period, by the codes of the law's levels."""

    subjects: dict[str, str]
    qualities: dict[str, str]
    competences: dict[str, str]
    tests: dict[str, int]
    outstanding: bool
    recognised: bool


TESTS = {
    Subject.TV: "TIENG_VIET",
    Subject.TOAN: "TOAN",
    Subject.NN1: "NN1",
    Subject.THCN: "TIN_CONG_NGHE",
    Subject.LSDL: "LICH_SU_DIA_LI",
    Subject.KH: "KHOA_HOC",
}
"""The subjects of the score book that decide, by the code that the law's calculator has."""
_WHOLE = 100


def case(
    grade: Grade,
    book: Book,
    written: Mapping[Any, Written],
    *,
    promotes: bool | None,
) -> Case:
    """Give the case of a primary pupil's year as far as it is known, with the year-end tests."""
    year, support = written.get(Period.YEAR), written.get(Period.SUPPORT)
    tests = {
        code: mark // _WHOLE
        for subject, code in TESTS.items()
        for place in book.columns.get((subject, Term.HK2, ColumnKind.ENDTERM), ())
        if isinstance(mark := book.cells.get(place), int)
    }
    return Case(
        grade=int(grade),
        subjects=dict(year.subjects) if year else {},
        qualities=dict(year.qualities) if year else {},
        competences=dict(year.competences) if year else {},
        tests=tests,
        outstanding_or_progress=bool(year and year.outstanding),
        recognised_by_class=bool(year and year.recognised),
        supplement=Assessed(
            dict(support.subjects),
            dict(support.qualities),
            dict(support.competences),
            dict(support.tests),
        )
        if support
        else None,
        principal_promotes=promotes,
    )
