"""Numbers of schools, communes and the province, under the borders of a day."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from edu.verify.borders import WHOLE, Borders
from edu.verify.catalogue import FORMULAS
from edu.verify.comparing import compare
from edu.verify.documents import Enrolled, Fact, Merger, School, SheetOpened, Unit, Watermark
from edu.verify.dump import Dump, parse
from edu.verify.log import Log
from edu.verify.numbers import Number, Numbers
from edu.verify.recount import Recount
from edu.verify.self_test import plant

DAY = date(2026, 11, 22)
BEFORE = date(2025, 6, 30)
MOMENT = datetime(2026, 11, 22, 5, tzinfo=UTC)
MERGED = date(2025, 7, 1)
PROVINCE, NORTH, SOUTH, SCHOOL, OTHER = range(1, 6)
ENROLMENT, SCORES = "admissions.enrolment.v1", "gradebook.scores.v1"


@pytest.fixture
def counted(ids: Callable[[int], str]) -> Callable[..., Recount]:
    """``counted(fact, …)`` is a recount of the register's facts and of these."""

    def unit(number: int, kind: str, parent: int | None) -> Unit:
        parent_id = None if parent is None else ids(parent)
        return Unit(ids(number), 1, f"{number:05d}", "Xã", kind, parent_id, date(2024, 1, 1))

    def count(*facts: tuple[str, Fact]) -> Recount:
        recount = Recount()
        marks = [Watermark(source, MOMENT, {}) for source in ("admissions", "gradebook")]
        register: tuple[Fact, ...] = (
            unit(PROVINCE, "province", None),
            unit(NORTH, "commune", PROVINCE),
            unit(SOUTH, "commune", PROVINCE),
            Merger(ids(SOUTH), 2, ids(NORTH), MERGED),
            School(ids(SCHOOL), 1, "S", "Trường", ["THCS"], ids(SOUTH), date(2024, 1, 1), True),
        )
        for topic, fact in (*(("", fact) for fact in (*register, *marks)), *facts):
            recount.count(topic, fact)
        return recount

    return count


@pytest.fixture
def pupil(ids: Callable[[int], str]) -> Callable[[int], tuple[str, Fact]]:
    """``pupil(SCHOOL)`` is one more enrolled there."""

    def enrolled(school: int) -> tuple[str, Fact]:
        year, born = "2026-2027", 2015
        return ENROLMENT, Enrolled(ids(school), "6", "male", False, born, False, year, DAY)

    return enrolled


def numbers_of(recount: Recount, day: date, *dims: str) -> dict[Any, Number]:
    return Numbers(recount, day, {}).all([("N04", dims)])


def test_a_pupil_counts_in_school_commune_and_province(
    counted: Callable[..., Recount],
    pupil: Callable[[int], tuple[str, Fact]],
    ids: Callable[[int], str],
) -> None:
    found = numbers_of(counted(pupil(SCHOOL)), DAY)
    assert {name[1] for name in found} == {ids(SCHOOL), ids(NORTH), ids(PROVINCE)}
    assert all((n.numerator, n.reported, n.expected) == (1, 1, 1) for n in found.values())


def test_the_borders_are_those_of_the_day(
    counted: Callable[..., Recount],
    pupil: Callable[[int], tuple[str, Fact]],
    ids: Callable[[int], str],
) -> None:
    found = numbers_of(counted(pupil(SCHOOL)), BEFORE)
    assert {name[1] for name in found} == {ids(SCHOOL), ids(SOUTH), ids(PROVINCE)}


def test_a_school_that_nobody_registered_counts_in_the_province_alone(
    counted: Callable[..., Recount],
    pupil: Callable[[int], tuple[str, Fact]],
    ids: Callable[[int], str],
) -> None:
    found = numbers_of(counted(pupil(OTHER), pupil(SCHOOL)), DAY)
    assert found["N04", ids(PROVINCE), "2026-2027", ()].numerator == 2
    assert found["N04", ids(PROVINCE), "2026-2027", ()].expected == 1
    assert found["N04", ids(NORTH), "2026-2027", ()].numerator == 1
    assert found["N04", ids(OTHER), "2026-2027", ()].expected == 0


def test_breakdowns_add_up_to_the_total(
    counted: Callable[..., Recount],
    pupil: Callable[[int], tuple[str, Fact]],
    ids: Callable[[int], str],
) -> None:
    found = numbers_of(counted(pupil(SCHOOL), pupil(SCHOOL)), DAY, "sex")
    key = (("sex", "male"),)
    assert found["N04", ids(NORTH), "2026-2027", key].numerator == 2


def test_terms_and_years_are_both_shown(
    counted: Callable[..., Recount], ids: Callable[[int], str]
) -> None:
    sheet = SheetOpened(ids(SCHOOL), "2026-2027", "6", "TOAN", "HK1", "regular", 40, 0)
    found = Numbers(counted((SCORES, sheet)), DAY, {}).all([("N26", ())])
    periods = {name[2]: number.denominator for name, number in found.items()}
    assert periods == {"2026-2027": 40, "2026-2027/HK1": 40}
    assert {(number.reported, number.expected) for number in found.values()} == {(1, 1)}


