"""From the cells of the score book to a case of the law: hundredths become tenths here."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from contracts.lists import Assessment, ColumnKind, Grade, Level, ScoreState, Subject, Term
from gradebook.results.domain import averages, plans
from gradebook.results.domain.averages import Commented, Scored
from gradebook.results.domain.plans import PLAIN, SubjectPlan
from gradebook.results.domain.readings import DEFAULT, Readings
from gradebook.results.domain.words import Comment, Missing, Rating
from gradebook.results.domain.year import Case, IndividualPlan, Summer
from gradebook.scores.domain.columns import columns as regular_due
from gradebook.scores.domain.columns import periods


class Entered(NamedTuple):
    """A cell of the score book: hundredths, or Đạt 1 and Chưa đạt 0."""

    subject: Subject
    term: Term
    kind: ColumnKind
    position: int
    value: int | None
    state: ScoreState | None


Key = tuple[Subject, Term, ColumnKind]
Place = Hashable
"""By what a column is named where its cells are kept."""
Columns = Mapping[Key, Sequence[Place]]
"""The columns of each kind by position from 1; ``NOWHERE`` where there is none."""
Cell = int | ScoreState | None
"""Hundredths, or Đạt 1 and Chưa đạt 0; why there is no score; None: nothing stands there."""
NOWHERE: Place = None


class Book(NamedTuple):
    """A pupil's score book: columns, which a class has in common, and what stands in them."""

    columns: Columns
    cells: Mapping[Place, Cell]


