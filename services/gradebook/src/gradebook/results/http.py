"""What follows by law from a pupil's marks, and what the pupil takes, over HTTP."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from chassis.errors import nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, SessionDep
from contracts.ids import ClassId, PupilId, SchoolYear
from contracts.lists import Grade, Subject
from gradebook.classes import queries as classes
from gradebook.guardians import queries as guardians
from gradebook.policy import POLICY
from gradebook.requests import NamesDep
from gradebook.results import commands, queries, refusals
from gradebook.results.domain.explaining.steps import called
from gradebook.results.domain.plans import SubjectPlan
from gradebook.results.domain.primary import Outcome, PrimaryResult, YearLevel
from gradebook.results.domain.primary import Title as PrimaryTitle
from gradebook.results.domain.rulesets import NoRuleSetError
from gradebook.results.domain.words import Rating, as_entered
from gradebook.results.domain.year import Final, Title, YearEnd
from gradebook.roster import queries as roster

changes = CommandRouter(prefix="/v1", tags=["results"])
reads = QueryRouter(prefix="/v1", tags=["results"])

_Subjects = Annotated[tuple[Subject, ...], Field(max_length=9)]


class ClassPlan(RequestModel):
    """What the pupils of a class take beside the compulsory subjects."""

    chosen: _Subjects = ()
    optional: _Subjects = ()
    topics: _Subjects = ()


class PupilPlan(ClassPlan):
    """What one pupil takes instead of what the class does."""

    school_year: SchoolYear
    exempt: _Subjects = ()
    individual: bool = False


class PlanAnswer(BaseModel):
    """A plan as it stands."""

    chosen: Sequence[Subject]
    optional: Sequence[Subject]
    topics: Sequence[Subject]
    exempt: Sequence[Subject]
    individual: bool


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class SubjectAnswer(_Answer):
    """A subject's results: `8.3`, `Đ`, `CĐ`; null while an assessment is still to come."""

    subject: Subject
    name: str
    terms: Sequence[str | None]
    year: str | None


class LevelAnswer(_Answer):
    """A study result by the table (`base`) and after TT 22/2021 Art. 9(3)."""

    base: Rating | None
    result: Rating | None


class StepAnswer(_Answer):
    """One step of the explanation: what was found, how, by which article."""

    about: str
    says: str
    law: str


class AfterSummerAnswer(_Answer):
    """What training and re-tests in the summer made of the year (TT 22/2021 Art. 13, 14)."""

    conduct: Rating
    study: Rating | None
    promoted: bool


class PrimaryAnswer(_Answer):
    """A primary pupil's year; null while an assessment is still to come."""

    result: YearLevel | None
    result_after_support: YearLevel | None
    title: PrimaryTitle | None
    outcome: Outcome
    completed: bool
    """Whether the programme of primary education is completed (grade 5)."""


class ResultsAnswer(_Answer):
    """A pupil's results so far and how they came about. There is no rank and no class average."""

    pupil_id: str
    name: str
    school_year: str
    grade: Grade
    rule_set: str
    """The law that made these results, with every point that is not read by its default."""
    plan: PlanAnswer | None
    """Null where nobody said yet what the pupil learns; then there are no results."""
    subjects: Sequence[SubjectAnswer]
    terms: Sequence[LevelAnswer]
    year: LevelAnswer | None
    conduct: Sequence[Rating | None]
    """Of term I, term II and the year, in secondary schools."""
    absences: int | None
    title: Title | None
    year_end: YearEnd | None
    after_summer: AfterSummerAnswer | None
    primary: PrimaryAnswer | None
    """In primary, in the place of all of the above (TT 27/2020)."""
    explanation: Sequence[StepAnswer]


@changes.put("/classes/{class_id}/subject-plan")
async def set_class_plan(
    class_id: Annotated[ClassId, Path()],
    body: ClassPlan,
    session: SessionDep,
    principal: PrincipalDep,
) -> PlanAnswer:
    """Say what the pupils of a class take beside the compulsory subjects."""
    room = (await classes.rooms(session, [class_id], hold=True)).get(class_id)
    standing = (await classes.standings(session, principal, [class_id])).get(class_id)
    POLICY.authorise(principal, "classes.change", standing.to_class() if standing else ())
    if room is None:
        raise nothing_here()
    plan = SubjectPlan(body.chosen, body.optional, body.topics)
    await commands.set_plan(session, class_id, room.school_year, room.grade, plan)
    return _plan(plan)


