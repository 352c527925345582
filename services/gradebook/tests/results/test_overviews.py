"""Results of a class and of a school, against each pupil's year as the naive law works it out."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from sqlalchemy import event

from chassis.clock import new_id
from contracts.lists import Assessment, ColumnKind, Grade, Level, Term
from edu.testing.facts import SCHOOL, YEAR
from edu.testing.service import an_id
from gradebook.results.domain.plans import PLAIN, subjects
from gradebook.results.domain.readings import VALUES
from gradebook.scores.domain.columns import columns, periods

from . import naive

HOMEROOM = an_id("homeroom")
CONDUCT = {"TOT": "good", "KHA": "fair", "DAT": "satisfactory", "CHUA_DAT": "unsatisfactory"}
DEFAULTS = {name: values[0] for name, values in VALUES.items()}
LEARNT = subjects(PLAIN, Grade.G6)
KINDS = (ColumnKind.REGULAR, ColumnKind.MIDTERM, ColumnKind.ENDTERM)
TERMS = (Term.HK1, Term.HK2)
SEED = 20_260_905
ODD: dict[int, tuple[dict[str, str], Any]] = {
    0: ({"state": "excused"}, "EXCUSED"),
    1: ({"state": "zero-by-rule"}, "ZERO_BY_RULE"),
}
"""Two of 300 cells: no mark that somebody gave."""
AT_ONCE = 20
"""Sheets of one save."""


class Drawn:
    """A class of grade 6 in which everything was assessed, as it was drawn."""

    def __init__(self, draw: random.Random, name: str, size: int) -> None:
        self.name = name
        self.pupils = [an_id(f"{name} {n}") for n in range(size)]
        self.marks: dict[tuple[Any, ...], dict[str, str]] = {}
        self.cases: dict[str, Any] = {}
        for pupil in self.pupils:
            # Most pupils lie near a level of the law, and some fail.
            about = draw.choice([34, 48, 52, 66, 82, 92])
            taken = {}
            for subject in LEARNT:
                comment = subject.assessment is Assessment.COMMENT
                terms = []
                for term in TERMS:
                    cells: dict[ColumnKind, list[Any]] = {}
                    for kind in KINDS:
                        for position in range(1, columns(subject, kind, Grade.G6) + 1):
                            mark = min(100, max(0, about + draw.randint(-4, 6)))
                            passed = draw.randrange(60) > 0
                            text = ("Đ" if passed else "CĐ") if comment else str(mark / 10)
                            said = {"score": text}
                            cell: int | str = mark
                            if comment:
                                cell = "DAT" if passed else "CHUA_DAT"
                            if (odd := draw.randrange(300)) in ODD:
                                said, cell = ODD[odd]
                            self.marks[pupil, subject, term, kind, position] = said
                            cells.setdefault(kind, []).append(cell)
                    terms.append(dict(zip(("regular", "mid", "end"), cells.values(), strict=True)))
                for one in terms:
                    one["mid"], one["end"] = *one["mid"], *one["end"]
                mode = "comment" if comment else "scored"
                a_year = {"mode": mode, "periods": periods(subject, Grade.G6), "terms": terms}
                taken[str(subject)] = a_year
            self.cases[pupil] = {
                "subjects": taken,
                "conduct": [draw.choice(list(CONDUCT)), draw.choice(list(CONDUCT))],
                "absences": draw.choice([0, 0, 4, 45, 46]),
                "summer": None,
            }

    async def entered(self, book: Any) -> str:
        """Enter all of it over HTTP, and return the class's id."""
        class_id: str = await book.class_6a(self.pupils, name=self.name)
        await book.put(f"/classes/{class_id}", {"name": self.name, "homeroom_teacher_id": HOMEROOM})
        wanted = [
            {"class_id": class_id, "subject": one, "term": term, "kind": kind, "position": at}
            for one, term, kind in product(LEARNT, TERMS, KINDS)
            for at in range(1, columns(one, kind, Grade.G6) + 1)
        ]
        opened = (await book.put("/sheets", {"sheets": wanted}))["sheets"]
        for first in range(0, len(opened), AT_ONCE):
            saves = [
                {
                    "sheet_id": one["sheet_id"],
                    "cells": [
                        {
                            "pupil_id": pupil,
                            "version": 0,
                        }
                        | self.marks[
                            pupil, one["subject"], one["term"], one["kind"], one["position"]
                        ]
                        for pupil in self.pupils
                    ],
                }
                for one in opened[first : first + AT_ONCE]
            ]
            await book.put("/sheets/cells", {"saves": saves})
        for at, term in enumerate(TERMS):
            rows = [
                {
                    "pupil_id": pupil,
                    "version": 0,
                    "level": CONDUCT[case["conduct"][at]],
                    "absences": case["absences"] if at else 0,
                }
                for pupil, case in self.cases.items()
            ]
            await book.put(
                f"/classes/{class_id}/conduct/{term}",
                {"pupils": rows},
                token=f"homeroom-teacher/{HOMEROOM}",
            )
        return class_id

    def years(self) -> Mapping[str, Any]:
        """Work every pupil's year out, slowly."""
        return {pupil: naive.year(case, DEFAULTS) for pupil, case in self.cases.items()}


