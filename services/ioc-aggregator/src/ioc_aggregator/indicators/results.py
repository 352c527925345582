"""What education leads to: averages, results, conduct, titles, promotion, completion, presence."""

from functools import partial

from contracts import topics
from contracts.lists import Level, MeasureUnit
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
from ioc_aggregator.measures.decisions import (
    ABSENTEES,
    ATTENDANCE,
    AVERAGES,
    DECISIONS,
    RESULTS,
    RETESTS,
)
from ioc_aggregator.measures.families import PUPILS

_SECONDARY = frozenset({Level.THCS, Level.THPT, Level.GDTX})
_TT22 = "Thông tư 22/2021/TT-BGDĐT"
_of_results = partial(
    Indicator, version=1, group=Group.RESULTS, streams=(topics.RESULTS,), levels=_SECONDARY
)
_YEARS = frozenset({PeriodKind.SCHOOL_YEAR})
_by_term = partial(_of_results, periods=frozenset({PeriodKind.TERM}))
_by_year = partial(_of_results, periods=_YEARS)
_PUPILS_NAME = Words("học sinh", "pupils")
_term_share = partial(_by_term, unit=MeasureUnit.PERCENT, unit_name=PERCENT)
_term_pupils = partial(_by_term, unit=MeasureUnit.COUNT, unit_name=_PUPILS_NAME)
_year_share = partial(_by_year, unit=MeasureUnit.PERCENT, unit_name=PERCENT)
_year_pupils = partial(_by_year, unit=MeasureUnit.COUNT, unit_name=_PUPILS_NAME)
_JUDGED = Words("học sinh được đánh giá", "pupils assessed")

AVERAGE_BANDS = _term_pupils(
    id="N31",
    name=Words("Phổ điểm trung bình môn", "Distribution of subject averages"),
    definition=Words(
        "Số học sinh có điểm trung bình môn của kỳ (HK1, HK2, cả năm), phân tổ theo từng 0,5 điểm.",
        "Pupils with an average of a subject in the term (or the year), by half points.",
    ),
    numerator=Sum(AVERAGES, "pupils"),
    numerator_name=Words("điểm trung bình môn", "averages"),
    dims=("band", "subject", "grade"),
    published=((), ("band",)),
    levels=_SECONDARY | {Level.TH},
    legal_basis=f"{_TT22}, Điều 9",
)

STUDY_RESULTS = tuple(
    _term_share(
        id=identifier,
        name=Words(f"Kết quả học tập {vi}", f"Study result: {en}"),
        definition=Words(
            f"Số học sinh có kết quả học tập mức {vi}, trên số học sinh đã có kết quả của kỳ.",
            f"Pupils whose study result of the term is {en}, of all with a result.",
        ),
        numerator=Sum(RESULTS, "pupils", {"result": (code,)}),
        numerator_name=Words(f"học sinh mức {vi}", f"pupils: {en}"),
        denominator=Sum(RESULTS, "pupils"),
        denominator_name=_JUDGED,
        dims=("grade", "sex", "ethnic_minority"),
        legal_basis=f"{_TT22}, Điều 9",
    )
    for identifier, code, vi, en in (
        ("N32", "good", "Tốt", "good"),
        ("N321", "fair", "Khá", "fair"),
        ("N322", "satisfactory", "Đạt", "satisfactory"),
        ("N323", "unsatisfactory", "Chưa đạt", "unsatisfactory"),
    )
)

_CONDUCT = {"decision": ("conduct",)}
CONDUCT = tuple(
    _term_share(
        id=identifier,
        name=Words(f"Rèn luyện {vi}", f"Conduct: {en}"),
        definition=Words(
            f"Số học sinh có kết quả rèn luyện mức {vi}, trên số học sinh đã có kết quả của kỳ.",
            f"Pupils whose conduct of the term is {en}, of all with a result.",
        ),
        numerator=Sum(DECISIONS, "pupils", _CONDUCT | {"outcome": (code,)}),
        numerator_name=Words(f"học sinh mức {vi}", f"pupils: {en}"),
        denominator=Sum(DECISIONS, "pupils", _CONDUCT),
        denominator_name=_JUDGED,
        dims=("grade",),
        legal_basis=f"{_TT22}, Điều 8",
    )
    for identifier, code, vi, en in (
        ("N33", "good", "Tốt", "good"),
        ("N331", "fair", "Khá", "fair"),
        ("N332", "satisfactory", "Đạt", "satisfactory"),
        ("N333", "unsatisfactory", "Chưa đạt", "unsatisfactory"),
    )
)

