"""The tree of a day: mergers rewrite nothing, both borders sum to the same whole."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from contracts.event import Event
from contracts.lists import Level
from ioc_aggregator.intake import register
from ioc_aggregator.rollups.borders import UNDECLARED, WHOLE, Borders
from ioc_aggregator.rollups.register import Register

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
LONG_AGO = date(2000, 1, 1)


@pytest.fixture
def draw(make: Any, document: Any) -> Any:
    def drawn(day: date, *events: Event, schools: range = range(101, 105)) -> Borders:
        facts = Register()
        for fact in register.fold([document(event) for event in events]).delta.facts:
            facts.apply(fact)
        return Borders(facts, [make.id(number) for number in schools], day)

    return drawn


@pytest.fixture
def merger(make: Any) -> list[Event]:
    """Old Tây Ninh (72) and Long An (80) become the new Tây Ninh, code 80, on 1 July 2025."""
    return [
        make.unit(72, "Tây Ninh", code="72", valid_from=LONG_AGO),
        make.unit(80, "Long An", code="80", valid_from=LONG_AGO),
        make.unit(1, "Xã Thanh Điền", code="25633", parent=72, valid_from=LONG_AGO),
        make.unit(2, "Xã Trí Bình", code="25636", parent=72, valid_from=LONG_AGO),
        make.unit(3, "Xã Mỹ Lệ", code="28132", parent=80, valid_from=LONG_AGO),
        make.unit(90, "Tây Ninh", code="80", valid_from=AFTER),
        make.unit(91, "Phường Thanh Điền", code="25633", parent=90, valid_from=AFTER),
        make.unit(93, "Xã Mỹ Lệ", code="28132", parent=90, valid_from=AFTER),
        make.merge(72, 90, AFTER),
        make.merge(80, 90, AFTER),
        make.merge(1, 91, AFTER),
        make.merge(2, 91, AFTER),
        make.merge(3, 93, AFTER),
        make.school(101, 1, valid_from=LONG_AGO),
        make.school(102, 2, valid_from=LONG_AGO),
        make.school(103, 3, valid_from=LONG_AGO),
        make.school(104, 93, valid_from=AFTER),
    ]


def sums(borders: Borders, make: Any, numbers: list[int]) -> dict[int, int]:
    by_place = borders.sum(np.array([1, 10, 100, 1000], dtype=np.int64))
    return {number: int(by_place[borders.index[make.id(number)]]) for number in numbers}


def test_both_borders_reconcile_to_one_total(draw: Any, make: Any, merger: list[Event]) -> None:
    old, new = draw(BEFORE, *merger), draw(AFTER, *merger)
    assert old.places[0].id == WHOLE
    assert [old.places[at].name for at in old.places[0].children][:2] == ["Tây Ninh", "Long An"]
    assert sums(old, make, [72, 80, 1, 2, 3]) == {72: 11, 80: 100, 1: 1, 2: 10, 3: 100}
    assert new.places[0].id == make.id(90)
    assert sums(new, make, [90, 91, 93]) == {90: 1111, 91: 11, 93: 1100}
    leaves = np.array([1, 10, 100, 1000], dtype=np.int64)
    assert old.sum(leaves)[0] == new.sum(leaves)[0] == 1111


def test_a_merger_renames_nothing_before_its_day(draw: Any, merger: list[Event]) -> None:
    names = {place.name for place in draw(BEFORE, *merger).places}
    assert "Phường Thanh Điền" not in names
    assert "Xã Trí Bình" in names
    assert "Xã Trí Bình" not in {place.name for place in draw(AFTER, *merger).places}


def test_an_unknown_school_counts_in_the_whole_and_is_shown_apart(draw: Any, make: Any) -> None:
    borders = draw(AFTER, make.unit(1), make.unit(2, parent=1), make.school(101, 2))
    by_place = borders.sum(np.array([1, 10, 100, 1000], dtype=np.int64))
    assert by_place[0] == 1111
    assert by_place[borders.index[make.id(2)]] == 1
    assert by_place[borders.index[UNDECLARED]] == 1110
    stranger = borders.places[borders.index[make.id(102)]]
    assert (stranger.declared, stranger.name) == (False, "Trường chưa khai báo")


def test_it_falls_into_its_commune_when_the_fact_arrives(draw: Any, make: Any) -> None:
    facts = [make.unit(1), make.unit(2, parent=1)]
    facts += [make.school(number, 2) for number in range(101, 105)]
    borders = draw(AFTER, *facts)
    assert UNDECLARED not in borders.index
    assert sums(borders, make, [2]) == {2: 1111}


def test_a_school_of_an_unknown_commune_is_named_but_stands_apart(draw: Any, make: Any) -> None:
    borders = draw(AFTER, make.unit(1), make.school(101, 7), schools=range(101, 102))
    school = borders.places[borders.index[make.id(101)]]
    assert (school.name, school.declared) == ("Trường 101", True)
    assert borders.places[school.parent].id == UNDECLARED


def test_an_older_version_changes_nothing(draw: Any, make: Any) -> None:
    events = [
        make.unit(1),
        make.unit(2, parent=1),
        make.unit(3, parent=1),
        make.school(101, 3, version=2),
        make.school(101, 2, version=1),
    ]
    borders = draw(AFTER, *events, schools=range(101, 102))
    school = borders.places[borders.index[make.id(101)]]
    assert borders.places[school.parent].id == make.id(3)


def test_names_are_those_of_the_day(draw: Any, make: Any) -> None:
    events = [
        make.unit(1, "Cũ", valid_from=LONG_AGO),
        make.unit(1, "Mới", version=2, valid_from=AFTER),
    ]
    assert draw(BEFORE, *events).places[0].name == "Cũ"
    assert draw(AFTER, *events).places[0].name == "Mới"


@pytest.mark.parametrize("day", [BEFORE, AFTER])
def test_circles_do_not_hang(draw: Any, make: Any, day: date) -> None:
    events = [
        make.unit(1, parent=2, valid_from=LONG_AGO),
        make.unit(2, parent=1, valid_from=LONG_AGO),
        make.merge(3, 4, LONG_AGO),
        make.merge(4, 3, LONG_AGO),
        make.school(101, 3),
    ]
    borders = draw(day, *events)
    assert borders.sum(np.ones(4, dtype=np.int64))[0] == 4


def test_expected_are_the_schools_open_that_day_with_the_level(draw: Any, make: Any) -> None:
    events = [
        make.unit(1),
        make.school(101, 1, levels=(Level.MN,)),
        make.school(102, 1, levels=(Level.TH, Level.THCS)),
        make.school(103, 1, is_open=False),
        make.school(104, 1, valid_from=date(2026, 1, 1)),
    ]
    borders = draw(AFTER, *events)
    assert borders.expected(frozenset({Level.THCS})).tolist() == [False, True, False, False]
    assert borders.expected(frozenset({Level.MN})).tolist() == [True, False, False, False]
    later = draw(date(2026, 1, 1), *events)
    assert later.expected(frozenset({Level.THCS})).tolist() == [False, True, False, True]
