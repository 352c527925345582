"""From the cells of the score book to a case of the law: hundredths become tenths here."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from contracts.lists import Assessment, ColumnKind, Grade, Level, ScoreState, Subject, Term
from gradebook.results.domain import averages, plans
from gradebook.results.domain.averages import Commented, Scored, SubjectResult
from gradebook.results.domain.plans import PLAIN, SubjectPlan
from gradebook.results.domain.readings import DEFAULT, Readings
from gradebook.results.domain.words import Comment, Missing, Rating
from gradebook.results.domain.year import Case, IndividualPlan, Known, Summer, YearResult, follow
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


class Cells(dict[Place, Cell]):
    """What stands where; nothing stands in all other places."""

    def __missing__(self, _: Place) -> None:
        return None


class Book(NamedTuple):
    """A pupil's score book: columns, which a class has in common, and what stands in them."""

    columns: Columns
    cells: Cells


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
    cells = Cells()
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
    """Where a term of a subject stands."""

    places: Callable[[Cells], tuple[Cell, ...]]
    """The regular columns, those that are due and those beyond, the topic, mid-term, end-term."""
    beyond: int


class _Taken(NamedTuple):
    """A subject as a plan has it."""

    subject: Subject
    periods: int
    due: int
    """Regular columns that are waited for."""
    asked: tuple[int, int]
    """How many regular assessments there must be and can be, the topic's among them."""
    topic: bool
    comment: bool
    read: Callable[[Cell], Any]
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


def result(of_class: Layout, cells: Cells, beside: Beside, readings: Readings) -> YearResult:
    """Give all that follows from a pupil's year as far as it is known.

    It is what the `case` of this book is evaluated to, without making one: a school has 30,000
    terms of subjects.

    Raises:
        NotACaseError: a term has more regular marks than the subject has.

    """
    scored: dict[str, SubjectResult[int | None]] = {}
    comments: dict[str, SubjectResult[Comment | None]] = {}
    for one in of_class.taken:
        first, second = one.terms
        terms = _assessed(one, first, cells), _assessed(one, second, cells)
        due = (one.asked[0], one.asked[0])
        if one.comment:
            comments[one.subject] = averages.commented(terms, due, readings)
        else:
            scored[one.subject] = averages.scored(terms, due)
    return follow(scored, comments, _known(of_class, cells, beside), readings)


def case(of_class: Layout, cells: Cells, beside: Beside = NOTHING) -> Case:
    """Give the case of a pupil's year as far as it is known, to say how its results came about.

    What waits for something that is not known has no result.
    """
    known = _known(of_class, cells, beside)
    return Case(
        level="THCS" if of_class.grade.level is Level.THCS else "THPT",
        grade=int(of_class.grade),
        subjects={one.subject: _subject(one, cells) for one in of_class.taken},
        conduct=known.conduct,
        absences=known.absences,
        summer=known.summer,
        individual_plan=known.individual_plan,
    )


def _known(of_class: Layout, cells: Cells, beside: Beside) -> Known:
    return Known(
        beside.conduct,
        beside.absences,
        Summer(beside.conduct_after, _retests(of_class.taken, cells))
        if beside.summer_over
        else None,
        IndividualPlan(beside.promotes) if of_class.individual else None,
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
        places = (
            *regular,
            *(NOWHERE,) * (due - len(regular)),
            *((first(term, ColumnKind.SPECIAL_TOPIC),) if topic else ()),
            first(term, ColumnKind.MIDTERM),
            first(term, ColumnKind.ENDTERM),
        )
        return _Where(itemgetter(*places), max(0, len(regular) - due))

    comment, a_year = subject.assessment is Assessment.COMMENT, periods(subject, grade) or 0
    return _Taken(
        subject,
        a_year,
        due,
        averages.asked("comment" if comment else "scored", a_year, topic, readings.topic),
        topic,
        comment,
        (_COMMENTS if comment else _MARKS).__getitem__,
        (where(Term.HK1), where(Term.HK2)),
        first(Term.HE, ColumnKind.RETEST),
    )


def _retests(
    taken: Iterable[_Taken], cells: Cells
) -> dict[str, int | Comment | Literal[Missing.ZERO_BY_RULE]]:
    """Give what was sat again in the summer; whoever is excused has not sat it yet."""
    found: dict[str, int | Comment | Literal[Missing.ZERO_BY_RULE]] = {}
    for one in taken:
        sat = one.read(cells[one.retest])
        if sat is Missing.ZERO_BY_RULE:
            found[one.subject] = Missing.ZERO_BY_RULE
        elif not isinstance(sat, Missing):
            found[one.subject] = sat
    return found


def term_of(
    grade: Grade, subject: Subject, entered: Iterable[Entered]
) -> Sequence[averages.Cell] | None:
    """Give what was assessed in one term of a subject with marks; None where the law knows none."""
    if subject.assessment is Assessment.COMMENT or periods(subject, grade) is None:
        return None
    columns, cells = of(entered)
    terms = {term for _, term, _ in columns}
    if len(terms) != 1:
        return None
    one = _taken(subject, grade, PLAIN, columns, DEFAULT)
    return _assessed(one, one.terms[_TERMS.index(terms.pop())], cells)


def _subject(one: _Taken, cells: Cells) -> Scored | Commented:
    first, second = one.terms
    terms = _term(one, first, cells), _term(one, second, cells)
    if one.comment:
        return Commented("comment", one.periods, terms)
    return Scored("scored", one.periods, terms)


def _term(one: _Taken, where: _Where, cells: Cells) -> averages.Term[Any]:
    *regular, mid, end = _assessed(one, where, cells)
    topic = regular.pop() if one.topic else None
    return averages.Term(tuple(regular), mid, end, topic)


def _assessed(one: _Taken, where: _Where, cells: Cells) -> tuple[Any, ...]:
    """Give every cell of a term: of the columns that are due, and of those beyond with something.

    Raises:
        NotACaseError: there are more regular ones than the subject has.

    """
    found = tuple(map(one.read, where.places(cells)))
    if not where.beyond:
        return found
    regular = one.due + where.beyond
    while regular > one.due and found[regular - 1] is Missing.PENDING:
        regular -= 1
    due, most = one.asked
    if regular > most:
        raise averages.too_many(regular, one.periods, due)
    return found[:regular] + found[one.due + where.beyond :]
