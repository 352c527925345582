"""Staff: who teaches and leads, as the owners of staff data report it. Counts are no secret."""

from functools import partial

from contracts import topics
from contracts.lists import MeasureUnit
from contracts.reports import StaffRole
from ioc_aggregator.indicators.indicator import (
    PERCENT,
    STATISTICS,
    Group,
    Indicator,
    PeriodKind,
    Sum,
    Words,
)
from ioc_aggregator.measures.families import CLASSES
from ioc_aggregator.measures.outside import STAFF

_yearly = partial(
    Indicator,
    version=1,
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    group=Group.STAFF,
    legal_basis=STATISTICS,
    judged_by=(),
)
_reported = partial(_yearly, streams=(topics.REPORTS,))
_TEACHING = {"role": (str(StaffRole.TEACHER),)}
_TEACHERS = Sum(STAFF, "staff", _TEACHING)
_TEACHERS_NAME = Words("giáo viên", "teachers")
_NORM = "Thông tư 20/2023/TT-BGDĐT; Thông tư 19/2023/TT-BGDĐT (định mức số lượng người làm việc)"

TEACHERS = _reported(
    id="N18",
    name=Words("Giáo viên", "Teachers"),
    definition=Words(
        "Số giáo viên theo báo cáo gần nhất của năm học.",
        "Teachers as last reported for the school year.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("giáo viên", "teachers"),
    numerator=_TEACHERS,
    numerator_name=_TEACHERS_NAME,
    dims=("subject",),
)

WOMEN = _reported(
    id="N181",
    name=Words("Giáo viên nữ", "Women among teachers"),
    definition=Words(
        "Số giáo viên nữ trên số giáo viên (N18).",
        "Women, of all teachers (N18).",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(STAFF, "women", _TEACHING),
    numerator_name=Words("giáo viên nữ", "women"),
    denominator=_TEACHERS,
    denominator_name=_TEACHERS_NAME,
    dims=("subject",),
)

PER_CLASS = _yearly(
    id="N19",
    name=Words("Giáo viên trên lớp", "Teachers per class"),
    definition=Words(
        "Số giáo viên (N18) chia cho số lớp (N03); so với định mức của cấp học.",
        "Teachers (N18) divided by classes (N03), to be held against the norm of the level.",
    ),
    unit=MeasureUnit.RATIO,
    unit_name=Words("giáo viên/lớp", "teachers per class"),
    numerator=_TEACHERS,
    numerator_name=_TEACHERS_NAME,
    denominator=Sum(CLASSES, "classes"),
    denominator_name=Words("lớp đã mở", "classes opened"),
    streams=(topics.REPORTS, topics.CLASSES),
    legal_basis=_NORM,
)

SHORTAGE = _reported(
    id="N20",
    name=Words("Thiếu giáo viên", "Teacher shortage"),
    definition=Words(
        "Định mức trừ số giáo viên đang có, theo môn; số âm là thừa.",
        "The norm less the teachers there are, by subject; a negative number is a surplus.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("giáo viên", "teachers"),
    numerator=Sum(STAFF, "norm", _TEACHING, less=_TEACHERS),
    numerator_name=Words("giáo viên còn thiếu", "teachers short"),
    dims=("subject",),
    published=((), ("subject",)),
    legal_basis=_NORM,
)

QUALIFIED = _reported(
    id="N21",
    name=Words("Giáo viên đạt chuẩn", "Qualified teachers"),
    definition=Words(
        "Số giáo viên đạt chuẩn trình độ được đào tạo, trên số giáo viên (N18).",
        "Teachers with the training that the law asks for, of all teachers (N18).",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(STAFF, "qualified", _TEACHING),
    numerator_name=Words("giáo viên đạt chuẩn", "qualified teachers"),
    denominator=_TEACHERS,
    denominator_name=_TEACHERS_NAME,
    dims=("subject",),
    legal_basis="Luật Giáo dục 2019, Điều 72",
)

MANAGERS = _reported(
    id="N22",
    name=Words("Cán bộ quản lý", "Managers"),
    definition=Words(
        "Số cán bộ quản lý theo báo cáo gần nhất của năm học.",
        "Managers as last reported for the school year.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("người", "persons"),
    numerator=Sum(STAFF, "staff", {"role": (str(StaffRole.MANAGER),)}),
    numerator_name=Words("cán bộ quản lý", "managers"),
)

CERTIFIED = _reported(
    id="N23",
    name=Words("Có chứng thư số", "Staff with a digital certificate"),
    definition=Words(
        "Số cán bộ, giáo viên, nhân viên có chứng thư chữ ký số còn hiệu lực, trên tổng số.",
        "Staff with a valid certificate for digital signatures, of all staff.",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(STAFF, "certified"),
    numerator_name=Words("người có chứng thư", "persons certified"),
    denominator=Sum(STAFF, "staff"),
    denominator_name=Words("cán bộ, giáo viên, nhân viên", "staff"),
    dims=("role",),
    legal_basis="Luật Giao dịch điện tử 2023",
)

ALL = (TEACHERS, WOMEN, PER_CLASS, SHORTAGE, QUALIFIED, MANAGERS, CERTIFIED)
