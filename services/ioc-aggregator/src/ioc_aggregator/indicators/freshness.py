"""How old the numbers are: promised beside each of them, and a number itself."""

from contracts import topics
from contracts.lists import MeasureUnit
from ioc_aggregator.indicators.indicator import AsOf, Group, Indicator, Words

FRESHNESS = Indicator(
    id="N71",
    version=1,
    name=Words("Độ mới của dữ liệu", "Data freshness"),
    definition=Words(
        "Thời điểm mà mọi sự việc nguồn đã ghi trước đó đều đã được tính (dấu mốc của nguồn đã "
        "được áp dụng trọn vẹn). Tuổi dữ liệu là khoảng cách từ đó đến lúc xem.",
        "The time before which every fact that the source had written is counted (its latest "
        "watermark that is applied in full). The age is the reader's clock less this.",
    ),
    unit=MeasureUnit.MOMENT,
    unit_name=Words("thời điểm", "moment"),
    numerator=AsOf(),
    numerator_name=Words("thời điểm số liệu", "as-of time"),
    streams=(topics.ENROLMENT, topics.SCORES, topics.FEES, topics.MESSAGES),
    dims=("source",),
    published=(("source",),),
    legal_basis="Yêu cầu dữ liệu ngành “đúng, đủ, sạch, sống”",
    group=Group.SYSTEM,
    headline=True,
)
