"""What other systems own, as they report it: accreditation, devices, portals, service quality."""

from functools import partial

from contracts import topics
from contracts.lists import MeasureUnit
from contracts.reports import Adoption
from ioc_aggregator.indicators.indicator import (
    DEPARTMENT,
    PERCENT,
    Group,
    Indicator,
    PeriodKind,
    Schools,
    Sum,
    Words,
)
from ioc_aggregator.measures.outside import ADOPTIONS

_reported = partial(
    Indicator,
    version=1,
    group=Group.ADOPTION,
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    legal_basis=DEPARTMENT,
    judged_by=(),
)
_count = partial(_reported, unit=MeasureUnit.COUNT, streams=(topics.REPORTS,))
_schools = partial(
    _reported,
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    denominator=Schools(),
    denominator_name=Words("trường đang hoạt động", "open schools"),
    streams=(topics.SCHOOLS, topics.REPORTS),
)
_service = partial(_reported, group=Group.SYSTEM, streams=(topics.REPORTS,))


def _sum(system: Adoption, column: str = "items") -> Sum:
    return Sum(ADOPTIONS, column, {"system": (str(system),)})


SCHOOLS_WITH = tuple(
    _schools(
        id=identifier,
        name=Words(vi, en),
        definition=Words(
            f"{vi}: số trường đang hoạt động theo báo cáo gần nhất của năm học, trên số trường "
            "đang hoạt động.",
            f"{en}: open schools as last reported for the school year, of all open schools.",
        ),
        numerator=Schools((_sum(system),)),
        numerator_name=Words("trường có", "schools with it"),
        legal_basis=basis,
    )
    for identifier, system, vi, en, basis in (
        (
            "N24",
            Adoption.NATIONAL_STANDARD,
            "Trường đạt chuẩn quốc gia",
            "National-standard schools",
            "Thông tư 22/2024/TT-BGDĐT (kiểm định, công nhận đạt chuẩn quốc gia)",
        ),
        (
            "N43",
            Adoption.SMART_ATTENDANCE,
            "Trường điểm danh thông minh",
            "Schools with smart attendance",
            DEPARTMENT,
        ),
        ("N691", Adoption.CAMERA, "Trường có camera", "Schools with cameras", DEPARTMENT),
        (
            "N702",
            Adoption.LESSON_PLANS,
            "Trường quản lý giáo án điện tử",
            "Schools with electronic lesson plans",
            DEPARTMENT,
        ),
        (
            "N703",
            Adoption.TIMETABLE,
            "Trường xếp thời khoá biểu bằng phần mềm",
            "Schools with timetable software",
            DEPARTMENT,
        ),
    )
)

COUNTS = tuple(
    _count(
        id=identifier,
        name=Words(vi, en),
        definition=Words(
            f"{vi}, theo báo cáo gần nhất của năm học.",
            f"{en}, as last reported for the school year.",
        ),
        unit_name=Words(unit_vi, unit_en),
        numerator=_sum(system, column),
        numerator_name=Words(unit_vi, unit_en),
    )
    for identifier, system, column, vi, en, unit_vi, unit_en in (
        ("N69", Adoption.CAMERA, "items", "Camera giám sát", "Cameras", "camera", "cameras"),
        (
            "N692",
            Adoption.CAMERA,
            "users",
            "Phụ huynh xem camera",
            "Guardians who view cameras",
            "phụ huynh",
            "guardians",
        ),
        (
            "N70",
            Adoption.PORTAL,
            "items",
            "Cổng thông tin điện tử",
            "School portals",
            "cổng",
            "portals",
        ),
    )
)

QUALITY = tuple(
    _service(
        id=identifier,
        name=Words(vi, en),
        definition=Words(
            f"{above_vi[:1].upper()}{above_vi[1:]} trên {below_vi}, theo báo cáo gần nhất.",
            f"{above_en[:1].upper()}{above_en[1:]}, of {below_en}, as last reported.",
        ),
        unit=MeasureUnit.PERCENT,
        unit_name=PERCENT,
        numerator=_sum(system),
        numerator_name=Words(above_vi, above_en),
        denominator=_sum(system, "out_of"),
        denominator_name=Words(below_vi, below_en),
    )
    for identifier, system, vi, en, above_vi, above_en, below_vi, below_en in (
        (
            "N72",
            Adoption.MINISTRY_SYNC,
            "Lỗi đồng bộ về Bộ",
            "Ministry sync failures",
            "số biểu đồng bộ lỗi",
            "forms that failed",
            "số biểu phải đồng bộ",
            "forms due",
        ),
        (
            "N73",
            Adoption.LOGIN,
            "Đăng nhập lỗi",
            "Login failures",
            "số lần đăng nhập lỗi",
            "failed logins",
            "số lần đăng nhập",
            "logins",
        ),
        (
            "N731",
            Adoption.RESPONSE,
            "Phản hồi chậm",
            "Slow responses",
            "số yêu cầu chậm hơn cam kết",
            "requests slower than promised",
            "số yêu cầu",
            "requests",
        ),
        (
            "N74",
            Adoption.COMPLAINT,
            "Phản ánh chưa xử lý",
            "Open complaints",
            "số phản ánh chưa xử lý",
            "open complaints",
            "số phản ánh đã nhận",
            "complaints received",
        ),
        (
            "N741",
            Adoption.COMPLAINT_ON_TIME,
            "Phản ánh xử lý đúng hạn",
            "Complaints closed on time",
            "số phản ánh xử lý đúng hạn",
            "complaints closed on time",
            "số phản ánh đã xử lý",
            "complaints closed",
        ),
        (
            "N75",
            Adoption.PRIVACY_REQUEST,
            "Yêu cầu dữ liệu cá nhân đúng hạn",
            "Privacy requests on time",
            "số yêu cầu xử lý đúng hạn",
            "requests closed on time",
            "số yêu cầu đã nhận",
            "requests received",
        ),
    )
)

WAITING = _service(
    id="N732",
    name=Words("Bản ghi chờ xử lý", "Queue lag"),
    definition=Words(
        "Số bản ghi đang chờ trong các hàng đợi, theo báo cáo gần nhất.",
        "Records that wait in queues, as last reported.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("bản ghi", "records"),
    numerator=_sum(Adoption.QUEUE),
    numerator_name=Words("bản ghi đang chờ", "records waiting"),
)

ALL = (*SCHOOLS_WITH, *COUNTS, *QUALITY, WAITING)
