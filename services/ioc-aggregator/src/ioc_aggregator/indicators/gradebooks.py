"""The gradebook as a process: are scores entered, and are they changed afterwards."""

from contracts import topics
from contracts.lists import Level, MeasureUnit
from ioc_aggregator.indicators.indicator import Group, Indicator, Sum, Words
from ioc_aggregator.measures.families import SCORES

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
)
