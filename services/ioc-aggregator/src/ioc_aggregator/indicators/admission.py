"""Admission: who applies where, who is placed, which places are taken."""

from functools import partial

from contracts import topics
from contracts.lists import Level, MeasureUnit
from ioc_aggregator.indicators.indicator import PERCENT, Group, Indicator, PeriodKind, Sum, Words
from ioc_aggregator.measures.decisions import (
    APPLICATIONS,
    CUT_SCORES,
    PLACEMENTS,
    REQUESTS,
    SEATS,
)

_of_admission = partial(
    Indicator,
    version=1,
    group=Group.ADMISSION,
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    legal_basis="Thông tư 30/2024/TT-BGDĐT (quy chế tuyển sinh THCS, THPT)",
)
_UPPER = frozenset({Level.THPT})
_FIRST = Sum(APPLICATIONS, "applications", {"preference": ("1",)})
_QUOTA = Sum(SEATS, "quota", {"grade": ("10",)})
_QUOTA_NAME = Words("chỉ tiêu lớp 10", "places in grade 10")
_PLACED = Sum(PLACEMENTS, "applicants")
_APPLICANTS = Words("thí sinh đã xét", "applicants decided")

APPLICATIONS_MADE = _of_admission(
    id="N56",
    name=Words("Nguyện vọng lớp 10", "Grade-10 applications"),
    definition=Words(
        "Số nguyện vọng vào lớp 10, tính ở từng trường được đăng ký; phân tổ theo thứ tự nguyện "
        "vọng và trạng thái hồ sơ.",
        "Applications for grade 10, at every school that they name; by rank of the choice and "
        "status.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("nguyện vọng", "applications"),
    numerator=Sum(APPLICATIONS, "applications"),
    numerator_name=Words("nguyện vọng đã nộp", "applications made"),
    streams=(topics.APPLICATIONS,),
    dims=("preference", "status"),
    published=((), ("preference",), ("status",)),
    levels=_UPPER,
)

COMPETITION = _of_admission(
    id="N57",
    name=Words("Tỷ lệ chọi lớp 10", "Competition ratio"),
    definition=Words(
        "Số nguyện vọng 1 chia cho chỉ tiêu lớp 10.",
        "First choices divided by the places in grade 10.",
    ),
    unit=MeasureUnit.RATIO,
    unit_name=Words("nguyện vọng 1/chỉ tiêu", "first choices per place"),
    numerator=_FIRST,
    numerator_name=Words("nguyện vọng 1", "first choices"),
    denominator=_QUOTA,
    denominator_name=_QUOTA_NAME,
    judged_by=(_FIRST,),
    streams=(topics.APPLICATIONS, topics.QUOTAS),
    levels=_UPPER,
)

CUT = _of_admission(
    id="N58",
    name=Words("Điểm chuẩn lớp 10", "Cut scores"),
    definition=Words(
        "Điểm chuẩn đã công bố theo nguyện vọng; của nhiều trường là trung bình cộng điểm chuẩn.",
        "Published cut scores by rank of the choice; of several schools, their mean.",
    ),
    unit=MeasureUnit.HUNDREDTHS,
    unit_name=Words("điểm", "points"),
    numerator=Sum(CUT_SCORES, "points"),
    numerator_name=Words("tổng điểm chuẩn (phần trăm điểm)", "sum of cut scores (hundredths)"),
    denominator=Sum(CUT_SCORES, "scores"),
    denominator_name=Words("số điểm chuẩn", "cut scores"),
    judged_by=(),
    streams=(topics.QUOTAS,),
    dims=("preference",),
    published=((), ("preference",)),
    levels=_UPPER,
)

PLACED = tuple(
    _of_admission(
        id=identifier,
        name=Words(vi, en),
        definition=Words(
            f"{vi}: trên số thí sinh đã xét, tính ở trường THCS của thí sinh.",
            f"{en}: of all applicants decided, at the school that they come from.",
        ),
        unit=MeasureUnit.PERCENT,
        unit_name=PERCENT,
        numerator=Sum(PLACEMENTS, "applicants", {"preference": (choice,)}),
        numerator_name=Words("thí sinh", "applicants"),
        denominator=_PLACED,
        denominator_name=_APPLICANTS,
        streams=(topics.APPLICATIONS,),
        levels=frozenset({Level.THCS}),
    )
    for identifier, choice, vi, en in (
        ("N59", "1", "Trúng tuyển nguyện vọng 1", "Placed at the first choice"),
        ("N591", "2", "Trúng tuyển nguyện vọng 2", "Placed at the second choice"),
        ("N592", "3", "Trúng tuyển nguyện vọng 3", "Placed at the third choice"),
        ("N593", "none", "Không trúng tuyển", "Not placed"),
    )
)

FILL_RATE = _of_admission(
    id="N60",
    name=Words("Lấp đầy chỉ tiêu lớp 10", "Seat fill rate"),
    definition=Words(
        "Số học sinh xác nhận nhập học lớp 10, trên chỉ tiêu.",
        "Places in grade 10 that were confirmed, of all places.",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(SEATS, "confirmed", {"grade": ("10",)}),
    numerator_name=Words("học sinh xác nhận", "places confirmed"),
    denominator=_QUOTA,
    denominator_name=_QUOTA_NAME,
    streams=(topics.QUOTAS, topics.APPLICATIONS),
    levels=_UPPER,
)

_of_entry = partial(
    _of_admission,
    streams=(topics.APPLICATIONS,),
    dims=("grade",),
    levels=frozenset({Level.MN, Level.TH, Level.THCS}),
    legal_basis="Thông tư 30/2024/TT-BGDĐT; kế hoạch tuyển sinh đầu cấp của tỉnh",
)
_ASKED = Sum(REQUESTS, "requests")

REGISTRATIONS = _of_entry(
    id="N61",
    name=Words("Đăng ký đầu cấp", "Registrations for a first grade"),
    definition=Words(
        "Số hồ sơ đăng ký vào mầm non, lớp 1, lớp 6 còn hiệu lực.",
        "Requests for a place in preschool, grade 1 or grade 6 that stand.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("hồ sơ", "requests"),
    numerator=_ASKED,
    numerator_name=Words("hồ sơ đăng ký", "requests"),
)

OUT_OF_ZONE = _of_entry(
    id="N611",
    name=Words("Trái tuyến", "Out of zone"),
    definition=Words(
        "Số hồ sơ đăng ký trái tuyến trên số hồ sơ đăng ký đầu cấp (N61).",
        "Requests from outside the school's zone, of all requests (N61).",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(REQUESTS, "requests", {"zone": ("out",)}),
    numerator_name=Words("hồ sơ trái tuyến", "requests out of zone"),
    denominator=_ASKED,
    denominator_name=Words("hồ sơ đăng ký", "requests"),
)

ALL = (
    APPLICATIONS_MADE,
    COMPETITION,
    CUT,
    *PLACED,
    FILL_RATE,
    REGISTRATIONS,
    OUT_OF_ZONE,
)
