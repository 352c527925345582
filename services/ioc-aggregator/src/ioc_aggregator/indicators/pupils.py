"""Pupils: how many study where, who comes and goes, who of an age is at school."""

from functools import partial

from contracts import topics
from contracts.lists import Grade, Level, MeasureUnit
from contracts.results import Promotion
from ioc_aggregator.indicators.indicator import (
    PERCENT,
    STATISTICS,
    Group,
    Indicator,
    PeriodKind,
    Sum,
    Words,
)
from ioc_aggregator.measures.decisions import COMPLETERS, DECISIONS, IDENTITIES
from ioc_aggregator.measures.families import MOVES, PUPIL_AGES, PUPILS, PUPILS_AT_START
from ioc_aggregator.measures.outside import POPULATION

_yearly = partial(
    Indicator,
    version=1,
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    group=Group.PUPILS,
    legal_basis=STATISTICS,
)
_count = partial(_yearly, unit=MeasureUnit.COUNT, unit_name=Words("học sinh", "pupils"))
_share = partial(_yearly, unit=MeasureUnit.PERCENT, unit_name=PERCENT)
_PERSON = ("grade", "sex", "ethnic_minority")
_MOVES = (topics.ENROLMENT,)


def _grades(*levels: Level) -> tuple[str, ...]:
    return tuple(str(grade) for grade in Grade if grade.level in levels)


def _aged(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(age) for age in range(first, last + 1))


PUPILS_ENROLLED = _count(
    id="N04",
    name=Words("Học sinh", "Pupils"),
    definition=Words(
        "Số học sinh, trẻ em đang học tại thời điểm số liệu: đã nhập học, trừ số đã thôi học; "
        "người chuyển trường tính ở trường đến.",
        "Pupils enrolled at the as-of time: enrolments less withdrawals; a transferred pupil "
        "counts at the new school.",
    ),
    numerator=Sum(PUPILS, "count"),
    numerator_name=Words("học sinh đang học", "pupils enrolled"),
    streams=(topics.ENROLMENT,),
    dims=_PERSON,
    published=((), ("grade",), ("sex",), ("ethnic_minority",)),
    headline=True,
)

NET_ENROLMENT = tuple(
    _share(
        id=identifier,
        name=Words(f"Đi học đúng tuổi {vi}", f"Net enrolment, {en}"),
        definition=Words(
            f"Số học sinh {vi} từ {first} đến {last} tuổi (năm đầu của năm học trừ năm sinh), trên "
            "dân số cùng độ tuổi theo báo cáo của địa phương. Chỉ có nghĩa từ cấp xã.",
            f"Pupils of {en} aged {first} to {last} (first year of the school year less year of "
            "birth), of the population of that age as reported. Of communes and above only.",
        ),
        numerator=Sum(PUPIL_AGES, "count", {"grade": _grades(level), "age": _aged(first, last)}),
        numerator_name=Words("học sinh đúng tuổi", "pupils of the age"),
        denominator=Sum(POPULATION, "persons", {"age": _aged(first, last)}),
        denominator_name=Words("dân số trong độ tuổi", "population of the age"),
        streams=(topics.ENROLMENT, topics.REPORTS),
        levels=frozenset({level}),
    )
    for identifier, vi, en, level, first, last in (
        ("N09", "tiểu học", "primary", Level.TH, 6, 10),
        ("N091", "THCS", "lower secondary", Level.THCS, 11, 14),
        ("N092", "THPT", "upper secondary", Level.THPT, 15, 17),
    )
)

NEW_ENTRANTS = _count(
    id="N10",
    name=Words("Tuyển mới lớp 1, 6, 10", "New entrants, grades 1, 6, 10"),
    definition=Words(
        "Số học sinh vào lớp đầu cấp (1, 6, 10) trong năm học: nhập học mới hoặc từ cấp dưới lên, "
        "trừ số ghi danh nhầm.",
        "Pupils who entered grade 1, 6 or 10 in the school year, new or from the level below, less "
        "those registered in error.",
    ),
    numerator=Sum(MOVES, "pupils", {"move": ("entered",), "grade": ("1", "6", "10")}),
    numerator_name=Words("học sinh tuyển mới", "new entrants"),
    streams=_MOVES,
    dims=_PERSON,
    published=((), ("grade",)),
)

FIVE_YEAR_OLDS = _share(
    id="N11",
    name=Words("Trẻ 5 tuổi đến trường", "Five-year-olds in preschool"),
    definition=Words(
        "Số trẻ 5 tuổi đang học mầm non, trên dân số 5 tuổi theo báo cáo của địa phương.",
        "Five-year-olds in preschool, of the five-year-olds who live there as reported.",
    ),
    numerator=Sum(PUPIL_AGES, "count", {"grade": _grades(Level.MN), "age": ("5",)}),
    numerator_name=Words("trẻ 5 tuổi đang học", "five-year-olds enrolled"),
    denominator=Sum(POPULATION, "persons", {"age": ("5",)}),
    denominator_name=Words("dân số 5 tuổi", "population aged five"),
    streams=(topics.ENROLMENT, topics.REPORTS),
    levels=frozenset({Level.MN}),
)

