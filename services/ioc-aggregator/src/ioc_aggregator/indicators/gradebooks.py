"""The gradebook as a process: are scores entered, and are they changed afterwards."""

from contracts import topics
from contracts.lists import Level, MeasureUnit
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
from ioc_aggregator.measures import families
from ioc_aggregator.measures.decisions import BOOKS
from ioc_aggregator.measures.families import REPORTED, SCORES

_GRADED = frozenset({Level.TH, Level.THCS, Level.THPT, Level.GDTX})
_DIMS = ("grade", "subject", "kind")
_BASIS = "Thông tư 22/2021/TT-BGDĐT, Điều 6 và 7; Thông tư 27/2020/TT-BGDĐT, Điều 7"

ENTRY_PROGRESS = Indicator(
    id="N26",
    version=1,
    name=Words("Tiến độ nhập điểm", "Grade entry progress"),
    definition=Words(
        "Số ô điểm đã có điểm trên số ô điểm phải nhập của các cột điểm đã mở.",
        "Score cells with a value, of the cells due in the columns that were opened.",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=Words("%", "%"),
    numerator=Sum(SCORES, "entered"),
    numerator_name=Words("ô điểm đã nhập", "cells entered"),
    denominator=Sum(SCORES, "due"),
    denominator_name=Words("ô điểm phải nhập", "cells due"),
    streams=(topics.SCORES,),
    dims=_DIMS,
    levels=_GRADED,
    legal_basis=_BASIS,
    group=Group.SCORES,
    headline=True,
)

CORRECTIONS = Indicator(
    id="N28",
    version=1,
    name=Words("Điểm sửa sau khi nhập", "Grade corrections"),
    definition=Words(
        "Số lần ghi đè hoặc xoá một ô đã có điểm, trên số ô điểm đã nhập. Xoá rồi nhập lại vẫn "
        "tính: con số này không giảm.",
        "Saves over (or deletions of) a cell that had a value, per cell entered. Deleting and "
        "entering again still counts: the numerator never falls.",
    ),
    unit=MeasureUnit.PER_MILLE,
    unit_name=Words("‰", "‰"),
    numerator=Sum(SCORES, "corrected"),
    numerator_name=Words("lần sửa", "corrections"),
    denominator=Sum(SCORES, "entered"),
    denominator_name=Words("ô điểm đã nhập", "cells entered"),
    streams=(topics.SCORES,),
    dims=_DIMS,
    levels=_GRADED,
    legal_basis=_BASIS,
    group=Group.SCORES,
    headline=True,
)

ACTIVE = Indicator(
    id="N25",
    version=1,
    name=Words("Trường dùng sổ điểm điện tử", "Schools with an active gradebook"),
    definition=Words(
        "Số trường đang hoạt động có ít nhất một sự việc của sổ điểm (mở cột, nhập, sửa điểm) "
        "trong năm học, trên số trường đang hoạt động.",
        "Open schools with at least one fact of the score book (a column opened, scores entered or "
        "corrected) in the school year, of all open schools.",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Schools((Sum(REPORTED, "events", {"stream": (topics.SCORES.name,)}),)),
    numerator_name=Words("trường có sổ điểm hoạt động", "schools with an active gradebook"),
    denominator=Schools(),
    denominator_name=Words("trường đang hoạt động", "open schools"),
    streams=(topics.SCHOOLS, topics.SCORES),
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    levels=_GRADED,
    legal_basis=DEPARTMENT,
    group=Group.SCORES,
)

LATE_BOOKS = Indicator(
    id="N27",
    version=1,
    name=Words("Sổ điểm khoá trễ", "Late grade books"),
    definition=Words(
        "Số sổ điểm (lớp, môn, kỳ) đã quá hạn khoá trước ngày của thời điểm số liệu mà chưa khoá.",
        "Score books (class, subject, term) that were to be locked before the day of the as-of "
        "time and are not.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("sổ", "books"),
    numerator=Sum(BOOKS, "books", before="due_on", less=Sum(BOOKS, "locked", before="due_on")),
    numerator_name=Words("sổ chưa khoá", "books not locked"),
    judged_by=(),
    streams=(topics.RESULTS,),
    dims=("grade", "subject"),
    levels=_GRADED,
    legal_basis=_BASIS,
    group=Group.SCORES,
)

RAISED = Indicator(
    id="N29",
    version=1,
    name=Words("Sửa điểm tăng", "Corrections upward"),
    definition=Words(
        "Số lần sửa làm điểm tăng, trên số lần ghi đè hoặc xoá một ô đã có điểm (N28).",
        "Corrections that raised a score, of all saves over (or deletions of) a value (N28).",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(families.CORRECTIONS, "raised"),
    numerator_name=Words("lần sửa tăng", "corrections upward"),
    denominator=Sum(SCORES, "corrected"),
    denominator_name=Words("lần sửa", "corrections"),
    streams=(topics.SCORES,),
    dims=_DIMS,
    levels=_GRADED,
    legal_basis=_BASIS,
    group=Group.SCORES,
)

CROSSED = Indicator(
    id="N30",
    version=1,
    name=Words("Sửa điểm vượt ngưỡng", "Corrections across a threshold"),
    definition=Words(
        "Số lần sửa đưa điểm qua ngưỡng 5,0, 6,5 hoặc 8,0, lên hoặc xuống: nên xem lại.",
        "Corrections that took a score across 5.0, 6.5 or 8.0, up or down: worth a look.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("lần", "times"),
    numerator=Sum(families.CORRECTIONS, "crossed"),
    numerator_name=Words("lần sửa vượt ngưỡng", "corrections across"),
    judged_by=(Sum(SCORES, "entered"),),
    streams=(topics.SCORES,),
    dims=_DIMS,
    levels=_GRADED,
    legal_basis=_BASIS,
    group=Group.SCORES,
)

ALL = (ACTIVE, ENTRY_PROGRESS, LATE_BOOKS, CORRECTIONS, RAISED, CROSSED)
