"""What schools collect: how much is billed, paid and late, and whether without cash.

Amounts are whole đồng. The public does not see those behind which stand few charges or payments.
"""

from functools import partial

from contracts import topics
from contracts.lists import MeasureUnit
from contracts.payments import PaymentMethod
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
from ioc_aggregator.measures.families import CHANNELS, CHARGES, RECEIPTS, SETTLED
from ioc_aggregator.measures.outside import EINVOICES, SUBSIDIES, UNMATCHED

_CASHLESS = {"method": tuple(str(method) for method in PaymentMethod if method.cashless)}
_FEES_BASIS = (
    "Nghị định 238/2025/NĐ-CP (học phí); nghị quyết của Hội đồng nhân dân tỉnh (dịch vụ phục vụ, "
    "hỗ trợ hoạt động giáo dục)"
)
_ENABLED = Sum(CHANNELS, "channels")
_BILLED = Sum(CHARGES, "billed")
_COLLECTED = Sum(SETTLED, "collected")
_CHARGED = Sum(CHARGES, "charges")
_SETTLED = Sum(SETTLED, "settlements")
_COLLECTED_NAME = Words("số tiền đã thu", "amount collected")

_of_fees = partial(Indicator, periods=frozenset({PeriodKind.SCHOOL_YEAR}), group=Group.FEES)
_yearly = partial(_of_fees, headline=True)
_schools = partial(_yearly, unit=MeasureUnit.PERCENT, unit_name=PERCENT, legal_basis=DEPARTMENT)
_money = partial(_yearly, streams=(topics.FEES,), dims=("fee_kind",), fine_dims=("due_on",))
_amount = partial(
    _money, unit=MeasureUnit.DONG, unit_name=Words("đồng", "đồng"), legal_basis=_FEES_BASIS
)
_share = partial(
    _money, unit=MeasureUnit.PERCENT, unit_name=PERCENT, judged_by=(_CHARGED, _SETTLED)
)

CASHLESS_ENABLED = _schools(
    id="N62",
    version=1,
    name=Words("Trường thu không tiền mặt", "Cashless schools"),
    definition=Words(
        "Số trường đang hoạt động đã bật ít nhất một kênh thu không dùng tiền mặt, trên số trường "
        "đang hoạt động. Của năm học đã qua: tính đến hết 31/7.",
        "Open schools with at least one cashless channel enabled, of all open schools. Of a past "
        "school year: as it stood at the end of July.",
    ),
    numerator=Schools((_ENABLED,)),
    numerator_name=Words("trường đã bật", "schools enabled"),
    denominator=Schools(),
    denominator_name=Words("trường đang hoạt động", "open schools"),
    streams=(topics.SCHOOLS, topics.PAYMENT_CHANNELS),
)

CASHLESS_ACTIVE = _schools(
    id="N63",
    version=2,
    name=Words("Trường có dòng tiền", "Schools with cash flow"),
    definition=Words(
        "Trong số trường đã bật kênh thu không dùng tiền mặt (N62): số trường có ít nhất một khoản "
        "nộp trong năm học (từ 1/8), bằng bất kỳ hình thức nào, không tính khoản đã huỷ, hoàn.",
        "Of the schools with a cashless channel enabled (N62): those with at least one payment in "
        "the school year (from 1 August), by whatever method, less what was reversed.",
    ),
    numerator=Schools((_ENABLED, Sum(RECEIPTS, "received"))),
    numerator_name=Words("trường có dòng tiền", "schools with payments"),
    denominator=Schools((_ENABLED,)),
    denominator_name=Words("trường đã bật", "schools enabled"),
    streams=(topics.SCHOOLS, topics.PAYMENT_CHANNELS, topics.FEES),
)

BILLED = _amount(
    id="N64",
    version=1,
    name=Words("Phải thu", "Billed"),
    definition=Words(
        "Tổng số tiền học sinh phải nộp của các khoản thu thuộc năm học, sau miễn giảm.",
        "What pupils are asked to pay for the fee items of the school year, after exemptions.",
    ),
    numerator=_BILLED,
    numerator_name=Words("số tiền phải thu", "amount billed"),
    judged_by=(_CHARGED,),
)

COLLECTED = _amount(
    id="N641",
    version=1,
    name=Words("Đã thu", "Collected"),
    definition=Words(
        "Số tiền đã nộp cho các khoản thu thuộc năm học, trừ số đã huỷ, hoàn. Tiền nộp thừa chưa "
        "dùng thì chưa tính.",
        "What was paid for the fee items of the school year, less what was reversed. Credit that "
        "is not used yet does not count.",
    ),
    numerator=_COLLECTED,
    numerator_name=_COLLECTED_NAME,
    judged_by=(_CHARGED, _SETTLED),
    dims=("fee_kind", "method"),
    published=((), ("method",)),
)

OVERDUE = _amount(
    id="N642",
    version=1,
    name=Words("Quá hạn", "Overdue"),
    definition=Words(
        "Số tiền chưa nộp của các khoản có hạn nộp trước ngày của thời điểm số liệu.",
        "What is not paid yet of the charges that were due before the day of the as-of time.",
    ),
    numerator=Sum(
        CHARGES, "billed", before="due_on", less=Sum(SETTLED, "collected", before="due_on")
    ),
    numerator_name=Words("số tiền quá hạn", "amount overdue"),
    judged_by=(_CHARGED, _SETTLED, Sum(CHARGES, "charges", before="due_on")),
)

