"""What is known before the year begins: units, schools, calendar, classes, what others report.

The province is that of 1 July 2025: its communes belonged to other units before, so this is the
second fact about each of them.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from contracts.admissions import SchoolRegistered, SchoolYearSet, TermDates, UnitRegistered
from contracts.gradebook import ClassOpened
from contracts.lists import Ownership, Term, UnitKind
from contracts.payments import PaymentChannelEnabled, PaymentMethod
from contracts.reports import Adopted, Adoption, AdoptionReported
from edu.simulator.documents import TEACHER, Writer, made_id
from edu.simulator.province import YEAR, Province

Tally = Counter[tuple[str, str]]
"""What has to be counted in the whole province, of the generator's own numbers: by the name of a
family of the aggregator's cells and of its column."""

MERGED = date(2025, 7, 1)
PROVINCE = 1000
"""The number of its unit."""
STANDARD = 0.673
"""The share of schools that are recognised (đạt chuẩn quốc gia), published for the end of 2025."""
_CASHLESS_OF_25 = 22
"""Of 25 schools, so many take money without cash."""
_HALVES = ((date(YEAR, 9, 8), 18), (date(YEAR + 1, 1, 19), 18))
_TET = date(YEAR + 1, 2, 16)


def year_of(first: int) -> str:
    """Write a school year."""
    return f"{first}-{first + 1}"


def school_days() -> list[date]:
    """Give the 175 days of 35 weeks of lessons; the week of Tết has none."""
    weeks = [first + timedelta(weeks=at) for first, count in _HALVES for at in range(count)]
    return [week + timedelta(day) for week in weeks if week != _TET for day in range(5)]


def calendar(first: int) -> SchoolYearSet:
    """Give the calendar of the school year that begins in ``first``."""
    days = (
        (date(first, 9, 5), date(first + 1, 1, 15)),
        (date(first + 1, 1, 16), date(first + 1, 5, 25)),
    )
    terms = tuple(
        TermDates(term=term, first_day=begins, last_day=ends)
        for term, (begins, ends) in zip((Term.HK1, Term.HK2), days, strict=True)
    )
    return SchoolYearSet(
        school_year=year_of(first), version=1, first_day=days[0][0], last_day=days[1][1],
        terms=terms, holidays=(),
    )  # fmt: skip


def unit_kind(kind: str) -> UnitKind:
    """Read what the register of communes calls a commune."""
    return UnitKind.WARD if kind == "Phường" else UnitKind.COMMUNE


def takes_cashless(number: int) -> bool:
    """Tell whether a school, by its number, has a cashless channel."""
    return number % 25 < _CASHLESS_OF_25


def write(writer: Writer, here: Province, tally: Tally) -> None:
    """Write all of it."""
    moment = "2025-07-01T00:00:00.000000Z"
    top = here.unit(PROVINCE)
    writer.put(
        UnitRegistered(
            unit_id=top, version=1, code="80", name="Tây Ninh", kind=UnitKind.PROVINCE,
            parent_id=None, valid_from=MERGED,
        ),
        moment,
    )  # fmt: skip
    for number, (code, name, kind) in enumerate(here.communes):
        unit = UnitRegistered(
            unit_id=here.unit(number), version=2, code=code, name=name, kind=unit_kind(kind),
            parent_id=top, valid_from=MERGED,
        )  # fmt: skip
        writer.put(unit, moment)
    # And the years after: what lasts stands, when another year has begun.
    for first in (YEAR, YEAR + 1):
        writer.put(calendar(first), moment)
    recognised = round(STANDARD * len(here.schools))
    for school in here.schools:
        writer.put(
            SchoolRegistered(
                school_id=school.id, version=1, code=f"80{school.number:06d}",
                name=f"Trường số {school.number + 1}", levels=(school.level,),
                ownership=Ownership.PUBLIC, unit_id=here.unit(school.commune), valid_from=MERGED,
                open=True,
            ),
            moment,
        )  # fmt: skip
        # Every so many-th one, so that all levels and communes have some.
        if recognised * (school.number + 1) // len(here.schools) > (
            recognised * school.number // len(here.schools)
        ):
            writer.put(_recognised(school.id), "2025-12-31T01:00:00.000000Z")
            tally["adoptions", "items"] += 1
        if takes_cashless(school.number):
            writer.put(_channel(school.id), "2025-09-03T01:00:00.000000Z")
            tally["channels", "channels"] += 1
    _open_classes(writer, here, tally)


def _recognised(school: str) -> AdoptionReported:
    return AdoptionReported(
        place_id=school, version=1, school_year=year_of(YEAR), day=date(YEAR, 12, 31),
        system=Adoption.NATIONAL_STANDARD, after=Adopted(items=1, users=0, out_of=0), before=None,
    )  # fmt: skip


def _channel(school: str) -> PaymentChannelEnabled:
    return PaymentChannelEnabled(
        school_id=school, channel=PaymentMethod.BANK_TRANSFER, version=1, enabled=True,
        day=date(YEAR, 9, 3), channels=1, before_channels=0,
    )  # fmt: skip


def _open_classes(writer: Writer, here: Province, tally: Tally) -> None:
    for room in here.rooms:
        data = (
            f'{{"class_id":"{room.id}","version":1,"school_id":"{room.school.id}",'
            f'"school_year":"{year_of(YEAR)}","grade":"{room.grade}","name":"{room.name}",'
            f'"homeroom_teacher_id":"{made_id(TEACHER, here.seed, room.number)}"}}'
        )
        writer.write(ClassOpened, room.school.id, room.id, "2025-08-20T02:00:00.000000Z", data)
    tally["classes", "classes"] += len(here.rooms)
