"""Results of a class and of a school over HTTP: bảng tổng hợp kết quả, for those who work there.

No guardian and no pupil reads them: they would compare children.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import msgspec
from fastapi import Path, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from chassis.errors import nothing_here
from chassis.http import PrincipalDep, QueryRouter, SessionDep
from chassis.persons import in_list_order
from contracts.ids import ClassId, SchoolId, SchoolYear
from gradebook.classes import queries as classes
from gradebook.classes.queries import ClassRoom
from gradebook.policy import POLICY
from gradebook.requests import NamesDep
from gradebook.results import queries, refusals
from gradebook.results.domain import summary
from gradebook.results.domain.explaining.steps import called
from gradebook.results.domain.rulesets import NoRuleSetError, rule_set
from gradebook.results.domain.summary import Counted, Secondary
from gradebook.results.domain.words import as_entered
from gradebook.results.domain.year import Final

reads = QueryRouter(prefix="/v1", tags=["results"])


class SubjectColumn(TypedDict):
    """A subject that somebody in the class learns."""

    subject: str
    name: str


class AfterSummer(TypedDict):
    """What training and re-tests in the summer made of the year (TT 22/2021 Art. 13, 14)."""

    conduct: str
    study: str | None
    promoted: bool


class PrimaryLine(TypedDict):
    """A primary pupil's year (TT 27/2020), in the place of the rest."""

    result: str | None
    result_after_support: str | None
    title: str | None
    outcome: str
    completed: bool


class PupilLine(TypedDict):
    """A pupil's results; lists are of term I, term II and the year, null while one waits.

    ``subjects`` has `8.3`, `Đ` or `CĐ` by subject. Without a plan there is nothing but conduct.
    """

    pupil_id: str
    name: str
    subjects: Mapping[str, Sequence[str | None]]
    study: Sequence[str | None]
    conduct: Sequence[str | None]
    absences: int | None
    title: str | None
    year_end: str | None
    retests: Sequence[str]
    after_summer: AfterSummer | None
    primary: PrimaryLine | None


class CountLine(TypedDict):
    """How many of ``total`` pupils have each level of what is counted; ``waiting`` have none yet.

    `study` and `conduct` of each term and the year, `title`, `year-end`, `after-summer` (of those
    who trained or sat again), and in primary `primary-result`, `-title` and `-outcome`.
    """

    what: str
    term: str
    counts: Mapping[str, int]
    waiting: int
    total: int


class ClassResults(TypedDict):
    """A class's results so far, pupils in the order of their names; no rank, no average."""

    class_id: str
    class_name: str
    grade: str
    school_year: str
    rule_set: str
    subjects: Sequence[SubjectColumn]
    counts: Sequence[CountLine]
    pupils: Sequence[PupilLine]


class NotAssessed(TypedDict):
    """A class whose law is not kept here, and how many sit in it; no count has them."""

    class_id: str
    class_name: str
    grade: str
    pupils: int


class SchoolResults(TypedDict):
    """A school's results so far: in all, and class by class."""

    school_id: str
    school_year: str
    counts: Sequence[CountLine]
    classes: Sequence[ClassResults]
    not_assessed: Sequence[NotAssessed]


