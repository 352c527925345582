"""Schools and classes: how many there are, and how they are filled."""

from functools import partial

from contracts import topics
from contracts.lists import Level, MeasureUnit
from contracts.payments import FeeKind
from contracts.reports import Adoption
from ioc_aggregator.indicators.indicator import (
    PERCENT,
    STATISTICS,
    Group,
    Indicator,
    PeriodKind,
    Schools,
    Sum,
    Words,
)
from ioc_aggregator.measures.families import CLASSES, PUPILS, ROLLS
from ioc_aggregator.measures.outside import ADOPTIONS, SERVICES

_yearly = partial(
    Indicator,
    version=1,
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    group=Group.PUPILS,
    legal_basis=STATISTICS,
)
_CHARTER = "Điều lệ nhà trường của từng cấp học (sĩ số tối đa); Thông tư 32/2018/TT-BGDĐT (2 buổi)"
_PUPILS = Sum(PUPILS, "count")
_ENROLLED = Words("học sinh đang học", "pupils enrolled")
_ROLLS = (topics.CLASSES,)

SCHOOLS = tuple(
    _yearly(
        id=identifier,
        name=Words(vi, en),
        definition=Words(
            f"Số {vi.lower()} đang hoạt động theo sổ đăng ký, vào ngày xem.",
            f"{en} that are open by the register on the day.",
        ),
        unit=MeasureUnit.COUNT,
        unit_name=Words("trường", "schools"),
        numerator=Schools(),
        numerator_name=Words("trường đang hoạt động", "open schools"),
        streams=(topics.SCHOOLS,),
        levels=levels,
    )
    for identifier, vi, en, levels in (
        ("N01", "Trường học", "Schools", frozenset(Level)),
        ("N011", "Trường có cấp mầm non", "Preschools", frozenset({Level.MN})),
        ("N012", "Trường có cấp tiểu học", "Primary schools", frozenset({Level.TH})),
        ("N013", "Trường có cấp THCS", "Lower secondary schools", frozenset({Level.THCS})),
        ("N014", "Trường có cấp THPT", "Upper secondary schools", frozenset({Level.THPT})),
    )
)

SITES = _yearly(
    id="N02",
    name=Words("Điểm trường", "School sites"),
    definition=Words(
        "Số điểm trường, kể cả điểm chính, theo báo cáo gần nhất của năm học.",
        "Sites of schools, the main one included, as last reported for the school year.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("điểm trường", "sites"),
    numerator=Sum(ADOPTIONS, "items", {"system": (str(Adoption.SITE),)}),
    numerator_name=Words("điểm trường", "sites"),
    judged_by=(),
    streams=(topics.REPORTS,),
)

OPENED = _yearly(
    id="N03",
    name=Words("Lớp học", "Classes"),
    definition=Words(
        "Số lớp được mở trong năm học.",
        "Classes opened in the school year.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("lớp", "classes"),
    numerator=Sum(CLASSES, "classes"),
    numerator_name=Words("lớp đã mở", "classes opened"),
    judged_by=(),
    streams=(topics.CLASSES,),
    dims=("grade",),
    published=((), ("grade",)),
)

PUPILS_PER_CLASS = _yearly(
    id="N05",
    name=Words("Học sinh trên lớp", "Pupils per class"),
    definition=Words(
        "Số học sinh đang học (N04) chia cho số lớp (N03).",
        "Pupils enrolled (N04) divided by classes (N03).",
    ),
    unit=MeasureUnit.RATIO,
    unit_name=Words("học sinh/lớp", "pupils per class"),
    numerator=_PUPILS,
    numerator_name=_ENROLLED,
    denominator=Sum(CLASSES, "classes"),
    denominator_name=Words("lớp đã mở", "classes opened"),
    judged_by=(_PUPILS,),
    streams=(topics.ENROLMENT, topics.CLASSES),
    dims=("grade",),
)

OVERSIZE = _yearly(
    id="N06",
    name=Words("Lớp quá sĩ số", "Over-size classes"),
    definition=Words(
        "Số lớp có sĩ số lớn hơn mức tối đa của cấp học, trên số lớp đang có học sinh.",
        "Classes with more pupils than their level allows, of all classes with pupils.",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(ROLLS, "oversize"),
    numerator_name=Words("lớp quá sĩ số", "over-size classes"),
    denominator=Sum(ROLLS, "classes"),
    denominator_name=Words("lớp có học sinh", "classes with pupils"),
    judged_by=(),
    streams=_ROLLS,
    dims=("grade",),
    legal_basis=_CHARTER,
)

TWO_SESSIONS = _yearly(
    id="N07",
    name=Words("Học 2 buổi/ngày", "Two sessions a day"),
    definition=Words(
        "Số học sinh của các lớp học 2 buổi/ngày, trên số học sinh của các lớp.",
        "Pupils of classes that study two sessions a day, of the pupils of all classes.",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(ROLLS, "two_sessions"),
    numerator_name=Words("học sinh học 2 buổi", "pupils with two sessions"),
    denominator=Sum(ROLLS, "pupils"),
    denominator_name=Words("học sinh của các lớp", "pupils of classes"),
    streams=_ROLLS,
    dims=("grade",),
    legal_basis=_CHARTER,
)

BOARDING = _yearly(
    id="N08",
    name=Words("Học sinh bán trú", "Boarding pupils"),
    definition=Words(
        "Số học sinh đang đăng ký ăn bán trú, trên số học sinh đang học (N04).",
        "Pupils registered for meals at school, of the pupils enrolled (N04).",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(SERVICES, "pupils", {"fee_kind": (str(FeeKind.BOARDING_MEALS),)}),
    numerator_name=Words("học sinh bán trú", "boarding pupils"),
    denominator=_PUPILS,
    denominator_name=_ENROLLED,
    streams=(topics.ENROLMENT, topics.FEES),
    dims=("grade",),
)

ALL = (*SCHOOLS, SITES, OPENED, PUPILS_PER_CLASS, OVERSIZE, TWO_SESSIONS, BOARDING)
