"""The old province's published years: what the Department reported, and events that say it.

Reports of the school years 2018-2019 and 2023-2024 of Tây Ninh before the merger of 2025, and what
was published of the new province. The facts of the events are those of the reports: whoever counts
them must come to the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from contracts.admissions import SchoolRegistered, UnitMerged, UnitRegistered
from contracts.lists import Grade, Level, Ownership, UnitKind
from contracts.notifications import (
    Channel,
    GuardianLinked,
    LinkCell,
    MessageDelivered,
    Relation,
    StaffMessageDelivered,
)
from contracts.payments import FeePaid, Lines, PaymentChannelEnabled, PaymentMethod
from contracts.reports import Adopted, Adoption, AdoptionReported
from edu.simulator.documents import (
    GUARDIAN,
    MESSAGE,
    PAYMENT,
    PUPIL,
    SCHOOL,
    Writer,
    made_id,
    made_ids,
)
from edu.simulator.province import OLD_COMMUNES, YEAR, Province
from edu.simulator.register import MERGED, PROVINCE, STANDARD, calendar, unit_kind, year_of

FIRST, SECOND = 2018, 2023
GENERAL, CLOSED, PRESCHOOLS = 386, 73, 108
"""General schools in 2018; of which merged by 2020; preschools, which joined the register last."""
LINKED = {FIRST: 265, SECOND: 274}
MESSAGES = {FIRST: 6_512_345, SECOND: 5_023_456}
OF_ADMISSION = {FIRST: 8_112, SECOND: 37_512}
TO_STAFF = {FIRST: 1_551_234, SECOND: 500_123}
CASHLESS, FLOWING = 262, 153
CAMERAS = {FIRST: (14, 184, 0), SECOND: (36, 430, 9_531)}
"""Preschools that have some, how many, and guardians who view."""
PORTALS = {SECOND - 1: 109, SECOND: 200}
SMART = 83

_OLD = 1001
_FIRST_SCHOOL = 10_000
"""The old province's schools have numbers of their own: since the merger they stand in the new
register, under new codes."""
_FIRST_PERSON = 10_000_000
_TOGETHER = 200
_SOME_DAY = date(2000, 1, 1)
_PRESCHOOLS_JOINED = date(SECOND + 1, 11, 1)
_AFTER = date(SECOND + 1, 12, 1)


class Scales(Enum):
    """What becomes smaller where only a part of the province is simulated."""

    NOTHING = 0
    MESSAGES = 1
    SCHOOLS = 2
    PUPILS = 3
    RECOGNISED = 4


@dataclass(frozen=True, slots=True)
class Published:
    """A sentence of a report as an indicator, and what was printed."""

    year: int
    indicator: str
    what: str
    numerator: int | None
    """None where only the denominator was published."""
    denominator: int | None = None
    more_than: bool = False
    """The report says "hơn": this many or more."""
    scales: Scales = Scales.NOTHING
    on: date | None = None
    """The day whose register is asked; else the October after the year."""
    note: str = ""
    """What the reader of the report has to know."""

    def of(self, here: Province, part: float) -> Published:
        """Give what has to come out where only a part of the province is simulated."""
        if part == 1:
            return self
        match self.scales:
            case Scales.NOTHING:
                return self
            case Scales.MESSAGES:
                return replace(self, numerator=round((self.numerator or 0) * part))
            case Scales.SCHOOLS:
                return replace(self, numerator=len(here.schools))
            case Scales.PUPILS:
                return replace(self, denominator=here.pupils)
            case Scales.RECOGNISED:
                schools = len(here.schools)
                return replace(self, numerator=round(STANDARD * schools), denominator=schools)


_JOINED = "theo sổ đăng ký ngày 01/12/2024, khi các trường mầm non đã vào sổ"
TABLE = (
    Published(FIRST, "N50", "Trường có sổ liên lạc điện tử", 265, 386, note="báo cáo in 69 %"),
    Published(
        FIRST, "N52", "Tin nhắn đến phụ huynh", 6_500_000, more_than=True, scales=Scales.MESSAGES
    ),
    Published(
        FIRST, "N53", "Tin điều hành đến giáo viên", 1_550_000, more_than=True,
        scales=Scales.MESSAGES,
    ),
    Published(FIRST, "N54", "Tin tuyển sinh lớp 10", 8_112, scales=Scales.MESSAGES),
    Published(FIRST, "N69", "Camera giám sát", 184, on=_AFTER, note=_JOINED),
    Published(FIRST, "N691", "Trường mầm non có camera", 14, on=_AFTER, note=_JOINED),
    Published(
        SECOND - 1, "N70", "Cổng thông tin điện tử", 109,
        note="báo cáo 2023-2024 nói 200, tăng 91",
    ),
    Published(
        SECOND, "N01", "Trường phổ thông, mầm non", 421, on=_AFTER,
        note=f"báo cáo: 421/421 trường công lập dùng phần mềm; {_JOINED}",
    ),
    Published(SECOND, "N43", "Trường điểm danh thông minh", 83),
    Published(SECOND, "N50", "Trường có sổ liên lạc điện tử", 274, 313),
    Published(
        SECOND, "N52", "Tin nhắn đến phụ huynh", 5_000_000, more_than=True, scales=Scales.MESSAGES
    ),
    Published(
        SECOND, "N53", "Tin điều hành đến giáo viên", 500_000, more_than=True,
        scales=Scales.MESSAGES,
    ),
    Published(
        SECOND, "N54", "Tin tuyển sinh lớp 10", 37_512, more_than=True, scales=Scales.MESSAGES
    ),
    Published(SECOND, "N62", "Trường thu không tiền mặt", 262),
    Published(SECOND, "N63", "Trường phát sinh dòng tiền", 153, 262),
    Published(SECOND, "N69", "Camera giám sát", 430, on=_AFTER, note=_JOINED),
    Published(SECOND, "N691", "Trường mầm non có camera", 36, on=_AFTER, note=_JOINED),
    Published(SECOND, "N692", "Phụ huynh xem camera", 9_531),
    Published(SECOND, "N70", "Cổng thông tin điện tử", 200),
    Published(
        SECOND, "N72", "Lỗi đồng bộ về Bộ", 0, 421, on=_AFTER,
        note="báo cáo: mọi trường đã đồng bộ dữ liệu",
    ),
    Published(YEAR, "N01", "Trường học của tỉnh mới", 1_035, scales=Scales.SCHOOLS),
    Published(
        YEAR, "N13", "Học sinh đầu năm (mẫu số)", None, 573_364, scales=Scales.PUPILS,
        note="tử số, số học sinh bỏ học, không được công bố",
    ),
    Published(
        YEAR, "N24", "Trường đạt chuẩn quốc gia", 697, 1_035, scales=Scales.RECOGNISED,
        note="chỉ công bố 67,3 % của 1.035 trường",
    ),
)  # fmt: skip
NO_EVENT = (
    (FIRST, "—", "400 đại biểu, 31 tập thể, tài trợ 850 triệu đồng: việc của hội nghị"),
    (SECOND, "N25", "421/421 trường dùng sổ điểm: điểm của năm đó không có sự kiện; xem N01"),
    (SECOND, "N44", "100 % trường được tập huấn học bạ số: tập huấn không phải sự kiện"),
    (SECOND, "N55", "612,6 triệu đồng hỗ trợ nhắn tin: kinh phí được cấp, không phải chi phí"),
    (SECOND, "N61", "thí điểm tuyển sinh đầu cấp ở TP Tây Ninh: không nêu số"),
    (SECOND, "—", "100 % mức căn bản, 50 % mức nâng cao; 90 %, 70 %: chỉ tiêu, không phải kết quả"),
)
"""What the reports say of which there is nothing to count."""


def total(part: float = 1.0) -> int:
    """Give how many messages to guardians the two years have."""
    return sum(round(count * part) for count in MESSAGES.values())


def write(writer: Writer, here: Province, done: Callable[[int], object], part: float = 1.0) -> None:
    """Write what was published; ``done`` hears how many messages, of which a part is written."""
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
        of_admission = round(OF_ADMISSION[first] * part)
        for count, purpose, template in (
            (of_admission, "enrolment", "enrolled"),
            (round(MESSAGES[first] * part) - of_admission, "scores", "score-saved"),
        ):
            _tell(writer, first, schools, count, purpose=purpose, template=template, done=done)
        _tell_staff(writer, first, schools, round(TO_STAFF[first] * part))
    for number in range(CASHLESS):
        _collect(writer, number, flows=number < FLOWING)
    _report(writer)


def _register(writer: Writer, here: Province) -> None:
    moment = "2018-08-01T00:00:00.000000Z"
    old = here.unit(_OLD)
    writer.put(_unit(old, "72", "Tây Ninh", UnitKind.PROVINCE, None), moment)
    for number, (code, name, kind) in enumerate(here.communes[:OLD_COMMUNES]):
        writer.put(_unit(here.unit(number), code, name, unit_kind(kind), old), moment)
    merged = UnitMerged(unit_id=old, version=2, into_id=here.unit(PROVINCE), valid_from=MERGED)
    writer.put(merged, "2025-07-01T00:00:00.000000Z")
    # And the years after: a year is over, and what lasts stands, when another has begun.
    for first in (FIRST, FIRST + 1, SECOND - 1, SECOND, SECOND + 1):
        writer.put(calendar(first), moment)
    levels = (Level.TH,) * 4 + (Level.THCS,) * 2 + (Level.THPT,)
    for number in range(GENERAL + PRESCHOOLS):
        general = number < GENERAL
        level = levels[number % len(levels)] if general else Level.MN
        begins = _SOME_DAY if general else _PRESCHOOLS_JOINED
        ends = date(2020, 7, 1) if GENERAL - CLOSED <= number < GENERAL else MERGED
        unit = here.unit(number % OLD_COMMUNES)
        for version, day in ((1, begins), (2, ends)):
            school = _school(writer.seed, number, unit, level, day, version=version)
            writer.put(school, moment)


def _tell_staff(writer: Writer, first: int, schools: Sequence[int], count: int) -> None:
    """Write what reached staff, one fact for each school."""
    for at, school in enumerate(schools):
        day = date(first, 9, 5) + timedelta(at % 260)
        told = StaffMessageDelivered(
            school_id=made_id(SCHOOL, writer.seed, _FIRST_SCHOOL + school), channel=Channel.SMS,
            day=day, messages=_share(count, at, len(schools)), before_messages=0,
        )  # fmt: skip
        writer.put(told, f"{day}T10:00:00.000000Z")


def _share(total: int, at: int, parts: int) -> int:
    """Give one of so many parts that add up to the total and are as equal as can be."""
    return total * (at + 1) // parts - total * at // parts


def _report(writer: Writer) -> None:
    """Write what other systems own: cameras, portals, roll-calls at the door, the ministry's."""
    for first, (schools, cameras, users) in CAMERAS.items():
        for at in range(schools):
            some = Adopted(
                items=_share(cameras, at, schools), users=_share(users, at, schools), out_of=0
            )
            writer.put(*_adopted(writer.seed, first, GENERAL + at, Adoption.CAMERA, some))
    has = Adopted(items=1, users=0, out_of=0)
    for first, count in PORTALS.items():
        for number in range(count):
            writer.put(*_adopted(writer.seed, first, number, Adoption.PORTAL, has))
    for number in range(SMART):
        writer.put(*_adopted(writer.seed, SECOND, number, Adoption.SMART_ATTENDANCE, has))
    synced = Adopted(items=0, users=0, out_of=1)
    for number in [*range(GENERAL - CLOSED), *range(GENERAL, GENERAL + PRESCHOOLS)]:
        writer.put(*_adopted(writer.seed, SECOND, number, Adoption.MINISTRY_SYNC, synced))