def recounted(years: Mapping[str, Any], drawn: Mapping[str, Any]) -> Counter[tuple[str, ...]]:
    """Count the naive results pupil by pupil."""
    found: Counter[tuple[str, ...]] = Counter()
    for pupil, year in years.items():
        study = [one["result"] for one in (*year["study"]["terms"], year["study"]["year"])]
        behaved = [*drawn[pupil]["conduct"], year["conduct_year"]]
        for term, learnt, conduct in zip(("HK1", "HK2", "CN"), study, behaved, strict=True):
            found["study", term, learnt or "waiting"] += 1
            found["conduct", term, conduct] += 1
        waits = study[2] is None
        found["title", "CN", year["title"] or ("waiting" if waits else "none")] += 1
        ended = year["year_end"] != "incomplete"
        found["year-end", "CN", year["year_end"] if ended else "waiting"] += 1
        if year["year_end"] in {"retest", "summer_training"}:
            found["after-summer", "HE", "waiting"] += 1
    return found


def told(counts: list[Any], size: int) -> Counter[tuple[str, ...]]:
    """Read counts as they are told; each adds up to its own total."""
    found: Counter[tuple[str, ...]] = Counter()
    for one in counts:
        assert sum(one["counts"].values()) + one["waiting"] == one["total"]
        assert one["total"] == size or one["what"] == "after-summer"
        for level, many in one["counts"].items():
            found[one["what"], one["term"], level] += many
        found[one["what"], one["term"], "waiting"] += one["waiting"]
    return Counter({key: many for key, many in found.items() if many})


def as_text(result: int | str | None) -> str | None:
    if isinstance(result, int):
        return f"{result / 10:.1f}"
    return {"DAT": "Đ", "CHUA_DAT": "CĐ", None: None}[result]


async def test_every_line_and_every_count_is_that_of_the_naive_law(book: Any) -> None:
    draw = random.Random(SEED)
    rooms = [Drawn(draw, "6A", 7), Drawn(draw, "6B", 5)]
    ids = [await one.entered(book) for one in rooms]
    expected: Counter[tuple[str, ...]] = Counter()
    for room, class_id in zip(rooms, ids, strict=True):
        years = room.years()
        found = await book.get(f"/classes/{class_id}/results", token=f"homeroom-teacher/{HOMEROOM}")
        assert [one["subject"] for one in found["subjects"]] == list(LEARNT)
        assert {one["pupil_id"] for one in found["pupils"]} == set(room.pupils)
        for line in found["pupils"]:
            year = years[line["pupil_id"]]
            case = room.cases[line["pupil_id"]]
            assert line["subjects"] == {
                code: [as_text(one) for one in (*of["terms"], of["year"])]
                for code, of in year["subjects"].items()
            }
            study = (*year["study"]["terms"], year["study"]["year"])
            assert line["study"] == [one["result"] for one in study]
            assert line["conduct"] == [*case["conduct"], year["conduct_year"]]
            assert (line["absences"], line["title"]) == (case["absences"], year["title"])
            assert (line["year_end"], line["primary"]) == (year["year_end"], None)
            assert line["retests"] == year["retest_subjects"]
        counted = recounted(years, room.cases)
        assert told(found["counts"], len(room.pupils)) == counted
        expected += counted
    school = await book.get(f"/schools/{SCHOOL}/results", params={"school_year": YEAR})
    assert told(school["counts"], 12) == expected
    assert len({level for what, _, level in expected if what == "study"}) > 2
    classes = [await book.get(f"/classes/{class_id}/results") for class_id in ids]
    assert school["classes"] == classes
    assert school["not_assessed"] == []


@pytest.fixture
def statements(book: Any) -> Iterator[list[str]]:
    """Keep what the service asks its database."""
    asked: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = book.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", keep)
    yield asked
    event.remove(engine, "before_cursor_execute", keep)


async def test_a_school_takes_as_many_statements_as_one_class_of_it(
    book: Any, statements: list[str]
) -> None:
    counted = []
    for name in ("6A", "6B", "6C"):
        pupils = [an_id(f"{name} {n}") for n in range(3)]
        class_id = await book.class_6a(pupils, name=name)
        sheet = await book.sheet(class_id)
        await book.save(sheet, [{"pupil_id": one, "score": "8"} for one in pupils])
        statements.clear()
        found = await book.get(f"/schools/{SCHOOL}/results", params={"school_year": YEAR})
        counted.append(len(statements))
        assert sum(len(one["pupils"]) for one in found["classes"]) == 3 * len(counted)
        everybody = {one["waiting"] for one in found["counts"] if one["what"] != "after-summer"}
        assert everybody == {3 * len(counted)}
    assert len(set(counted)) == 1