ADJUSTED = _term_share(
    id="N34",
    name=Words("Điều chỉnh theo khoản 3 Điều 9", "Art. 9(3) adjustments"),
    definition=Words(
        "Số học sinh được điều chỉnh lên mức liền kề, trên số học sinh đã có kết quả của kỳ.",
        "Pupils whose study result Art. 9(3) raised by one level, of all with a result.",
    ),
    numerator=Sum(RESULTS, "adjusted"),
    numerator_name=Words("học sinh được điều chỉnh", "pupils adjusted"),
    denominator=Sum(RESULTS, "pupils"),
    denominator_name=_JUDGED,
    dims=("grade",),
    legal_basis=f"{_TT22}, Điều 9 khoản 3",
)

_WHOLE_YEAR = Sum(RESULTS, "pupils", {"term": ("CN",)})
TITLES = tuple(
    _year_share(
        id=identifier,
        name=Words(f"Học sinh {vi}", f"{en} pupils"),
        definition=Words(
            f"Số học sinh đạt danh hiệu Học sinh {vi} cuối năm, trên số có kết quả cả năm.",
            f"Pupils with the title “{vi}” at the end of the year, of all with a year's result.",
        ),
        numerator=Sum(DECISIONS, "pupils", {"decision": ("title",), "outcome": (code,)}),
        numerator_name=Words(f"học sinh {vi}", f"{en} pupils"),
        denominator=_WHOLE_YEAR,
        denominator_name=Words("học sinh có kết quả cả năm", "pupils with a year's result"),
        dims=("grade",),
        legal_basis=f"{_TT22}, Điều 15",
    )
    for identifier, code, vi, en in (
        ("N35", "excellent", "Xuất sắc", "Excellent"),
        ("N351", "good", "Giỏi", "Good"),
    )
)

_PRIMARY = {"decision": ("primary",)}
PRIMARY = tuple(
    _year_share(
        id=identifier,
        name=Words(f"Tiểu học: {vi}", f"Primary: {en}"),
        definition=Words(
            f"Số học sinh tiểu học có kết quả giáo dục “{vi}” cuối năm, trên số đã đánh giá.",
            f"Primary pupils whose result at the end of the year is {en}, of all assessed.",
        ),
        numerator=Sum(DECISIONS, "pupils", _PRIMARY | {"outcome": (code,)}),
        numerator_name=Words(f"học sinh {vi}", f"pupils: {en}"),
        denominator=Sum(DECISIONS, "pupils", _PRIMARY),
        denominator_name=_JUDGED,
        dims=("grade",),
        levels=frozenset({Level.TH}),
        legal_basis="Thông tư 27/2020/TT-BGDĐT, Điều 9",
    )
    for identifier, code, vi, en in (
        ("N36", "excellent", "hoàn thành xuất sắc", "excellent"),
        ("N361", "good", "hoàn thành tốt", "good"),
        ("N362", "completed", "hoàn thành", "completed"),
        ("N363", "not-completed", "chưa hoàn thành", "not completed"),
    )
)

RETEST = _year_pupils(
    id="N37",
    name=Words("Kiểm tra lại trong hè", "Re-tests in summer"),
    definition=Words(
        "Số lượt học sinh phải kiểm tra lại trong hè, theo môn.",
        "Pupils who have to sit a subject again in the summer, by subject.",
    ),
    numerator=Sum(RETESTS, "pupils"),
    numerator_name=Words("lượt kiểm tra lại", "re-tests"),
    dims=("subject", "grade"),
    legal_basis=f"{_TT22}, Điều 14",
)

_SUMMER = (Promotion.SUMMER, Promotion.PROMOTED_AFTER_SUMMER, Promotion.REPEATED_AFTER_SUMMER)
AFTER_SUMMER = _year_share(
    id="N38",
    name=Words("Lên lớp sau hè", "Promoted after summer"),
    definition=Words(
        "Số học sinh được lên lớp sau hè, trên số học sinh phải kiểm tra lại, rèn luyện trong hè.",
        "Pupils promoted after the summer, of those who had to re-test or train in it.",
    ),
    numerator=Sum(
        DECISIONS,
        "pupils",
        {"decision": ("promotion",), "outcome": (Promotion.PROMOTED_AFTER_SUMMER,)},
    ),
    numerator_name=Words("học sinh lên lớp sau hè", "pupils promoted after the summer"),
    denominator=Sum(DECISIONS, "pupils", {"decision": ("promotion",), "outcome": _SUMMER}),
    denominator_name=Words("học sinh phải rèn luyện trong hè", "pupils of the summer"),
    dims=("grade",),
    levels=_SECONDARY | {Level.TH},
    legal_basis=f"{_TT22}, Điều 12-14",
)

