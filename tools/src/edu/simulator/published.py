"""The old province's two published years: what the Department reported, and events that say it.

Reports of the school years 2018-2019 and 2023-2024 of Tây Ninh before the merger of 2025. The facts
of the events are those of the reports: whoever counts them must come to the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.admissions import SchoolRegistered, SchoolYearSet, TermDates, UnitRegistered
from contracts.lists import Grade, Level, Ownership, Term, UnitKind
from contracts.notifications import GuardianLinked, LinkCell, MessageDelivered, Relation
from contracts.payments import FeePaid, Lines, PaymentChannelEnabled, PaymentMethod
from edu.simulator.documents import GUARDIAN, MESSAGE, PAYMENT, PUPIL, SCHOOL, Writer, made_id
from edu.simulator.province import OLD_COMMUNES, Province

FIRST, SECOND = 2018, 2023
GENERAL, CLOSED, PRESCHOOLS = 386, 73, 108
"""General schools in 2018; of which merged by 2020; preschools, which joined the register last."""
LINKED = {FIRST: 265, SECOND: 274}
MESSAGES = {FIRST: 6_512_345, SECOND: 5_023_456}
OF_ADMISSION = {FIRST: 8_112, SECOND: 37_512}
CASHLESS, FLOWING = 262, 153

_OLD = 1001
_TOGETHER = 200
_SOME_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Published:
    """A sentence of a report as an indicator, and what was printed."""

    year: int
    indicator: str
    what: str
    numerator: int
    denominator: int | None = None
    more_than: bool = False
    """The report says "hơn": this many or more."""
    dims: str | None = None


TABLE = (
    Published(FIRST, "N50", "Trường có sổ liên lạc điện tử", 265, 386),
    Published(FIRST, "N52", "Tin nhắn đến phụ huynh", 6_500_000, more_than=True),
    Published(FIRST, "N52", "… về tuyển sinh", 8_112, dims="purpose:enrolment"),
    Published(SECOND, "N50", "Trường có sổ liên lạc điện tử", 274, 313),
    Published(SECOND, "N52", "Tin nhắn đến phụ huynh", 5_000_000, more_than=True),
    Published(SECOND, "N52", "… về tuyển sinh", 37_512, more_than=True, dims="purpose:enrolment"),
    Published(SECOND, "N62", "Trường thu không tiền mặt", 262),
    Published(SECOND, "N63", "… đã phát sinh dòng tiền", 153, 262),
)
NO_EVENT = (
    (FIRST, "N53", "hơn 1,55 triệu tin đến giáo viên: tin cho nhân viên không qua hệ thống này"),
    (FIRST, "N69", "184 camera tại 14 trường: của hệ thống camera"),
    (SECOND, "N25", "421/421 trường dùng sổ điểm: điểm của các năm đó không có sự kiện"),
    (SECOND, "N43", "83 trường điểm danh thông minh: của hệ thống điểm danh"),
    (SECOND, "N53", "hơn 500.000 tin đến giáo viên: tin cho nhân viên không qua hệ thống này"),
    (SECOND, "N69", "430 camera tại 36 trường, 9.531 phụ huynh: của hệ thống camera"),
    (SECOND, "N70", "200 cổng thông tin: của hệ thống cổng"),
)
"""What the reports say of other systems, whose facts the suite does not have."""


def year_of(first: int) -> str:
    """Write a school year."""
    return f"{first}-{first + 1}"


def write(writer: Writer, here: Province, done: Callable[[int], object]) -> None:
    """Write both years; ``done`` hears how many messages are written."""
    _register(writer, here)
    # What merged was all linked before, and others joined until the second report.
    linked = [*range(LINKED[FIRST] - CLOSED), *range(GENERAL - CLOSED, GENERAL)]
    for number in linked:
        _link(writer, number, date(FIRST, 9, 10))
    later = range(LINKED[FIRST] - CLOSED, LINKED[SECOND])
    for number in later:
        _link(writer, number, date(SECOND, 9, 10))
    open_then = range(LINKED[SECOND])
    for first, schools in ((FIRST, linked), (SECOND, open_then)):
        for count, purpose, template in (
            (OF_ADMISSION[first], "enrolment", "enrolled"),
            (MESSAGES[first] - OF_ADMISSION[first], "scores", "score-saved"),
        ):
            _tell(writer, first, schools, count, purpose=purpose, template=template, done=done)
    for number in range(CASHLESS):
        _collect(writer, number, flows=number < FLOWING)


def _register(writer: Writer, here: Province) -> None:
    moment = "2018-08-01T00:00:00.000000Z"
    old = here.unit(_OLD)
    writer.put(_unit(old, "72", "Tây Ninh", UnitKind.PROVINCE, None), moment)
    for number, (code, name, kind) in enumerate(here.communes[:OLD_COMMUNES]):
        which = UnitKind.WARD if kind == "Phường" else UnitKind.COMMUNE
        writer.put(_unit(here.unit(number), code, name, which, old), moment)
    # And the years after: a year is over, and what lasts stands, when another has begun.
    for first in (FIRST, FIRST + 1, SECOND, SECOND + 1):
        writer.put(_calendar(first), moment)
    levels = (Level.TH,) * 4 + (Level.THCS,) * 2 + (Level.THPT,)
    for number in range(GENERAL + PRESCHOOLS):
        general = number < GENERAL
        level = levels[number % len(levels)] if general else Level.MN
        begins = _SOME_DAY if general else date(SECOND + 1, 11, 1)
        unit = here.unit(number % OLD_COMMUNES)
        writer.put(_school(writer.seed, number, unit, level, begins), moment)
        if GENERAL - CLOSED <= number < GENERAL:
            ended = _school(writer.seed, number, unit, level, date(2020, 7, 1), version=2)
            writer.put(ended, moment)


def _unit(unit_id: str, code: str, name: str, kind: UnitKind, parent: str | None) -> UnitRegistered:
    return UnitRegistered(
        unit_id=unit_id, version=1, code=code, name=name, kind=kind, parent_id=parent,
        valid_from=_SOME_DAY,
    )  # fmt: skip


def _school(
    seed: int, number: int, unit: str, level: Level, begins: date, *, version: int = 1
) -> SchoolRegistered:
    return SchoolRegistered(
        school_id=made_id(SCHOOL, seed, number),
        version=version,
        code=f"72{number:06d}",
        name=f"Trường số {number + 1}",
        levels=(level,),
        ownership=Ownership.PUBLIC,
        unit_id=unit,
        valid_from=begins,
        open=version == 1,
    )


def _calendar(first: int) -> SchoolYearSet:
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


def _link(writer: Writer, number: int, day: date) -> None:
    pupil = made_id(PUPIL, writer.seed, number)
    cell = LinkCell(school_id=made_id(SCHOOL, writer.seed, number), grade=Grade.G5)
    link = GuardianLinked(
        guardian_id=made_id(GUARDIAN, writer.seed, number), pupil_id=pupil, version=1,
        relation=Relation.MOTHER, day=day, after=cell, before=None,
    )  # fmt: skip
    writer.put(link, f"{day}T01:00:00.000000Z")


def _tell(
    writer: Writer,
    first: int,
    schools: Sequence[int],
    count: int,
    *,
    purpose: str,
    template: str,
    done: Callable[[int], object],
) -> None:
    """Write ``count`` messages, at most two hundred in an event, over schools and days."""
    guardians = [f'"{made_id(GUARDIAN, writer.seed, at)}"' for at in range(_TOGETHER)]
    none = '{"at":[],"value":[]}'
    for number, (begin, size) in enumerate(_pieces(count)):
        school = made_id(SCHOOL, writer.seed, schools[number % len(schools)])
        day = date(first, 9, 5) + timedelta(number * 7 % 260)
        ids = range(first * 10**8 + begin, first * 10**8 + begin + size)
        messages = ",".join([f'"{made_id(MESSAGE, writer.seed, one)}"' for one in ids])
        data = (
            f'{{"school_id":"{school}","channel":"sms","purpose":"{purpose}",'
            f'"template":"{template}","day":"{day}","messages":[{messages}],'
            f'"guardians":[{",".join(guardians[:size])}],"parts":[{",".join(["1"] * size)}],'
            f'"costs":[{",".join(["320"] * size)}],"before":{none},"before_days":{none}}}'
        )
        writer.write(MessageDelivered, school, school, f"{day}T11:00:00.000000Z", data)
        done(size)


def _pieces(count: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, _TOGETHER):
        yield begin, min(_TOGETHER, count - begin)


def _collect(writer: Writer, number: int, *, flows: bool) -> None:
    school = made_id(SCHOOL, writer.seed, number)
    day = date(SECOND, 9, 20)
    moment = f"{day}T02:00:00.000000Z"
    writer.put(
        PaymentChannelEnabled(
            school_id=school, channel=PaymentMethod.VNPAY, version=1, enabled=True, day=day,
            channels=1, before_channels=0,
        ),
        moment,
    )  # fmt: skip
    if flows:
        writer.put(
            FeePaid(
                payment_id=made_id(PAYMENT, writer.seed, number), school_id=school,
                pupil_id=made_id(PUPIL, writer.seed, number), method=PaymentMethod.VNPAY,
                day=day, received=150_000, prepaid=150_000, lines=Lines.of([]), remaining=0,
            ),
            moment,
        )  # fmt: skip