async def test_where_nobody_said_what_is_learnt_everything_waits_but_conduct(book: Any) -> None:
    pupil = an_id("An")
    await book.hear(book.facts.school(levels=(Level.THPT,)))
    room = {"school_id": SCHOOL, "school_year": YEAR, "grade": "10", "name": "10A"}
    room["homeroom_teacher_id"] = HOMEROOM
    (opened,) = (await book.post("/classes", {"classes": [room]}, expect=201))["classes"]
    await book.hear(book.facts.enrolled(pupil, grade=Grade.G10))
    path = f"/classes/{opened['class_id']}"
    await book.put(f"{path}/pupils", {"pupil_ids": [pupil]})
    rows = [{"pupil_id": pupil, "version": 0, "level": "good"}]
    token = f"homeroom-teacher/{HOMEROOM}"
    await book.put(f"{path}/conduct/HK1", {"pupils": rows}, token=token)
    found = await book.get(f"{path}/results", token=token)
    assert told(found["counts"], 1) == Counter(
        [("conduct", "HK1", "TOT")]
        + [(what, "CN", "waiting") for what in ("title", "year-end", "conduct", "study")]
        + [("study", "HK1", "waiting"), ("study", "HK2", "waiting"), ("conduct", "HK2", "waiting")]
    )
    (line,) = found["pupils"]
    assert (line["subjects"], line["conduct"]) == ({}, ["TOT", None, None])


async def test_primary_is_counted_by_its_own_law_and_a_law_not_kept_is_said(book: Any) -> None:
    pupils = [an_id("An"), an_id("Bình")]
    await book.hear(book.facts.school(levels=(Level.TH, Level.MN)))
    rooms = [
        {"school_id": SCHOOL, "school_year": YEAR, "grade": grade, "name": name}
        for grade, name in (("1", "1A"), (Grade.MG5, "Lá"))
    ]
    first, last = (await book.post("/classes", {"classes": rooms}, expect=201))["classes"]
    await book.hear(*(book.facts.enrolled(one, grade=Grade.G1) for one in pupils))
    await book.put(f"/classes/{first['class_id']}/pupils", {"pupil_ids": pupils})
    school = await book.get(f"/schools/{SCHOOL}/results", params={"school_year": YEAR})
    assert told(school["counts"], 2) == Counter(
        {(f"primary-{what}", "CN", "waiting"): 2 for what in ("result", "title", "outcome")}
    )
    (room,) = school["classes"]
    assert {line["primary"]["outcome"] for line in room["pupils"]} == {"incomplete"}
    assert school["not_assessed"] == [
        {
            "class_id": last["class_id"],
            "class_name": "Lá",
            "grade": Grade.MG5,
            "pupils": 0,
        }
    ]
    refused = await book.get(f"/classes/{last['class_id']}/results", expect=404)
    assert refused["type"].endswith("no-rule-set")


async def test_who_works_there_reads_them_and_no_guardian(book: Any) -> None:
    pupil = an_id("An")
    class_id = await book.class_6a([pupil])
    await book.put(f"/classes/{class_id}", {"name": "6A", "homeroom_teacher_id": HOMEROOM})
    await book.hear(book.facts.linked(an_id("guardian"), pupil))
    year = {"school_year": YEAR}
    homeroom = f"homeroom-teacher/{HOMEROOM}/{SCHOOL}"
    for token, of_class, of_school in (
        (book.principal, 200, 200),
        ("department-officer", 200, 200),
        ("auditor", 200, 200),
        (homeroom, 200, 403),
        (book.teacher, 404, 403),
        (f"homeroom-teacher/{new_id()}/{SCHOOL}", 404, 403),
        (f"principal/{new_id()}/{new_id()}", 404, 403),
        (f"guardian/{an_id('guardian')}", 404, 403),
    ):
        await book.get(f"/classes/{class_id}/results", token=token, expect=of_class)
        await book.get(f"/schools/{SCHOOL}/results", params=year, token=token, expect=of_school)
    await book.get(f"/classes/{new_id()}/results", expect=404)


async def test_what_a_pupil_brings_from_another_class_counts_until_this_one_has_its_own(
    book: Any,
) -> None:
    pupil = an_id("An")
    first = await book.class_6a([pupil])
    columns_ = [("regular", at) for at in range(1, 5)] + [("midterm", 1), ("endterm", 1)]
    for kind, at in columns_:
        sheet = await book.sheet(first, kind=kind, position=at)
        await book.save(sheet, [{"pupil_id": pupil, "score": "8"}])
    second = await book.class_6a(name="6B")
    await book.put(f"/classes/{second}/pupils", {"pupil_ids": [pupil]})

    async def maths() -> Any:
        (line,) = (await book.get(f"/classes/{second}/results"))["pupils"]
        return line["subjects"]["TOAN"]

    assert await maths() == ["8.0", None, None]
    assert (await book.get(f"/classes/{first}/results"))["pupils"] == []
    sheet = await book.sheet(second, kind="endterm")
    assert await maths() == ["8.0", None, None]
    await book.save(sheet, [{"pupil_id": pupil, "score": "5"}])
    # (8 × 4 + 2 × 8 + 3 × 5) / 9 = 63 / 9
    assert await maths() == ["7.0", None, None]
