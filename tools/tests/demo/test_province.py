"""The demo's province: as large as promised, always the same, and within the gradebook's rules."""

from random import Random

from contracts.lists import ColumnKind, Grade, Subject, Term
from edu.demo.people import person
from edu.demo.playing import TERM
from edu.demo.province import PUPILS_A_CLASS, province, scores
from gradebook.scores.domain.columns import Column, why_not


def test_it_is_twenty_schools_and_four_thousand_pupils_of_several_communes() -> None:
    schools = province(2026, 10)
    pupils = [pupil for school in schools for room in school.rooms for pupil in room.pupils]
    assert len(schools) == 20
    assert len(pupils) == len({pupil.code for pupil in pupils}) == 4000
    assert {school.commune for school in schools} == set(range(10))
    assert len({room.class_id for school in schools for room in school.rooms}) == 100


def test_it_is_the_same_every_time() -> None:
    first, again = province(2026, 10), province(2026, 10)
    assert first == again
    room = first[8].rooms[0]
    assert scores(room, room.columns[0]) == scores(room, room.columns[0])


def test_every_column_is_one_that_the_score_book_has() -> None:
    for school in province(2026, 10):
        for room in school.rooms:
            for one in room.columns:
                column = Column(
                    Subject(one.subject), Term(TERM), ColumnKind(one.kind), one.position
                )
                assert why_not(column, Grade(room.grade)) is None


def test_most_cells_are_entered_and_some_are_not() -> None:
    columns = [
        scores(room, column)
        for school in province(2026, 10)
        for room in school.rooms
        for column in room.columns
    ]
    cells = [score for column in columns for score in column]
    assert {len(column) for column in columns} == {PUPILS_A_CLASS}
    assert 0.9 < sum(score is not None for score in cells) / len(cells) < 0.97
    assert {"Đ", "CĐ", "7.5"} <= set(cells)


def test_names_are_of_three_words_and_no_two_draws_are_alike() -> None:
    people = [person(Random(number)) for number in range(200)]
    assert all(len(one.name.split()) == 3 for one in people)
    assert len({one.name for one in people}) > 150
    assert {one.ethnic for one in people} == {"Kinh", "Khơ-me"}
