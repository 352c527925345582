"""Subject plans against the curriculum, and the score book's cells as a case of the law."""

import random
from typing import Any

import pytest

from contracts.lists import Assessment, ColumnKind, Grade, ScoreState, Subject, Term
from gradebook.results.domain import book, plans, rulesets, year
from gradebook.results.domain.book import Entered
from gradebook.results.domain.plans import PLAIN, SubjectPlan
from gradebook.results.domain.readings import DEFAULT, Readings
from gradebook.results.domain.rulesets import NoRuleSetError
from gradebook.results.domain.words import Comment, Missing, Rating
from gradebook.scores.domain.columns import columns

NATURE = (Subject.LI, Subject.HOA, Subject.SINH, Subject.TIN)
TOPICS = (Subject.TOAN, Subject.LI, Subject.HOA)
G10 = SubjectPlan(chosen=NATURE, topics=TOPICS)


@pytest.mark.parametrize(
    ("grade", "plan", "fields"),
    [
        (Grade.G6, PLAIN, []),
        (Grade.G9, SubjectPlan(optional=(Subject.NN2,), exempt=(Subject.GDTC,)), []),
        (Grade.G6, SubjectPlan(chosen=(Subject.LI,)), ["chosen", "chosen"]),
        (Grade.G6, SubjectPlan(exempt=(Subject.GDQPAN,)), ["exempt"]),
        (Grade.G10, G10, []),
        (Grade.G10, PLAIN, ["chosen", "topics"]),
        (Grade.G12, SubjectPlan(NATURE[:3], topics=TOPICS), ["chosen"]),
        (Grade.G12, SubjectPlan((*NATURE[:3], Subject.LI), topics=TOPICS), ["chosen"]),
        (Grade.G11, SubjectPlan(NATURE, topics=(*TOPICS[:2], Subject.DIA)), ["topics"]),
        (Grade.G11, SubjectPlan(NATURE, topics=(*TOPICS[:2], Subject.NN1)), ["topics"]),
        (Grade.G4, SubjectPlan(), ["chosen"]),
    ],
)
def test_a_plan_is_held_against_the_curriculum(
    grade: Grade, plan: SubjectPlan, fields: list[str]
) -> None:
    assert [fault.field for fault in plans.faults(plan, grade)] == fields


def test_thcs_has_twelve_subjects_and_thpt_twelve_with_those_chosen() -> None:
    assert len(plans.subjects(PLAIN, Grade.G6)) == 12
    assert len(plans.subjects(G10, Grade.G10)) == 12


def a_cell(
    subject: Subject,
    kind: ColumnKind,
    value: int | None,
    position: int = 1,
    state: ScoreState | None = None,
) -> Entered:
    return Entered(subject, Term.HK1, kind, position, value, state)


def a_case(
    grade: Grade, plan: SubjectPlan, *entered: Entered, readings: Readings = DEFAULT
) -> year.Case:
    found = book.of(entered)
    layout = book.layout(grade, plan, found.columns, readings)
    assert layout is not None
    return book.case(layout, found.cells)


REGULAR, MID, END = ColumnKind.REGULAR, ColumnKind.MIDTERM, ColumnKind.ENDTERM
ALL, RETESTS = (REGULAR, ColumnKind.SPECIAL_TOPIC, MID, END), (ColumnKind.RETEST,)
SEED = 22_2021


def test_cells_become_tenths_and_what_is_not_there_waits() -> None:
    found = a_case(
        Grade.G6,
        PLAIN,
        a_cell(Subject.GDCD, REGULAR, 850),
        a_cell(Subject.GDCD, REGULAR, 0, position=2, state=ScoreState.ZERO_BY_RULE),
        a_cell(Subject.GDCD, MID, None, state=ScoreState.EXCUSED),
        a_cell(Subject.GDTC, MID, 1),
        a_cell(Subject.GDTC, END, 0),
    )
    term = found.subjects[Subject.GDCD].terms[0]
    assert term.regular == (85, Missing.ZERO_BY_RULE)
    assert (term.mid, term.end) == (Missing.EXCUSED, Missing.PENDING)
    term = found.subjects[Subject.GDTC].terms[0]
    assert (term.mid, term.end) == (Comment.DAT, Comment.CHUA_DAT)
    assert year.evaluate(found, DEFAULT).year_end == "incomplete"


