"""From the cells of the score book to a case of the law: hundredths become tenths here."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

from contracts.lists import Assessment, ColumnKind, Grade, Level, ScoreState, Subject, Term
from gradebook.results.domain import averages, plans
from gradebook.results.domain.averages import C, Cell, Commented, Scored
from gradebook.results.domain.plans import SubjectPlan
from gradebook.results.domain.readings import Readings
from gradebook.results.domain.words import Comment, Missing, Rating
from gradebook.results.domain.year import Case, IndividualPlan, Summer
from gradebook.scores.domain.columns import columns, periods

_STATES = {
    ScoreState.EXCUSED: Missing.EXCUSED,
    ScoreState.ZERO_BY_RULE: Missing.ZERO_BY_RULE,
}
_TERMS = (Term.HK1, Term.HK2)


class Entered(NamedTuple):
    """A cell of the score book: hundredths, or Đạt 1 and Chưa đạt 0."""

    subject: Subject
    term: Term
    kind: ColumnKind
    position: int
    value: int | None
    state: ScoreState | None


class Beside(NamedTuple):
    """What decides about a year beside its marks; None = not known yet.

    ``conduct_after`` is that of the summer's training, None where it was not completed.
    """

    conduct: tuple[Rating | None, Rating | None] = (None, None)
    absences: int | None = None
    summer_over: bool = False
    conduct_after: Rating | None = None
    promotes: bool | None = None


NOTHING = Beside()

_Cells = Mapping[tuple[Term, ColumnKind], Mapping[int, Entered]]


def case(
    grade: Grade,
    plan: SubjectPlan,
    entered: Iterable[Entered],
    readings: Readings,
    beside: Beside = NOTHING,
) -> Case | None:
    """Give the case of a pupil's year as far as it is known.

    What waits for something that is not known has no result. None where the plan leaves open what
    the pupil learns.
    """
    learnt = plans.subjects(plan, grade)
    if not learnt or not plans.complete(plan, grade):
        return None
    cells: defaultdict[Subject, defaultdict[tuple[Term, ColumnKind], dict[int, Entered]]]
    cells = defaultdict(lambda: defaultdict(dict))
    for one in entered:
        cells[one.subject][one.term, one.kind][one.position] = one
    level: Literal["THCS", "THPT"] = "THCS" if grade.level is Level.THCS else "THPT"
    return Case(
        level=level,
        grade=int(grade),
        subjects={one: _subject(one, grade, plan, cells[one], readings) for one in learnt},
        conduct=beside.conduct,
        absences=beside.absences,
        summer=Summer(beside.conduct_after, _retests(learnt, cells))
        if beside.summer_over
        else None,
        individual_plan=IndividualPlan(beside.promotes) if plan.individual else None,
    )


def _retests(
    learnt: Iterable[Subject], cells: Mapping[Subject, _Cells]
) -> dict[str, int | Comment | Literal[Missing.ZERO_BY_RULE]]:
    """Give what was sat again in the summer; whoever is excused has not sat it yet."""
    found: dict[str, int | Comment | Literal[Missing.ZERO_BY_RULE]] = {}
    for subject in learnt:
        cell = next(iter(cells[subject].get((Term.HE, ColumnKind.RETEST), {}).values()), None)
        comment = subject.assessment is Assessment.COMMENT
        sat = _comment(cell) if comment else _mark(cell)
        if sat is Missing.ZERO_BY_RULE:
            found[subject] = Missing.ZERO_BY_RULE
        elif not isinstance(sat, Missing):
            found[subject] = sat
    return found


def term_of(
    grade: Grade, subject: Subject, entered: Iterable[Entered]
) -> averages.ScoredTerm | None:
    """Give what was assessed in one term of a subject with marks; None where the law knows none."""
    if subject.assessment is Assessment.COMMENT or periods(subject, grade) is None:
        return None
    cells: defaultdict[tuple[Term, ColumnKind], dict[int, Entered]] = defaultdict(dict)
    for one in entered:
        cells[one.term, one.kind][one.position] = one
    due = columns(subject, ColumnKind.REGULAR, grade)
    terms = {term for term, _ in cells}
    return _term(cells, terms.pop(), due, _mark, topic=False) if len(terms) == 1 else None


def _subject(
    subject: Subject, grade: Grade, plan: SubjectPlan, cells: _Cells, readings: Readings
) -> Scored | Commented:
    topic = subject in plan.topics
    # Where the topic's mark is one of the regular ones, one column less is waited for.
    due = columns(subject, ColumnKind.REGULAR, grade) - (topic and readings.topic == "within")
    a_year = periods(subject, grade) or 0
    if subject.assessment is Assessment.COMMENT:
        one, two = (_term(cells, term, due, _comment, topic=topic) for term in _TERMS)
        return Commented("comment", a_year, (one, two))
    first, second = (_term(cells, term, due, _mark, topic=topic) for term in _TERMS)
    return Scored("scored", a_year, (first, second))


def _term(
    cells: _Cells, term: Term, due: int, read: Callable[[Entered | None], C], *, topic: bool
) -> averages.Term[C]:
    def one(kind: ColumnKind) -> C:
        return read(next(iter(cells.get((term, kind), {}).values()), None))

    # The columns that are due, and those beyond that have something.
    regular = cells.get((term, ColumnKind.REGULAR), {})
    return averages.Term(
        regular=tuple(read(regular.get(at)) for at in range(1, max(due, *regular, 0) + 1)),
        mid=one(ColumnKind.MIDTERM),
        end=one(ColumnKind.ENDTERM),
        topic=one(ColumnKind.SPECIAL_TOPIC) if topic else None,
    )


def _mark(cell: Entered | None) -> Cell:
    if cell is None:
        return Missing.PENDING
    if cell.state in _STATES:
        return _STATES[cell.state]
    return Missing.PENDING if cell.value is None else cell.value // 10


def _comment(cell: Entered | None) -> Comment | Missing:
    if cell is None:
        return Missing.PENDING
    if cell.state in _STATES:
        return _STATES[cell.state]
    if cell.value is None:
        return Missing.PENDING
    return Comment.DAT if cell.value else Comment.CHUA_DAT