COLLECTION_RATE = _share(
    id="N65",
    version=1,
    name=Words("Tỷ lệ thu", "Collection rate"),
    definition=Words(
        "Số tiền đã thu (N641) trên số tiền phải thu (N64).",
        "The amount collected (N641) of the amount billed (N64).",
    ),
    numerator=_COLLECTED,
    numerator_name=_COLLECTED_NAME,
    denominator=_BILLED,
    denominator_name=Words("số tiền phải thu", "amount billed"),
    legal_basis=_FEES_BASIS,
)

CASHLESS_SHARE = _share(
    id="N651",
    version=1,
    name=Words("Tỷ lệ không tiền mặt", "Cashless share"),
    definition=Words(
        "Số tiền đã thu không dùng tiền mặt (chuyển khoản, VNPAY…) trên số tiền đã thu (N641).",
        "What was collected without cash (transfer, VNPAY…) of the amount collected (N641).",
    ),
    numerator=Sum(SETTLED, "collected", _CASHLESS),
    numerator_name=Words("số tiền không dùng tiền mặt", "amount without cash"),
    denominator=_COLLECTED,
    denominator_name=_COLLECTED_NAME,
    legal_basis=DEPARTMENT,
)

SUBSIDY = _of_fees(
    id="N66",
    version=1,
    name=Words("Học phí Nhà nước hỗ trợ", "Tuition covered by the State"),
    definition=Words(
        "Số tiền học phí của năm học do ngân sách nhà nước miễn, hỗ trợ.",
        "Tuition of the school year that the State covers.",
    ),
    unit=MeasureUnit.DONG,
    unit_name=Words("đồng", "đồng"),
    numerator=Sum(SUBSIDIES, "amount"),
    numerator_name=Words("số tiền hỗ trợ", "amount covered"),
    judged_by=(Sum(SUBSIDIES, "pupils"),),
    streams=(topics.FEES,),
    dims=("grade",),
    legal_basis=_FEES_BASIS,
)

UNMATCHED_AMOUNT = _of_fees(
    id="N67",
    version=1,
    name=Words("Tiền chưa khớp", "Unmatched payments"),
    definition=Words(
        "Số tiền đã về tài khoản mà chưa gắn được với khoản thu nào, theo ngày tiền về.",
        "Money that came and answers to no charge yet, by the day on which it came.",
    ),
    unit=MeasureUnit.DONG,
    unit_name=Words("đồng", "đồng"),
    numerator=Sum(UNMATCHED, "amount"),
    numerator_name=Words("số tiền chưa khớp", "amount unmatched"),
    judged_by=(Sum(UNMATCHED, "payments"),),
    streams=(topics.FEES,),
    dims=("method",),
    fine_dims=("day",),
    legal_basis=DEPARTMENT,
)

UNMATCHED_COUNT = _of_fees(
    id="N671",
    version=1,
    name=Words("Giao dịch chưa khớp", "Unmatched payments, count"),
    definition=Words(
        "Số giao dịch đã về tài khoản mà chưa gắn được với khoản thu nào, theo ngày tiền về.",
        "Payments that answer to no charge yet, by the day on which they came.",
    ),
    unit=MeasureUnit.COUNT,
    unit_name=Words("giao dịch", "payments"),
    numerator=Sum(UNMATCHED, "payments"),
    numerator_name=Words("giao dịch chưa khớp", "payments unmatched"),
    streams=(topics.FEES,),
    dims=("method",),
    fine_dims=("day",),
    legal_basis=DEPARTMENT,
)

EINVOICES_BY_STATUS = tuple(
    _of_fees(
        id=identifier,
        version=1,
        name=Words(f"Hoá đơn điện tử {vi}", f"E-invoices {en}"),
        definition=Words(
            f"Số hoá đơn điện tử {vi} trong năm học.",
            f"E-invoices {en} in the school year.",
        ),
        unit=MeasureUnit.COUNT,
        unit_name=Words("hoá đơn", "invoices"),
        numerator=Sum(EINVOICES, "invoices", {"status": (status,)}),
        numerator_name=Words(f"hoá đơn {vi}", f"invoices {en}"),
        judged_by=(),
        streams=(topics.FEES,),
        legal_basis="Nghị định 123/2020/NĐ-CP; Nghị định 70/2025/NĐ-CP",
    )
    for identifier, status, vi, en in (
        ("N68", "issued", "đã phát hành", "issued"),
        ("N681", "failed", "lỗi", "in error"),
    )
)

ALL = (
    CASHLESS_ENABLED,
    CASHLESS_ACTIVE,
    BILLED,
    COLLECTED,
    OVERDUE,
    COLLECTION_RATE,
    CASHLESS_SHARE,
    SUBSIDY,
    UNMATCHED_AMOUNT,
    UNMATCHED_COUNT,
    *EINVOICES_BY_STATUS,
)
