"""Contact between school and home: who can be reached, and what was delivered."""

from contracts import topics
from contracts.lists import MeasureUnit
from ioc_aggregator.indicators.indicator import Group, Indicator, PeriodKind, Schools, Sum, Words
from ioc_aggregator.measures.families import LINKS, MESSAGES

_BASIS = "Báo cáo năm học của Sở Giáo dục và Đào tạo; không có văn bản riêng cho chỉ tiêu này"
_YEARS = frozenset({PeriodKind.SCHOOL_YEAR})
_DELIVERED = Sum(MESSAGES, "delivered")

SCHOOLS_WITH_CONTACT_BOOK = Indicator(
    id="N50",
    version=1,
    name=Words("Trường có sổ liên lạc", "Schools with a contact book"),
    definition=Words(
        "Sổ liên lạc điện tử: số trường đang hoạt động có ít nhất một phụ huynh đang được liên kết "
        "với học sinh của trường, trên số trường đang hoạt động. Của năm học đã qua: tính đến hết "
        "31/7.",
        "Open schools with at least one guardian who is linked to a pupil there, of all open "
        "schools. Of a past school year: as it stood at the end of July.",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=Words("%", "%"),
    numerator=Schools((Sum(LINKS, "links"),)),
    numerator_name=Words("trường có phụ huynh liên kết", "schools with a linked guardian"),
    denominator=Schools(),
    denominator_name=Words("trường đang hoạt động", "open schools"),
    streams=(topics.SCHOOLS, topics.GUARDIANS),
    periods=_YEARS,
    legal_basis=_BASIS,
    group=Group.CONTACT,
)

MESSAGES_DELIVERED = Indicator(
    id="N52",
    version=1,
    name=Words("Tin nhắn đến phụ huynh", "Messages to guardians"),
    definition=Words(
        "Số tin nhắn phụ huynh đã nhận, theo ngày nhận; tin bị trả lại về sau không tính. Năm học "
        "tính từ 1/8.",
        "Messages delivered to guardians, by the day of delivery; what bounced later does not "
        "count. The school year begins on 1 August.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("tin", "messages"),
    numerator=_DELIVERED,
    numerator_name=Words("tin đã nhận", "messages delivered"),
    streams=(topics.MESSAGES,),
    dims=("channel", "purpose"),
    fine_dims=("day",),
    published=((), ("channel",)),
    periods=_YEARS,
    legal_basis=_BASIS,
    group=Group.CONTACT,
)

PARTS_DELIVERED = Indicator(
    id="N521",
    version=1,
    name=Words("Phần tin đến phụ huynh", "Message parts to guardians"),
    definition=Words(
        "Số phần (đơn vị tính của kênh gửi, như 70 hoặc 160 ký tự của SMS) của các tin đã nhận.",
        "Parts of the delivered messages, as their channel counts them (such as 70 or 160 "
        "characters of a text message).",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("phần tin", "parts"),
    numerator=Sum(MESSAGES, "parts"),
    numerator_name=Words("phần tin đã nhận", "parts delivered"),
    judged_by=(_DELIVERED,),
    streams=(topics.MESSAGES,),
    dims=("channel", "purpose"),
    fine_dims=("day",),
    published=((), ("channel",)),
    periods=_YEARS,
    legal_basis=_BASIS,
    group=Group.CONTACT,
)
