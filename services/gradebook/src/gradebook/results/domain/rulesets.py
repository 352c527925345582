"""Which law assesses a grade in a school year; a result names the rule set that made it."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.lists import Grade, Level
from gradebook.results.domain import readings
from gradebook.results.domain.readings import DEFAULT, Readings


class Circular(StrEnum):
    """Thông tư of the ministry that says how pupils are assessed."""

    TT22 = "TT 22/2021/TT-BGDĐT"
    """Lower and upper secondary."""
    TT27 = "TT 27/2020/TT-BGDĐT"
    """Primary."""


_SINCE = {
    Grade.G1: 2020,
    Grade.G2: 2021,
    Grade.G3: 2022,
    Grade.G4: 2023,
    Grade.G5: 2024,
    Grade.G6: 2021,
    Grade.G7: 2022,
    Grade.G8: 2023,
    Grade.G9: 2024,
    Grade.G10: 2022,
    Grade.G11: 2023,
    Grade.G12: 2024,
}
"""The first school year of each grade under its circular (TT 22/2021 Art. 21, TT 27/2020 Art. 19:
both came grade by grade with the new programme)."""


class NoRuleSetError(LookupError):
    """This grade was assessed in this school year by a law that is not kept here."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The law of one grade in one school year, with how its open points are read."""

    circular: Circular
    grade: Grade
    school_year: str
    readings: Readings = DEFAULT

    @property
    def name(self) -> str:
        """Name it, with the options that are not at their default."""
        options = [f"{key}={value}" for key, value in readings.chosen(self.readings).items()]
        return "; ".join([f"{self.circular}, lớp {self.grade}, {self.school_year}", *options])


def rule_set(grade: Grade, school_year: str, chosen: Readings = DEFAULT) -> RuleSet:
    """Give the rule set of a grade in a school year such as 2026-2027.

    Raises:
        NoRuleSetError: preschool, or a cohort of the laws before.

    """
    since = _SINCE.get(grade)
    if since is None or int(school_year[:4]) < since:
        raise NoRuleSetError(f"{grade.vietnamese}, {school_year}")
    circular = Circular.TT27 if grade.level is Level.TH else Circular.TT22
    return RuleSet(circular, grade, school_year, chosen)