_COMPLETION = {"decision": ("completion",), "grade": ("9",)}
COMPLETION = _year_share(
    id="N39",
    name=Words("Hoàn thành THCS", "Lower secondary completion"),
    definition=Words(
        "Số học sinh lớp 9 được công nhận hoàn thành chương trình THCS, trên số đã xét.",
        "Grade 9 pupils who completed lower secondary education, of all decided.",
    ),
    numerator=Sum(DECISIONS, "pupils", _COMPLETION | {"outcome": ("completed",)}),
    numerator_name=Words("học sinh hoàn thành", "completers"),
    denominator=Sum(DECISIONS, "pupils", _COMPLETION),
    denominator_name=Words("học sinh lớp 9 đã xét", "grade 9 pupils decided"),
    levels=frozenset({Level.THCS}),
    legal_basis="Thông tư 31/2023/TT-BGDĐT; Luật Giáo dục 2019, Điều 34",
)

_of_presence = partial(
    Indicator,
    version=1,
    group=Group.RESULTS,
    periods=_YEARS,
    streams=(topics.ATTENDANCE,),
    legal_basis=STATISTICS,
)
_presence_share = partial(_of_presence, unit=MeasureUnit.PERCENT, unit_name=PERCENT)
_presence_pupils = partial(_of_presence, unit=MeasureUnit.COUNT, unit_name=_PUPILS_NAME)
_DUE = Sum(ATTENDANCE, "due")
PRESENCE = _presence_share(
    id="N40",
    name=Words("Chuyên cần", "Attendance rate"),
    definition=Words(
        "Số lượt học sinh có mặt (1 − vắng), trên số lượt phải có mặt của các buổi đã điểm danh. "
        "Đi muộn vẫn là có mặt.",
        "Pupil sessions attended, of those due in the sessions with a roll-call. Who is late is "
        "there.",
    ),
    numerator=Sum(ATTENDANCE, "due", less=Sum(ATTENDANCE, "absent")),
    numerator_name=Words("lượt có mặt", "sessions attended"),
    denominator=_DUE,
    denominator_name=Words("lượt phải có mặt", "sessions due"),
    fine_dims=("day",),
)

UNEXCUSED = Indicator(
    id="N41",
    version=1,
    name=Words("Vắng không phép", "Unexcused absences"),
    definition=Words(
        "Số lượt vắng không phép trong năm học, trên 1.000 học sinh đang học (N04).",
        "Absences without leave in the school year, per 1,000 pupils enrolled (N04).",
    ),
    unit=MeasureUnit.PER_MILLE,
    unit_name=Words("‰", "‰"),
    numerator=Sum(ATTENDANCE, "unexcused"),
    numerator_name=Words("lượt vắng không phép", "unexcused absences"),
    denominator=Sum(PUPILS, "count"),
    denominator_name=Words("học sinh đang học", "pupils enrolled"),
    streams=(topics.ATTENDANCE, topics.ENROLMENT),
    periods=_YEARS,
    group=Group.RESULTS,
    legal_basis=STATISTICS,
)

ABSENT_LONG = tuple(
    _presence_pupils(
        id=identifier,
        name=Words(f"Vắng {vi} buổi", f"{en} absences"),
        definition=Words(
            f"Số học sinh vắng {vi} buổi trong năm học, có phép và không phép.",
            f"Pupils with {en} absences in the school year, with leave or without.",
        ),
        numerator=Sum(ABSENTEES, column),
        numerator_name=Words(f"học sinh vắng {vi} buổi", f"pupils with {en} absences"),
        dims=("grade",),
    )
    for identifier, column, vi, en in (
        ("N42", "from_30", "từ 30", "30 or more"),
        ("N421", "over_45", "trên 45", "more than 45"),
    )
)

ALL = (
    AVERAGE_BANDS,
    *STUDY_RESULTS,
    *CONDUCT,
    ADJUSTED,
    *TITLES,
    *PRIMARY,
    RETEST,
    AFTER_SUMMER,
    COMPLETION,
    PRESENCE,
    UNEXCUSED,
    *ABSENT_LONG,
)