TRANSFERS = tuple(
    _count(
        id=identifier,
        name=Words(f"Học sinh chuyển {vi}", f"Transfers {en}"),
        definition=Words(
            f"Số lượt học sinh chuyển {vi} trường khác cùng cấp trong năm học; không tính khi sáp "
            "nhập trường.",
            f"Pupils transferred {en} another school of the level in the school year; "
            "reorganised schools do not count.",
        ),
        numerator=Sum(MOVES, "pupils", {"move": (move,)}),
        numerator_name=Words("lượt chuyển", "transfers"),
        streams=_MOVES,
        dims=_PERSON,
    )
    for identifier, vi, en, move in (
        ("N12", "đến từ", "in from", "transferred-in"),
        ("N121", "đi", "out to", "transferred-out"),
    )
)

DROP_OUT = _share(
    id="N13",
    name=Words("Bỏ học", "Drop-out rate"),
    definition=Words(
        "Số học sinh bỏ học trong năm học, trên số học sinh đầu năm (đã nhập học đến 30/9).",
        "Pupils who dropped out in the school year, of those enrolled by 30 September.",
    ),
    numerator=Sum(MOVES, "pupils", {"move": ("dropped-out",)}),
    numerator_name=Words("học sinh bỏ học", "drop-outs"),
    denominator=Sum(PUPILS_AT_START, "count"),
    denominator_name=Words("học sinh đầu năm", "pupils at the start"),
    streams=_MOVES,
    dims=_PERSON,
)

_DECIDED = {"decision": ("promotion",)}

REPEATERS = _share(
    id="N14",
    name=Words("Lưu ban", "Repeater rate"),
    definition=Words(
        "Số học sinh phải ở lại lớp (kể cả sau hè), trên số học sinh đã xét lên lớp của năm học.",
        "Pupils who stay in their grade (after the summer, too), of all about whom promotion was "
        "decided for the school year.",
    ),
    numerator=Sum(
        DECISIONS,
        "pupils",
        _DECIDED | {"outcome": (Promotion.REPEATED, Promotion.REPEATED_AFTER_SUMMER)},
    ),
    numerator_name=Words("học sinh ở lại lớp", "repeaters"),
    denominator=Sum(DECISIONS, "pupils", _DECIDED),
    denominator_name=Words("học sinh đã xét", "pupils decided"),
    streams=(topics.RESULTS,),
    dims=("grade",),
)

_TO_THCS = frozenset({Level.TH, Level.THCS})
_TO_THPT = frozenset({Level.THCS, Level.THPT})
TRANSITION = tuple(
    _share(
        id=identifier,
        name=Words(f"Chuyển cấp {vi}", f"Transition, {en}"),
        definition=Words(
            f"Số học sinh vào lớp {entry} trong năm học, trên số học sinh lớp {last} hoàn thành "
            "chương trình năm học trước. Chỉ có nghĩa từ cấp xã.",
            f"Pupils who entered grade {entry} in the school year, of those who completed grade "
            f"{last} in the year before. Of communes and above only.",
        ),
        numerator=Sum(MOVES, "pupils", {"move": ("entered",), "grade": (entry,)}),
        numerator_name=Words("học sinh vào cấp học", "entrants"),
        denominator=Sum(COMPLETERS, "pupils", {"grade": (last,)}),
        denominator_name=Words("học sinh hoàn thành năm trước", "completers of the year before"),
        streams=(topics.ENROLMENT, topics.RESULTS),
        levels=levels,
    )
    for identifier, vi, en, entry, last, levels in (
        ("N15", "tiểu học – THCS", "primary to lower secondary", "6", "5", _TO_THCS),
        ("N151", "THCS – THPT", "lower to upper secondary", "10", "9", _TO_THPT),
    )
)

INCLUSION = _count(
    id="N16",
    name=Words("Học sinh khuyết tật hoà nhập", "Disabled pupils in inclusion"),
    definition=Words(
        "Số học sinh khuyết tật đang học hoà nhập.",
        "Disabled pupils who study in inclusive education now.",
    ),
    numerator=Sum(PUPIL_AGES, "count", {"inclusion": ("yes",)}),
    numerator_name=Words("học sinh khuyết tật", "disabled pupils"),
    streams=(topics.ENROLMENT,),
    dims=("grade",),
)

VERIFIED = _share(
    id="N17",
    name=Words("Đã xác thực định danh", "Verified personal id"),
    definition=Words(
        "Số học sinh có số định danh cá nhân đã xác thực với CSDL quốc gia về dân cư, trên số học "
        "sinh đang học (N04).",
        "Pupils whose personal id is verified against the population database, of those enrolled "
        "(N04).",
    ),
    numerator=Sum(IDENTITIES, "pupils"),
    numerator_name=Words("học sinh đã xác thực", "pupils verified"),
    denominator=Sum(PUPILS, "count"),
    denominator_name=Words("học sinh đang học", "pupils enrolled"),
    streams=(topics.ENROLMENT,),
    legal_basis="Đề án 06 (Quyết định 06/QĐ-TTg năm 2022)",
)

ALL = (
    PUPILS_ENROLLED,
    *NET_ENROLMENT,
    NEW_ENTRANTS,
    FIVE_YEAR_OLDS,
    *TRANSFERS,
    DROP_OUT,
    REPEATERS,
    *TRANSITION,
    INCLUSION,
    VERIFIED,
)
