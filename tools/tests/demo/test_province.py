"""The demo's province: as large as promised, always the same, and within the gradebook's rules."""

from collections import Counter
from random import Random

from contracts.lists import ColumnKind, Grade, Subject, Term
from edu.demo.canaries import canaries
from edu.demo.people import person, word
from edu.demo.playing import TERM
from edu.demo.province import PUPILS_A_CLASS, province, scores, some
from gradebook.scores.domain.columns import Column, why_not
from notifications.guardians.bodies import Reach


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


def test_names_are_of_four_words_and_no_two_people_share_one() -> None:
    people = [person(Random(number), number) for number in range(200)]
    assert all(len(one.name.split()) == 4 for one in people)
    assert len({one.name for one in people}) == 200
    assert {one.ethnic for one in people} == {"Kinh", "Khơ-me"}


def test_every_person_has_canaries_of_their_own_wherever_the_interfaces_take_something() -> None:
    schools = province(2026, 10)
    texts = [one.text for one in canaries(schools)]
    assert len(texts) == len(set(texts))
    assert canaries(schools) == canaries(province(2026, 10))
    kinds = Counter((one.whose, one.kind) for one in canaries(schools))
    assert kinds == {
        ("pupil", "name"): 4000,
        ("pupil", "code"): 4000,
        ("guardian", "name"): 800,
        ("guardian", "phone"): 1600,
        ("guardian", "email"): 800,
        ("guardian", "address"): 40,
    }


def test_a_canary_stands_in_what_the_interfaces_are_given() -> None:
    (school,) = some(province(2026, 1)[8:9], rooms=1)
    given = "".join(f"{pupil}" for pupil in school.met.pupils)
    given += "".join(f"+84{pupil.guardian.phone[1:]}" for pupil in school.met.pupils)
    assert len(school.heard) == 5
    assert [one for one in canaries([school]) if one.text not in given] == []


def test_words_are_of_letters_that_vietnamese_does_not_have() -> None:
    words = [word(number) for number in range(40_000)]
    assert len(set(words)) == 40_000
    assert all(set(one.lower()) & set("fjwz") for one in words)
    assert {len(one) for one in words} == {8}


def test_guardians_can_be_reached_as_far_as_the_rules_of_addresses_go() -> None:
    for school in some(province(2026, 1), rooms=1):
        for one in (pupil.guardian for pupil in school.met.pupils):
            reach = Reach(name=one.name, email=one.email, phone=one.phone)
            assert (reach.name, reach.email) == (one.name, one.email)
            assert reach.phone == f"+84{one.phone[1:]}"
