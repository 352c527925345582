"""What is decided of a pupil when a term is closed, in the words under which it is published."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.lists import Subject, Term
from contracts.results import (
    Completion,
    Conduct,
    PrimaryResult,
    Promotion,
    StudyResult,
    Title,
)
from gradebook.results.domain import completion, primary
from gradebook.results.domain.readings import Readings
from gradebook.results.domain.study import Study
from gradebook.results.domain.words import Rating, Result
from gradebook.results.domain.year import AfterSummer, Final, YearEnd, YearResult
from gradebook.results.domain.year import Title as YearTitle

RATINGS = {
    Conduct.GOOD: Rating.TOT,
    Conduct.FAIR: Rating.KHA,
    Conduct.SATISFACTORY: Rating.DAT,
    Conduct.UNSATISFACTORY: Rating.CHUA_DAT,
}
_CONDUCT = {rating: level for level, rating in RATINGS.items()}
_STUDY = {rating: StudyResult(level.value) for rating, level in _CONDUCT.items()}
_TITLES = {YearTitle.XUAT_SAC: Title.EXCELLENT, YearTitle.GIOI: Title.GOOD}
_PRIMARY = {
    primary.YearLevel.HTXS: PrimaryResult.EXCELLENT,
    primary.YearLevel.HTT: PrimaryResult.GOOD,
    primary.YearLevel.HT: PrimaryResult.COMPLETED,
    primary.YearLevel.CHT: PrimaryResult.NOT_COMPLETED,
}
_AT_ONCE = {
    YearEnd.PROMOTED: Promotion.PROMOTED,
    YearEnd.RETAINED: Promotion.REPEATED,
    YearEnd.SUMMER_TRAINING: Promotion.SUMMER,
    YearEnd.RETEST: Promotion.SUMMER,
    YearEnd.INCOMPLETE: None,
}
_AFTER_SUMMER = {
    Final.PROMOTED: Promotion.PROMOTED_AFTER_SUMMER,
    Final.RETAINED: Promotion.REPEATED_AFTER_SUMMER,
}
_LAST_GRADE = 9
"""Of THCS; completion of THPT is the state's examination, and not a school's to confirm."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a term, or the year (CN), came to; None and nothing: not decided."""

    averages: Mapping[str, int] = field(default_factory=dict)
    """Hundredths by subject."""
    study: StudyResult | None = None
    adjusted: bool = False
    conduct: Conduct | None = None
    title: Title | None = None
    promotion: Promotion | None = None
    completion: Completion | None = None
    primary_result: PrimaryResult | None = None
    retests: tuple[Subject, ...] = ()


NOTHING = Outcome()


def of_term(result: YearResult, term: Term) -> Outcome:
    """Give what HK1 or HK2 came to; its conduct is the homeroom teacher's own fact."""
    at = (Term.HK1, Term.HK2).index(term)
    study = result.study.terms[at]
    averages = {code: found.terms[at] for code, found in result.subjects.items()}
    return Outcome(_hundredths(averages), _study(study), adjusted=_adjusted(study))


def of_year(
    result: YearResult,
    *,
    grade: int,
    school_year: str,
    absences: int | None,
    birth_year: int | None,
    individual: bool,
    readings: Readings,
) -> Outcome:
    """Give what the year came to; what the summer replaced stands in its place (Art. 13, 14)."""
    after = result.after_summer
    study = after.study if after else result.study.year
    averages: Mapping[str, Result] = (
        after.subjects if after else {code: one.year for code, one in result.subjects.items()}
    )
    conduct = after.conduct if after else result.conduct_year
    return Outcome(
        averages=_hundredths(averages),
        study=_study(study),
        adjusted=_adjusted(study),
        conduct=None if conduct is None else _CONDUCT[conduct],
        title=None if result.title is None else _TITLES[result.title],
        promotion=_AFTER_SUMMER[after.outcome] if after else _AT_ONCE[result.year_end],
        completion=(
            _completion(
                result,
                after,
                school_year=school_year,
                absences=absences,
                birth_year=birth_year,
                individual=individual,
                readings=readings,
            )
            if grade == _LAST_GRADE
            else None
        ),
        retests=tuple(Subject(code) for code in result.retest_subjects),
    )


def _completion(
    result: YearResult,
    after: AfterSummer | None,
    *,
    school_year: str,
    absences: int | None,
    birth_year: int | None,
    individual: bool,
    readings: Readings,
) -> Completion | None:
    """TT 22/2021 Art. 12; of a disabled pupil's own plan what the principal decided (Art. 11)."""
    if individual:
        final = {
            Final.PROMOTED: Completion.COMPLETED,
            Final.RETAINED: Completion.NOT_COMPLETED,
            Final.PENDING: None,
        }
        return final[result.final]
    conduct, study = result.conduct_year, result.study.year.result
    if conduct is None or study is None or absences is None:
        return None
    found = completion.evaluate(
        completion.Case(
            school_year=school_year,
            track="GDPT",
            # Only the rule of cohorts until 2024-25 asks the age; then it has to be known.
            birth_year=birth_year or int(school_year[:4]) - _LAST_GRADE - 5,
            file_complete=True,
            conduct_year=conduct,
            study_year=study,
            absences=absences,
            conduct_after_summer=after.conduct if after else None,
            study_after_retest=after.study.result if after else None,
        ),
        readings,
    )
    if after is not None and after.outcome is Final.RETAINED:
        return Completion.NOT_COMPLETED
    return {
        completion.Status.CONFIRMED: Completion.COMPLETED,
        completion.Status.WAITING_SUMMER: None,
        completion.Status.NOT_COMPLETED: Completion.NOT_COMPLETED,
    }[found.status]


def of_primary(result: primary.PrimaryResult, grade: int) -> Outcome:
    """Give what a primary pupil's year came to; support may mend the result (Art. 11)."""
    level = result.result_after_support or result.result
    promotion = {
        primary.Outcome.COMPLETED: (
            Promotion.PROMOTED_AFTER_SUMMER if result.result_after_support else Promotion.PROMOTED
        ),
        primary.Outcome.SUPPORT: Promotion.SUMMER,
        primary.Outcome.PRINCIPAL_DECIDES: Promotion.SUMMER,
        primary.Outcome.PROMOTED_BY_PRINCIPAL: Promotion.PROMOTED_AFTER_SUMMER,
        primary.Outcome.RETAINED: Promotion.REPEATED_AFTER_SUMMER,
    }.get(result.outcome)
    completed = None
    if grade == primary.LAST_GRADE:
        if result.primary_completed:
            completed = Completion.COMPLETED
        elif result.outcome in (
            primary.Outcome.RETAINED,
            primary.Outcome.PROMOTED_BY_PRINCIPAL,
        ):
            completed = Completion.NOT_COMPLETED
    return Outcome(
        primary_result=None if level is None else _PRIMARY[level],
        promotion=promotion,
        completion=completed,
    )


def _hundredths(averages: Mapping[str, Result]) -> Mapping[str, int]:
    """Give the averages of the scored subjects; Đạt and Chưa đạt are no average."""
    return {code: found * 10 for code, found in averages.items() if isinstance(found, int)}


def _study(study: Study) -> StudyResult | None:
    return None if study.result is None else _STUDY[study.result]


def _adjusted(study: Study) -> bool:
    return study.result is not study.base