@reads.get(
    "/classes/{class_id}/results",
    response_class=Response,
    responses={200: {"model": ClassResults}},
)
async def read_class_results(
    class_id: Annotated[ClassId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
) -> Response:
    """Read the results of everybody who sits in a class: the homeroom teacher's table."""
    standing = (await classes.standings(session, principal, [class_id])).get(class_id)
    POLICY.authorise(principal, "results.read", standing.as_a_whole if standing else ())
    room = (await classes.rooms(session, [class_id])).get(class_id)
    if room is None:
        raise nothing_here()
    pupils = (await classes.seated(session, [class_id]))[class_id]
    try:
        years = await queries.years_of(session, {room: pupils})
    except NoRuleSetError:
        raise refusals.no_rule_set(room) from None
    return _json(_class(room, years, await names.shown(session, pupils)))


@reads.get(
    "/schools/{school_id}/results",
    response_class=Response,
    responses={200: {"model": SchoolResults}},
)
async def read_school_results(
    school_id: Annotated[SchoolId, Path()],
    school_year: Annotated[SchoolYear, Query()],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
) -> Response:
    """Read the results of a whole school: counts in all and by class, and each pupil's line."""
    POLICY.authorise(principal, "results.survey", principal.relations_to_school(school_id))
    rooms = await classes.rooms_of_school(session, school_id, school_year)
    sitting = await classes.seated(session, [room.class_id for room in rooms])
    seated = {room: sitting[room.class_id] for room in rooms if _has_law(room)}
    years = await queries.years_of(session, seated)
    named = await names.shown(session, years)
    return _json(
        SchoolResults(
            school_id=school_id,
            school_year=school_year,
            counts=_counts(years.values()),
            classes=[
                _class(
                    room,
                    {pupil: years[pupil] for pupil in pupils},
                    {pupil: named[pupil] for pupil in pupils},
                )
                for room, pupils in seated.items()
            ],
            not_assessed=[
                NotAssessed(
                    class_id=room.class_id,
                    class_name=room.name,
                    grade=room.grade,
                    pupils=len(sitting[room.class_id]),
                )
                for room in rooms
                if room not in seated
            ],
        )
    )


def _has_law(room: ClassRoom) -> bool:
    try:
        rule_set(room.grade, room.school_year)
    except NoRuleSetError:
        return False
    return True


def _class(
    room: ClassRoom, years: Mapping[str, queries.PupilYear], names: Mapping[str, str]
) -> ClassResults:
    ordered = in_list_order(names)
    results = [one.result for one in map(years.__getitem__, ordered) if one.result is not None]
    learnt = dict.fromkeys(code for one in results for code in one.subjects)
    return ClassResults(
        class_id=room.class_id,
        class_name=room.name,
        grade=room.grade,
        school_year=room.school_year,
        rule_set=rule_set(room.grade, room.school_year).name,
        subjects=[SubjectColumn(subject=code, name=called(code)) for code in learnt],
        counts=_counts(years.values()),
        pupils=[_line(pupil, names[pupil], years[pupil]) for pupil in ordered],
    )


def _counts(years: Iterable[queries.PupilYear]) -> list[CountLine]:
    found = list(years)
    primary = [one.primary for one in found if one.primary is not None]
    secondary = [Secondary(one.conduct, one.result) for one in found if one.primary is None]
    counted: list[Counted] = [*summary.secondary(secondary), *summary.of_primary(primary)]
    return [
        CountLine(
            what=one.what, term=one.term, counts=one.counts, waiting=one.waiting, total=one.total
        )
        for one in counted
    ]


def _line(pupil_id: str, name: str, year: queries.PupilYear) -> PupilLine:
    of, result, primary = Secondary(year.conduct, year.result), year.result, year.primary
    after = result.after_summer if result else None
    return PupilLine(
        pupil_id=pupil_id,
        name=name,
        subjects={
            code: [as_entered(one) for one in (*found.terms, found.year)]
            for code, found in (result.subjects.items() if result else ())
        },
        study=of.studied(),
        conduct=of.behaved(),
        absences=year.absences,
        title=result.title if result else None,
        year_end=result.year_end if result else None,
        retests=result.retest_subjects if result else (),
        after_summer=AfterSummer(
            conduct=after.conduct,
            study=after.study.result,
            promoted=after.outcome is Final.PROMOTED,
        )
        if after
        else None,
        primary=PrimaryLine(
            result=primary.result,
            result_after_support=primary.result_after_support,
            title=primary.title,
            outcome=primary.outcome,
            completed=primary.primary_completed,
        )
        if primary
        else None,
    )


def _json(answer: object) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")