_STATES: Mapping[Cell, Missing] = {
    ScoreState.EXCUSED: Missing.EXCUSED,
    ScoreState.ZERO_BY_RULE: Missing.ZERO_BY_RULE,
}
_TERMS = (Term.HK1, Term.HK2)
_HIGHEST = 1000
# What every possible cell is to the law: looked up, because a school has 150,000 of them.
_MARKS: Mapping[Cell, averages.Cell] = {
    None: Missing.PENDING,
    **_STATES,
    **{hundredths: hundredths // 10 for hundredths in range(_HIGHEST + 1)},
}
_COMMENTS: Mapping[Cell, averages.CommentCell] = {
    None: Missing.PENDING,
    **_STATES,
    0: Comment.CHUA_DAT,
    1: Comment.DAT,
}


def cell(value: int | None, state: ScoreState | None) -> Cell:
    """Give what stands in a cell."""
    return state if state in _STATES else value


def of(entered: Iterable[Entered]) -> Book:
    """Make a book of cells."""
    columns: dict[Key, list[Place]] = {}
    cells: dict[Place, Cell] = {}
    for one in entered:
        key = (one.subject, one.term, one.kind)
        cells[key, one.position] = cell(one.value, one.state)
        put(columns, key, one.position, (key, one.position))
    return Book(columns, cells)


def put(columns: dict[Key, list[Place]], key: Key, position: int, place: Place) -> None:
    """Add a column of a kind at its position."""
    places = columns.setdefault(key, [])
    places.extend([NOWHERE] * (position - len(places)))
    places[position - 1] = place


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


class _Where(NamedTuple):
    """Where a term of a subject stands: the columns that are due, and those beyond."""

    regular: Sequence[Place]
    mid: Place
    end: Place
    topic: Place
    has_topic: bool


class _Taken(NamedTuple):
    """A subject as a plan has it."""

    subject: Subject
    periods: int
    due: int
    read: Mapping[Cell, Any]
    terms: tuple[_Where, _Where]
    retest: Place


class Layout(NamedTuple):
    """What all pupils of a class who take the same have in common."""

    grade: Grade
    individual: bool
    taken: Sequence[_Taken]


def layout(grade: Grade, plan: SubjectPlan, columns: Columns, readings: Readings) -> Layout | None:
    """Find each subject's columns; None where the plan leaves open what is learnt."""
    learnt = plans.subjects(plan, grade)
    if not learnt or not plans.complete(plan, grade):
        return None
    taken = [_taken(one, grade, plan, columns, readings) for one in learnt]
    return Layout(grade, plan.individual, taken)


def case(of_class: Layout, cells: Mapping[Place, Cell], beside: Beside = NOTHING) -> Case:
    """Give the case of a pupil's year as far as it is known.

    What waits for something that is not known has no result.
    """
    taken = of_class.taken
    return Case(
        level="THCS" if of_class.grade.level is Level.THCS else "THPT",
        grade=int(of_class.grade),
        subjects={one.subject: _subject(one, cells) for one in taken},
        conduct=beside.conduct,
        absences=beside.absences,
        summer=Summer(beside.conduct_after, _retests(taken, cells)) if beside.summer_over else None,
        individual_plan=IndividualPlan(beside.promotes) if of_class.individual else None,
    )


def _taken(
    subject: Subject, grade: Grade, plan: SubjectPlan, columns: Columns, readings: Readings
) -> _Taken:
    topic = subject in plan.topics
    # Where the topic's mark is one of the regular ones, one column less is waited for.
    due = regular_due(subject, ColumnKind.REGULAR, grade) - (topic and readings.topic == "within")

    def first(term: Term, kind: ColumnKind) -> Place:
        return next(iter(columns.get((subject, term, kind), ())), NOWHERE)

    def where(term: Term) -> _Where:
        regular = tuple(columns.get((subject, term, ColumnKind.REGULAR), ()))
        return _Where(
            regular + (NOWHERE,) * (due - len(regular)),
            first(term, ColumnKind.MIDTERM),
            first(term, ColumnKind.ENDTERM),
            first(term, ColumnKind.SPECIAL_TOPIC),
            topic,
        )

    return _Taken(
        subject,
        periods(subject, grade) or 0,
        due,
        _COMMENTS if subject.assessment is Assessment.COMMENT else _MARKS,
        (where(Term.HK1), where(Term.HK2)),
        first(Term.HE, ColumnKind.RETEST),
    )


def _retests(
    taken: Iterable[_Taken], cells: Mapping[Place, Cell]
) -> dict[str, int | Comment | Literal[Missing.ZERO_BY_RULE]]:
    """Give what was sat again in the summer; whoever is excused has not sat it yet."""
    found: dict[str, int | Comment | Literal[Missing.ZERO_BY_RULE]] = {}
    for one in taken:
        sat = one.read[cells.get(one.retest)]
        if sat is Missing.ZERO_BY_RULE:
            found[one.subject] = Missing.ZERO_BY_RULE
        elif not isinstance(sat, Missing):
            found[one.subject] = sat
    return found


def term_of(
    grade: Grade, subject: Subject, entered: Iterable[Entered]
) -> averages.ScoredTerm | None:
    """Give what was assessed in one term of a subject with marks; None where the law knows none."""
    if subject.assessment is Assessment.COMMENT or periods(subject, grade) is None:
        return None
    columns, cells = of(entered)
    terms = {term for _, term, _ in columns}
    if len(terms) != 1:
        return None
    one = _taken(subject, grade, PLAIN, columns, DEFAULT)
    return _term(one, one.terms[_TERMS.index(terms.pop())], cells)


def _subject(one: _Taken, cells: Mapping[Place, Cell]) -> Scored | Commented:
    first, second = one.terms
    terms = _term(one, first, cells), _term(one, second, cells)
    if one.read is _COMMENTS:
        return Commented("comment", one.periods, terms)
    return Scored("scored", one.periods, terms)


def _term(one: _Taken, where: _Where, cells: Mapping[Place, Cell]) -> averages.Term[Any]:
    read, get = one.read, cells.get
    regular = [read[get(place)] for place in where.regular]
    # The columns that are due, and those beyond that have something.
    while len(regular) > one.due and regular[-1] is Missing.PENDING:
        regular.pop()
    topic = read[get(where.topic)] if where.has_topic else None
    return averages.Term(tuple(regular), read[get(where.mid)], read[get(where.end)], topic)
