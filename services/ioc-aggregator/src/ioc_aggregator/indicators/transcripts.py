"""Digital transcripts (học bạ số) on their way from the school to the ministry."""

from functools import partial

from contracts import topics
from contracts.lists import Level, MeasureUnit
from contracts.transcripts import Stage
from ioc_aggregator.indicators.indicator import PERCENT, Group, Indicator, PeriodKind, Sum, Words
from ioc_aggregator.measures.decisions import REJECTIONS, TRANSCRIPTS

_AFTER_SEALED = (Stage.SEALED, Stage.SUBMITTED, Stage.ACCEPTED, Stage.SYNCED, Stage.REJECTED)
_AFTER_LOCKED = (Stage.LOCKED, *_AFTER_SEALED)
_of_transcripts = partial(
    Indicator,
    version=1,
    group=Group.TRANSCRIPTS,
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    streams=(topics.TRANSCRIPTS,),
    levels=frozenset({Level.TH, Level.THCS, Level.THPT, Level.GDTX}),
    legal_basis="Thông tư 42/2021/TT-BGDĐT; kế hoạch triển khai học bạ số của Bộ",
)
_share = partial(_of_transcripts, unit=MeasureUnit.PERCENT, unit_name=PERCENT, dims=("grade",))
_count = partial(_of_transcripts, unit=MeasureUnit.COUNT, unit_name=Words("học bạ", "transcripts"))


def _at(*stages: Stage) -> Sum:
    where = {"stage": tuple(map(str, stages))} if stages else {}
    return Sum(TRANSCRIPTS, "transcripts", where)


_DUE = Words("học bạ phải lập", "transcripts due")

CREATED = _share(
    id="N44",
    name=Words("Học bạ số đã lập", "Transcripts created"),
    definition=Words(
        "Số học bạ số đã khoá dữ liệu (kể cả đã phát hành về sau), trên số phải lập của năm học; "
        "đã thu hồi thì không tính.",
        "Transcripts locked (or further on), of those due for the school year; a revoked one does "
        "not count.",
    ),
    numerator=_at(*_AFTER_LOCKED),
    numerator_name=Words("học bạ đã khoá", "transcripts locked"),
    denominator=_at(),
    denominator_name=_DUE,
)

ISSUED = _share(
    id="N45",
    name=Words("Học bạ số đã phát hành", "Transcripts issued"),
    definition=Words(
        "Số học bạ số đã ký số, phát hành, trên số phải lập của năm học.",
        "Transcripts signed and issued, of those due for the school year.",
    ),
    numerator=_at(*_AFTER_SEALED),
    numerator_name=Words("học bạ đã phát hành", "transcripts issued"),
    denominator=_at(),
    denominator_name=_DUE,
)

ACCEPTED = _share(
    id="N46",
    name=Words("Sở đã tiếp nhận", "Accepted by the department"),
    definition=Words(
        "Số học bạ số Sở đã tiếp nhận, trên số đã gửi Sở (kể cả bị trả lại).",
        "Transcripts that the department accepted, of those submitted (the rejected ones, too).",
    ),
    numerator=_at(Stage.ACCEPTED, Stage.SYNCED),
    numerator_name=Words("học bạ đã tiếp nhận", "transcripts accepted"),
    denominator=_at(Stage.SUBMITTED, Stage.ACCEPTED, Stage.SYNCED, Stage.REJECTED),
    denominator_name=Words("học bạ đã gửi", "transcripts submitted"),
)

SYNCED = _share(
    id="N47",
    name=Words("Đã đồng bộ về Bộ", "Synchronised to the ministry"),
    definition=Words(
        "Số học bạ số đã đồng bộ về Bộ, trên số Sở đã tiếp nhận.",
        "Transcripts synchronised to the ministry, of those the department accepted.",
    ),
    numerator=_at(Stage.SYNCED),
    numerator_name=Words("học bạ đã đồng bộ", "transcripts synchronised"),
    denominator=_at(Stage.ACCEPTED, Stage.SYNCED),
    denominator_name=Words("học bạ đã tiếp nhận", "transcripts accepted"),
)

REJECTED = _count(
    id="N48",
    name=Words("Học bạ số bị trả lại", "Rejections"),
    definition=Words(
        "Số lượt học bạ số bị trả lại, theo lý do; gửi lại rồi vẫn tính.",
        "How often transcripts were sent back, by reason; sending again takes nothing away.",
    ),
    numerator=Sum(REJECTIONS, "rejections"),
    numerator_name=Words("lượt bị trả lại", "rejections"),
    dims=("reason",),
    published=((), ("reason",)),
)

REVOKED = _count(
    id="N49",
    name=Words("Học bạ số bị thu hồi", "Revoked transcripts"),
    definition=Words(
        "Số học bạ số đã thu hồi, thay thế.",
        "Transcripts that were revoked or superseded.",
    ),
    numerator=_at(Stage.REVOKED),
    numerator_name=Words("học bạ bị thu hồi", "transcripts revoked"),
    dims=("grade",),
)

ALL = (CREATED, ISSUED, ACCEPTED, SYNCED, REJECTED, REVOKED)