def test_two_provinces_stand_under_a_whole_of_their_own(ids: Callable[[int], str]) -> None:
    recount = Recount()
    for number in (1, 2):
        recount.count("", Unit(ids(number), 1, "80", "Tỉnh", "province", None, MERGED))
    assert Borders(recount, DAY).whole == WHOLE
    recount.count("", Merger(ids(2), 2, ids(1), MERGED))
    assert Borders(recount, DAY).whole == ids(1)
    assert Borders(recount, BEFORE).whole == WHOLE


def test_freshness_is_the_latest_watermark_with_everything_below_it_counted() -> None:
    recount = Recount()
    for minute, due in ((1, 2), (2, 3), (3, 5)):
        moment = datetime(2026, 11, 22, 5, minute, tzinfo=UTC)
        recount.count("", Watermark("gradebook", moment, {SCORES: {0: due}, "x.y.v1": {0: 9}}))
    lane = ("gradebook", SCORES, 0)
    recount.sequences[lane] = {1, 2, 3, 5}

    def latest(applied: int) -> int | None:
        shown = Numbers(recount, DAY, {lane: applied}).moments("2026-2027").values()
        return next((one.as_of.minute for one in shown if one.as_of), None)

    assert [latest(applied) for applied in (0, 2, 3, 5)] == [None, 1, 2, 2]
    recount.sequences[lane].add(4)
    assert latest(5) == 3


class NoRecords(Log):
    """A log without a record: only what was counted before is compared."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def dump_of(recount: Recount) -> Dump:
    numbers = Numbers(recount, DAY, {}, "2026-2027")
    shown = numbers.all([("N04", ("sex",)), *((indicator, ()) for indicator in FORMULAS)])
    shown |= numbers.moments("2026-2027")
    cells = {cell: value for cell, value in recount.cells.items() if value}
    return Dump(DAY, {}, {}, None, {}, cells, shown)


@pytest.fixture
def school_day(
    counted: Callable[..., Recount],
    pupil: Callable[[int], tuple[str, Fact]],
    ids: Callable[[int], str],
) -> Recount:
    sheet = SheetOpened(ids(SCHOOL), "2026-2027", "6", "TOAN", "HK1", "regular", 40, 0)
    return counted(pupil(SCHOOL), pupil(SCHOOL), (SCORES, sheet))


def test_an_honest_dump_differs_in_nothing(school_day: Recount) -> None:
    dump = dump_of(school_day)
    verdict = compare(dump, school_day, NoRecords("", {}))
    assert verdict.differences == ()
    assert verdict.compared == len(dump.cells) + len(dump.numbers)
    assert {"N01", "N04", "N10", "N25", "N26", "N71"} <= {name[0] for name in dump.numbers}


def test_every_kind_of_lie_is_a_difference(school_day: Recount) -> None:
    dump = dump_of(school_day)
    cell = next(iter(dump.cells))
    dump.cells[cell] += 1
    name = next(name for name in dump.numbers if name[0] == "N26")
    shown = dump.numbers.pop(name)
    (other, *_) = dump.numbers
    theirs = dump.numbers[other]
    dump.numbers[other] = Number(theirs.numerator, theirs.denominator, 9, theirs.expected, None)
    fresh = next(name for name in dump.numbers if name[0] == "N71")
    dump.numbers[fresh] = replace(dump.numbers[fresh], numerator=1)
    dump.numbers["N99", WHOLE, "2026-2027", ()] = dump.numbers[fresh]
    log = NoRecords("", {(SCORES, 0): 7}, short={(SCORES, 0): 6})
    found = [str(one) for one in compare(dump, school_day, log).differences]
    assert len(found) == 7
    assert f"end of the log of {SCORES}/0: ours 6, theirs 7" in found
    assert any("theirs not shown" in line and str(shown.numerator) in line for line in found)


def test_a_changed_cell_is_found_even_in_a_dump_that_differs_already(school_day: Recount) -> None:
    dump = dump_of(school_day)
    dump.cells[min(dump.cells)] += 5
    assert [one.found for one in plant(dump, school_day, NoRecords("", {}))] == [True]


DUMP: list[dict[str, Any]] = [
    {
        "record": "header",
        "day": "2026-11-22",
        "positions": {SCORES: {"0": 8}},
        "applied": {"gradebook": {SCORES: {"0": 4}}},
    },
    {
        "record": "cell",
        "family": "pupils",
        "key": {"school": "s", "grade": "6"},
        "values": {"count": 2},
    },
    {
        "record": "number",
        "indicator": "N04",
        "unit_kind": "province",
        "unit_id": "p",
        "period": "2026-2027",
        "dims": {},
        "numerator": 2,
        "denominator": None,
        "schools_reported": 1,
        "schools_expected": 1,
        "as_of": "2026-11-22T05:00:00.000000Z",
    },
    {"record": "end", "cells": 1, "facts": 0, "numbers": 1},
]


def test_a_dump_is_read_line_by_line_and_must_be_whole() -> None:
    lines = [json.dumps(record) for record in DUMP]
    dump = parse(lines)
    assert dump.positions == {(SCORES, 0): 8}
    assert dump.applied == {("gradebook", SCORES, 0): 4}
    assert dump.cells == {("pupils", (("grade", "6"), ("school", "s")), "count"): 2}
    assert dump.numbers["N04", "p", "2026-2027", ()].numerator == 2
    with pytest.raises(Exception, match="cut off"):
        parse(lines[:-1])
    with pytest.raises(Exception, match="holds"):
        parse([lines[0], lines[-1]])
