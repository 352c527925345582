"""Pupils: how many study where."""

from contracts import topics
from contracts.lists import MeasureUnit
from ioc_aggregator.indicators.indicator import Group, Indicator, PeriodKind, Sum, Words
from ioc_aggregator.measures.families import PUPILS

PUPILS_ENROLLED = Indicator(
    id="N04",
    version=1,
    name=Words("Học sinh", "Pupils"),
    definition=Words(
        "Số học sinh, trẻ em đang học tại thời điểm số liệu: đã nhập học, trừ số đã thôi học; "
        "người chuyển trường tính ở trường đến.",
        "Pupils enrolled at the as-of time: enrolments less withdrawals; a transferred pupil "
        "counts at the new school.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("học sinh", "pupils"),
    numerator=Sum(PUPILS, "count"),
    numerator_name=Words("học sinh đang học", "pupils enrolled"),
    streams=(topics.ENROLMENT,),
    dims=("grade", "sex", "ethnic_minority"),
    published=((), ("grade",), ("sex",), ("ethnic_minority",)),
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    legal_basis="Thông tư 03/2024/TT-BGDĐT (hệ thống chỉ tiêu thống kê ngành giáo dục)",
    group=Group.PUPILS,
)