def _adopted(
    seed: int, first: int, number: int, system: Adoption, what: Adopted
) -> tuple[AdoptionReported, str]:
    day = date(first + 1, 5, 31)
    fact = AdoptionReported(
        place_id=made_id(SCHOOL, seed, _FIRST_SCHOOL + number), version=1,
        school_year=year_of(first), day=day, system=system, after=what, before=None,
    )  # fmt: skip
    return fact, f"{day}T01:00:00.000000Z"


def _unit(unit_id: str, code: str, name: str, kind: UnitKind, parent: str | None) -> UnitRegistered:
    return UnitRegistered(
        unit_id=unit_id, version=1, code=code, name=name, kind=kind, parent_id=parent,
        valid_from=_SOME_DAY,
    )  # fmt: skip


def _school(
    seed: int, number: int, unit: str, level: Level, begins: date, *, version: int = 1
) -> SchoolRegistered:
    return SchoolRegistered(
        school_id=made_id(SCHOOL, seed, _FIRST_SCHOOL + number),
        version=version,
        code=f"72{number:06d}",
        name=f"Trường số {number + 1}",
        levels=(level,),
        ownership=Ownership.PUBLIC,
        unit_id=unit,
        valid_from=begins,
        open=version == 1,
    )


def _link(writer: Writer, number: int, day: date) -> None:
    pupil = made_id(PUPIL, writer.seed, _FIRST_PERSON + number)
    cell = LinkCell(school_id=made_id(SCHOOL, writer.seed, _FIRST_SCHOOL + number), grade=Grade.G5)
    link = GuardianLinked(
        guardian_id=made_id(GUARDIAN, writer.seed, _FIRST_PERSON + number), pupil_id=pupil,
        version=1, relation=Relation.MOTHER, day=day, after=cell, before=None,
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
    people = range(_FIRST_PERSON, _FIRST_PERSON + _TOGETHER)
    guardians = [f'"{one}"' for one in made_ids(GUARDIAN, writer.seed, people)]
    none = '{"at":[],"value":[]}'
    for number, (begin, size) in enumerate(_pieces(count)):
        school = made_id(SCHOOL, writer.seed, _FIRST_SCHOOL + schools[number % len(schools)])
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
    school = made_id(SCHOOL, writer.seed, _FIRST_SCHOOL + number)
    person = _FIRST_PERSON + number
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
                payment_id=made_id(PAYMENT, writer.seed, person), school_id=school,
                pupil_id=made_id(PUPIL, writer.seed, person), method=PaymentMethod.VNPAY, day=day,
                received=150_000, prepaid=150_000, lines=Lines.of([]), remaining=0,
            ),
            moment,
        )  # fmt: skip