@pytest.mark.parametrize(("reading", "regular"), [("within", 2), ("extra", 3), ("band", 3)])
def test_the_topic_is_one_of_the_regular_marks_or_one_more(reading: Any, regular: int) -> None:
    readings = Readings(topic=reading)
    entered = [
        a_cell(Subject.LI, kind, 800, position=at)
        for kind, last in ((REGULAR, regular), (ColumnKind.SPECIAL_TOPIC, 1), (MID, 1), (END, 1))
        for at in range(1, last + 1)
    ]
    # A column more that is open, in which this pupil has nothing.
    entered.append(a_cell(Subject.LI, REGULAR, None, position=regular + 1))
    found = a_case(Grade.G10, G10, *entered, readings=readings)
    result = year.evaluate(found, readings)
    assert result.subjects[Subject.LI].terms == (80, None)


@pytest.mark.parametrize("reading", ["within", "extra", "band"])
@pytest.mark.parametrize(("grade", "plan"), [(Grade.G6, PLAIN), (Grade.G10, G10)])
def test_a_book_gives_the_results_that_its_case_is_evaluated_to(
    grade: Grade, plan: SubjectPlan, reading: Any
) -> None:
    draw, readings = random.Random(SEED), Readings(topic=reading)
    ends = set()
    for _ in range(60):
        about, gaps = draw.choice((300, 480, 660, 830, 950)), draw.choice((0, 0, 40))
        found = book.of(
            Entered(
                subject,
                term,
                kind,
                position,
                draw.randrange(10) > 0 if subject.assessment is Assessment.COMMENT else about,
                draw.choice(list(ScoreState)) if draw.randrange(150) == 0 else None,
            )
            for subject in plans.subjects(plan, grade)
            for term, kinds in (*((one, ALL) for one in (Term.HK1, Term.HK2)), (Term.HE, RETESTS))
            for kind in kinds
            for position in range(1, columns(subject, kind, grade) + 1)
            if draw.randrange(100) >= gaps
        )
        layout = book.layout(grade, plan, found.columns, readings)
        assert layout is not None
        beside = book.Beside(
            (draw.choice(list(Rating)), draw.choice(list(Rating))), 3, summer_over=True
        )
        result = book.result(layout, found.cells, beside, readings)
        assert result == year.evaluate(book.case(layout, found.cells, beside), readings)
        ends.add(result.year_end)
    assert len(ends) > 2, f"seed {SEED}: {ends}"


def test_nobody_knows_what_a_pupil_of_thpt_learns_without_a_plan() -> None:
    assert book.layout(Grade.G10, PLAIN, {}, DEFAULT) is None


@pytest.mark.parametrize(
    ("grade", "school_year", "circular"),
    [
        (Grade.G6, "2021-2022", "TT 22/2021/TT-BGDĐT"),
        (Grade.G9, "2024-2025", "TT 22/2021/TT-BGDĐT"),
        (Grade.G9, "2023-2024", None),
        (Grade.G12, "2023-2024", None),
        (Grade.G5, "2024-2025", "TT 27/2020/TT-BGDĐT"),
        (Grade.MG5, "2026-2027", None),
    ],
)
def test_a_grade_came_under_its_law_year_by_year(
    grade: Grade, school_year: str, circular: str | None
) -> None:
    if circular is None:
        with pytest.raises(NoRuleSetError):
            rulesets.rule_set(grade, school_year)
    else:
        assert rulesets.rule_set(grade, school_year).circular == circular


def test_a_rule_set_names_what_it_reads_otherwise() -> None:
    rules = rulesets.rule_set(Grade.G9, "2026-2027", Readings(title="promoted_only"))
    assert rules.name == "TT 22/2021/TT-BGDĐT, lớp 9, 2026-2027; title=promoted_only"