@changes.put("/pupils/{pupil_id}/subject-plan")
async def set_pupil_plan(
    pupil_id: Annotated[PupilId, Path()],
    body: PupilPlan,
    session: SessionDep,
    principal: PrincipalDep,
) -> PlanAnswer:
    """Say what one pupil takes: other subjects, theory instead of practice, an individual plan."""
    seat = (await classes.seats_of(session, [pupil_id], body.school_year)).get(pupil_id)
    class_ids = [seat] if seat else []
    room = (await classes.rooms(session, class_ids, hold=True)).get(seat or "")
    standing = (await classes.standings(session, principal, class_ids)).get(seat or "")
    POLICY.authorise(principal, "classes.change", standing.to_class() if standing else ())
    if room is None:
        raise nothing_here()
    plan = SubjectPlan(
        body.chosen,
        body.optional,
        body.topics,
        body.exempt,
        body.individual,
    )
    await commands.set_plan(session, pupil_id, room.school_year, room.grade, plan)
    return _plan(plan)


@reads.get("/pupils/{pupil_id}/results")
async def read_results(
    *,
    pupil_id: Annotated[PupilId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
    school_year: Annotated[SchoolYear | None, Query()] = None,
) -> ResultsAnswer:
    """Read a pupil's results of a school year, each with how it was worked out.

    To guardians, the homeroom teacher and the school; a teacher of one subject reads its row.
    """
    enrolled = (await roster.enrolments(session, [pupil_id])).get(pupil_id)
    asked = school_year or (enrolled.school_year if enrolled else None)
    seat = (await classes.seats_of(session, [pupil_id], asked)).get(pupil_id) if asked else None
    room = (await classes.rooms(session, [seat] if seat else [])).get(seat or "")
    own = await guardians.relations(session, principal, pupil_id)
    standings = await classes.standings(session, principal, [seat] if seat else [])
    relations = own.union(*(standing.as_a_whole for standing in standings.values()))
    POLICY.authorise(principal, "results.read", relations)
    if room is None:
        raise nothing_here()
    inside = relations - own
    try:
        found = await queries.year_of(
            session,
            pupil_id,
            room,
            # A guardian's results follow from what guardians see, and from nothing else.
            published=not POLICY.allow(principal, "results.read", inside),
        )
    except NoRuleSetError:
        raise refusals.no_rule_set(room) from None
    name = (await names.shown(session, [pupil_id]))[pupil_id]
    about = {
        "pupil_id": pupil_id,
        "name": name,
        "school_year": room.school_year,
        "grade": room.grade,
        "rule_set": found.rules.name,
    }
    return _results(about, found)


def _results(about: dict[str, str], found: queries.PupilYear) -> ResultsAnswer:
    nothing: dict[str, object] = dict.fromkeys(
        ("plan", "year", "absences", "title", "year_end", "after_summer", "primary")
    )
    nothing |= dict.fromkeys(("subjects", "terms", "conduct"), ())
    steps = [StepAnswer(about=step.about, says=step.says, law=step.law) for step in found.steps]
    known: dict[str, object] = about | nothing | {"explanation": steps}
    if found.primary is not None:
        return ResultsAnswer.model_validate(known | {"primary": _primary(found.primary)})
    result = found.result
    if result is None:
        return ResultsAnswer.model_validate(known)
    return ResultsAnswer.model_validate(
        known
        | {
            "plan": _plan(found.plan),
            "subjects": [
                SubjectAnswer(
                    subject=Subject(code),
                    name=called(code),
                    terms=[as_entered(one) for one in results.terms],
                    year=as_entered(results.year),
                )
                for code, results in result.subjects.items()
            ],
            "terms": [LevelAnswer(base=one.base, result=one.result) for one in result.study.terms],
            "year": LevelAnswer(base=result.study.year.base, result=result.study.year.result),
            "conduct": [*found.conduct, result.conduct_year],
            "absences": found.absences,
            "title": result.title,
            "year_end": result.year_end,
            "after_summer": result.after_summer
            and AfterSummerAnswer(
                conduct=result.after_summer.conduct,
                study=result.after_summer.study.result,
                promoted=result.after_summer.outcome is Final.PROMOTED,
            ),
        }
    )


def _primary(result: PrimaryResult) -> PrimaryAnswer:
    return PrimaryAnswer(
        result=result.result,
        result_after_support=result.result_after_support,
        title=result.title,
        outcome=result.outcome,
        completed=result.primary_completed,
    )


def _plan(plan: SubjectPlan) -> PlanAnswer:
    return PlanAnswer(
        chosen=plan.chosen,
        optional=plan.optional,
        topics=plan.topics,
        exempt=plan.exempt,
        individual=plan.individual,
    )
