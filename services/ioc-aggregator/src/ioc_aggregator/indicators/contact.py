"""Contact between school and home: who can be reached, and what was delivered."""

from functools import partial

from contracts import topics
from contracts.lists import MeasureUnit
from contracts.notifications import Purpose
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
from ioc_aggregator.measures.families import (
    LINKS,
    MESSAGES,
    PUPILS,
    REACHED,
    SENDINGS,
    STAFF_MESSAGES,
)

_yearly = partial(
    Indicator,
    version=1,
    periods=frozenset({PeriodKind.SCHOOL_YEAR}),
    legal_basis=DEPARTMENT,
    group=Group.CONTACT,
)
_DELIVERED = Sum(MESSAGES, "delivered")

SCHOOLS_WITH_CONTACT_BOOK = _yearly(
    id="N50",
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
    headline=True,
)

MESSAGES_DELIVERED = _yearly(
    id="N52",
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
    headline=True,
)

PARTS_DELIVERED = _yearly(
    id="N521",
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
    headline=True,
)

PARENT_REACH = _yearly(
    id="N51",
    name=Words("Phụ huynh nhận được tin", "Parent reach"),
    definition=Words(
        "Số phụ huynh (theo từng học sinh) nhận được tin trong 30 ngày gần nhất, trên số học sinh "
        "đang học (N04). Có thể trên 100 %: một học sinh có nhiều phụ huynh.",
        "Guardians (one for each pupil) reached in the last 30 days, per pupil enrolled (N04). It "
        "may be above 100 %: a pupil may have several.",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(REACHED, "guardians"),
    numerator_name=Words("phụ huynh nhận được tin", "guardians reached"),
    denominator=Sum(PUPILS, "count"),
    denominator_name=Words("học sinh đang học", "pupils enrolled"),
    streams=(topics.GUARDIANS, topics.ENROLMENT),
)

STAFF_MESSAGES_DELIVERED = _yearly(
    id="N53",
    name=Words("Tin điều hành đến giáo viên", "Operation messages to staff"),
    definition=Words(
        "Số tin điều hành mà cán bộ, giáo viên đã nhận, theo ngày nhận.",
        "Messages about work that reached staff, by the day of delivery.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("tin", "messages"),
    numerator=Sum(STAFF_MESSAGES, "delivered"),
    numerator_name=Words("tin đã nhận", "messages delivered"),
    judged_by=(),
    streams=(topics.MESSAGES,),
    dims=("channel",),
    fine_dims=("day",),
)

ADMISSION_MESSAGES = _yearly(
    id="N54",
    name=Words("Tin tuyển sinh, ghi danh", "Admission messages"),
    definition=Words(
        "Số tin về tuyển sinh, ghi danh mà phụ huynh đã nhận; là một phần của N52.",
        "Messages about admission and enrolment that guardians received; a part of N52.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("tin", "messages"),
    numerator=Sum(MESSAGES, "delivered", {"purpose": (str(Purpose.ENROLMENT),)}),
    numerator_name=Words("tin đã nhận", "messages delivered"),
    streams=(topics.MESSAGES,),
    dims=("channel",),
    fine_dims=("day",),
)

DELIVERY_SUCCESS = _yearly(
    id="N55",
    name=Words("Gửi tin thành công", "Delivery success"),
    definition=Words(
        "Số tin đã nhận trên số tin đã có kết quả (đã nhận hoặc không đến).",
        "Messages delivered, of all whose outcome is known (delivered or failed).",
    ),
    unit=MeasureUnit.PERCENT,
    unit_name=PERCENT,
    numerator=Sum(SENDINGS, "delivered"),
    numerator_name=Words("tin đã nhận", "messages delivered"),
    denominator=Sum(SENDINGS, "delivered", plus=Sum(SENDINGS, "failed")),
    denominator_name=Words("tin đã có kết quả", "messages with an outcome"),
    streams=(topics.MESSAGES,),
    dims=("channel",),
)

COST_PER_PUPIL = _yearly(
    id="N551",
    name=Words("Chi phí tin trên học sinh", "Message cost per pupil"),
    definition=Words(
        "Chi phí gửi tin (đồng) của năm học chia cho số học sinh đang học (N04).",
        "What messages cost in the school year (đồng), divided by pupils enrolled (N04).",
    ),
    unit=MeasureUnit.RATIO,
    unit_name=Words("đồng/học sinh", "đồng per pupil"),
    numerator=Sum(SENDINGS, "cost"),
    numerator_name=Words("chi phí gửi tin", "cost of messages"),
    denominator=Sum(PUPILS, "count"),
    denominator_name=Words("học sinh đang học", "pupils enrolled"),
    streams=(topics.MESSAGES, topics.ENROLMENT),
)

ALL = (
    SCHOOLS_WITH_CONTACT_BOOK,
    PARENT_REACH,
    MESSAGES_DELIVERED,
    PARTS_DELIVERED,
    STAFF_MESSAGES_DELIVERED,
    ADMISSION_MESSAGES,
    DELIVERY_SUCCESS,
    COST_PER_PUPIL,
)
