"""What closings say adds up to what stands: before is taken back, after is added."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.event import Event
from contracts.lists import Grade, Sex, Subject, Term
from contracts.results import (
    Completion,
    Conduct,
    Promotion,
    RetestRequired,
    StudyResult,
    SubjectAveragesComputed,
    TermResultDecided,
    Title,
)
from edu.testing.facts import CLASS, SCHOOL, YEAR
from edu.testing.service import an_id
from gradebook.classes.queries import ClassRoom
from gradebook.results.commands import Row, said
from gradebook.results.domain.deciding import NOTHING, Outcome

ROOM = ClassRoom(CLASS, 1, SCHOOL, YEAR, Grade.G9, "9A", None)
PUPILS = [an_id(f"pupil {n}") for n in range(3)]
Cell = tuple[object, ...]


def maybe(kind: Any) -> Any:
    return st.none() | st.sampled_from([one for one in kind if one != "other"])


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    study = draw(maybe(StudyResult))
    subjects = st.sampled_from([Subject.TOAN, Subject.VAN])
    averages = st.dictionaries(subjects, st.integers(0, 100))
    return Outcome(
        averages={str(code): 10 * tenths for code, tenths in draw(averages).items()},
        study=study,
        adjusted=study is not None and draw(st.booleans()),
        conduct=draw(maybe(Conduct)),
        title=draw(maybe(Title)),
        promotion=draw(maybe(Promotion)),
        completion=draw(maybe(Completion)),
        retests=tuple(draw(st.sets(subjects))),
    )


def standing(outcome: Outcome, counted_as: tuple[Sex, bool]) -> Counter[Cell]:
    """Count one pupil where the statistics count them."""
    cells: Counter[Cell] = Counter()
    for subject, average in outcome.averages.items():
        cells["average", subject, average] += 1
    if outcome.study is not None:
        cells["study", *counted_as, outcome.study, outcome.adjusted] += 1
    for name in ("conduct", "title", "promotion", "completion"):
        if (value := getattr(outcome, name)) is not None:
            cells[name, value] += 1
    for subject in outcome.retests:
        cells["retest", subject] += 1
    return cells


def fold(event: Event) -> Counter[Cell]:
    """Add what a fact says now, and take away what it said before."""
    facts: Any = event
    cells: Counter[Cell] = Counter()
    rows = len(facts.pupils)
    for at, (after, before) in enumerate(zip(facts.after, facts.before.spread(rows), strict=True)):
        for value, adjusted, by in (
            (after, getattr(facts, "adjusted", ()), 1),
            (before, getattr(facts, "before_adjusted", ()), -1),
        ):
            if value is None or value is False:
                continue
            match event:
                case SubjectAveragesComputed():
                    cells["average", event.subject, value] += by
                case TermResultDecided():
                    as_ = (event.sexes[at], event.ethnic_minority[at])
                    cells["study", *as_, value, at in adjusted] += by
                case RetestRequired():
                    cells["retest", event.subject] += by
                case _:
                    cells[event.NAME.partition("-")[0], value] += by
    return cells


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(outcomes(), st.sampled_from([Sex.FEMALE, Sex.MALE]), st.booleans()),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_sum_of_all_facts_is_what_stands(
    closings: list[list[tuple[Outcome, Sex, bool]]],
) -> None:
    total: Counter[Cell] = Counter()
    before: list[tuple[Outcome, tuple[Sex, bool] | None]] = [(NOTHING, None)] * 3
    for closing in closings:
        rows = [
            Row(pupil, old, new, counted_before or (sex, minority), (sex, minority))
            for pupil, (old, counted_before), (new, sex, minority) in zip(
                PUPILS, before, closing, strict=True
            )
        ]
        for event in said(ROOM, Term.CN, rows, Term.HK2):
            assert type(event).read(event.data_json()) == event
            total.update(fold(event))
        before = [(new, (sex, minority)) for new, sex, minority in closing]
    wanted: Counter[Cell] = Counter()
    for new, counted_as in before:
        assert counted_as is not None
        wanted.update(standing(new, counted_as))
    assert {cell: n for cell, n in total.items() if n} == dict(wanted)
