"""Facts of payments: what pupils are asked to pay, what was paid, what was taken back.

Every fact says only what it changes, and each of its lines repeats what selects the cells that it
changes: billed = Σ (after - before), collected = Σ lines paid - Σ lines reversed, overdue on a day
= billed - collected of what was due before it. No reader has to remember a charge or a payment.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from contracts import topics
from contracts.columns import Sparse
from contracts.event import Event, Record
from contracts.gradebook import MAX_ROWS
from contracts.ids import (
    Amount,
    ChargeId,
    Count,
    Dong,
    FeeItemId,
    Name,
    PaymentId,
    PupilId,
    SchoolId,
    SchoolYear,
    Version,
)
from contracts.lists import OpenEnum

MAX_LINES = 200
"""The most lines one fact may settle; what goes beyond stands in a further fact."""


class FeeKind(OpenEnum):
    """Loại khoản thu."""

    TUITION = "tuition"
    """Học phí."""
    BOARDING_MEALS = "boarding-meals"
    """Tiền ăn bán trú."""
    BOARDING_CARE = "boarding-care"
    """Chăm sóc, quản lý bán trú."""
    SECOND_SESSION = "second-session"
    """Dạy học 2 buổi/ngày."""
    DRINKING_WATER = "drinking-water"
    """Nước uống."""
    HYGIENE = "hygiene"
    """Vệ sinh."""
    MATERIALS = "materials"
    """Học bạ, ấn phẩm, đồ dùng, học liệu."""
    CONTACT_BOOK = "contact-book"
    """Sổ liên lạc điện tử."""
    STUDENT_CARD = "student-card"
    """Thẻ học sinh."""
    UNIFORM = "uniform"
    """Đồng phục."""
    TRANSPORT = "transport"
    """Đưa đón."""
    EXTRACURRICULAR = "extracurricular"
    """Hoạt động ngoài giờ, kỹ năng sống, ngoại khoá."""
    HEALTH_INSURANCE = "health-insurance"
    """Bảo hiểm y tế."""
    ACCIDENT_INSURANCE = "accident-insurance"
    """Bảo hiểm thân thể."""
    OTHER = "other"


class PaymentMethod(OpenEnum):
    """How money came: hình thức thanh toán."""

    CASH = "cash"
    """Tiền mặt, at the school."""
    BANK_TRANSFER = "bank-transfer"
    """Chuyển khoản, VietQR."""
    VNPAY = "vnpay"
    OTHER = "other"

    @property
    def cashless(self) -> bool:
        """Không dùng tiền mặt. There is one kind of cash: whatever is added later is cashless."""
        return self is not PaymentMethod.CASH


class ChargeReason(OpenEnum):
    """Why a charge was changed or cancelled; the words stay in payments."""

    ENTRY_ERROR = "entry-error"
    """Nhập nhầm."""
    EXEMPTED = "exempted"
    """Miễn, giảm."""
    ABSENCE = "absence"
    """Nghỉ có phép, không sử dụng dịch vụ."""
    PRICE_CHANGED = "price-changed"
    """Điều chỉnh mức thu."""
    OPTED_OUT = "opted-out"
    """Phụ huynh không đăng ký nữa."""
    LEFT_SCHOOL = "left-school"
    """Chuyển trường, thôi học."""
    OTHER = "other"


class ReversalReason(OpenEnum):
    """Why money no longer settles what it settled; the words stay in payments."""

    ENTRY_ERROR = "entry-error"
    """Ghi nhầm."""
    WRONG_PUPIL = "wrong-pupil"
    """Ghi nhầm học sinh."""
    BANK_RETURNED = "bank-returned"
    """Ngân hàng hoàn, huỷ giao dịch."""
    REFUNDED = "refunded"
    """Trả lại phụ huynh."""
    CHARGE_LOWERED = "charge-lowered"
    """The charge became smaller than what was paid: the rest is the pupil's credit."""
    OTHER = "other"


FeePeriod = Annotated[
    str, StringConstraints(pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2])|HK1|HK2|HE|CN)$")
]
"""What a charge is for: a month (``2026-11``), a term, the summer (HE) or the year (CN)."""

PositiveDong = Annotated[int, Field(ge=1, le=10**12)]
"""Money that is not nothing, in whole đồng."""


class AssessedRow(NamedTuple):
    """What one pupil owes for the item and period, before and after."""

    charge: ChargeId
    pupil: PupilId
    before: int | None
    after: int | None


class FeeAssessed(Event):
    """Pupils of a school are asked to pay for a fee item (lập khoản thu), or a charge changed.

    Amounts are what is left to pay after exemptions; 0 is an exempted charge, null is none.
    """

    NAME: ClassVar[str] = "fee-assessed"
    TOPIC: ClassVar[topics.Topic] = topics.FEES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "fee_item_id"

    school_id: SchoolId
    school_year: SchoolYear
    fee_item_id: FeeItemId
    name: Name
    """What the school calls the item."""
    kind: FeeKind
    mandatory: bool
    """False for what guardians agreed to (khoản thu thoả thuận, tự nguyện)."""
    on_behalf: bool
    """Thu hộ: collected for somebody else, no revenue of the school."""
    period: FeePeriod
    due_on: date
    """The last day to pay without being late; the due date of a charge never changes."""
    day: date
    """The day on which it was assessed or changed."""
    charges: Annotated[tuple[ChargeId, ...], Field(min_length=1, max_length=MAX_ROWS)]
    pupils: Annotated[tuple[PupilId, ...], Field(min_length=1, max_length=MAX_ROWS)]
    after: Annotated[tuple[Dong | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    """What each pupil owes now; null where the charge is cancelled."""
    before: Sparse[Dong]
    """What was owed before, where a charge existed."""
    reason_code: ChargeReason | None
    """Why, where a charge existed before."""

    @model_validator(mode="after")
    def _is_an_assessment(self) -> Self:
        rows = len(self.pupils)
        if not rows == len(self.charges) == len(self.after):
            raise ValueError("charges, pupils and after differ in length")
        if Counter(self.pupils).most_common(1)[0][1] > 1:
            raise ValueError("a pupil stands twice")
        if self.before.at and self.before.at[-1] >= rows:
            raise ValueError("before names a row that is not there")
        return self

    def rows(self) -> Iterator[AssessedRow]:
        """Yield the assessment pupil by pupil."""
        columns = (self.charges, self.pupils, self.before.spread(len(self.pupils)), self.after)
        yield from map(AssessedRow._make, zip(*columns, strict=True))


class SettledLine(NamedTuple):
    """A part of one payment that settles a part of one charge, with all that selects its cells."""

    charge: ChargeId
    fee_item: FeeItemId
    kind: FeeKind
    school_year: SchoolYear
    due_on: date
    method: PaymentMethod
    amount: int


class Lines(Record):
    """Lines as columns: one payment, several charges."""

    charges: Annotated[tuple[ChargeId, ...], Field(max_length=MAX_LINES)]
    fee_items: Annotated[tuple[FeeItemId, ...], Field(max_length=MAX_LINES)]
    kinds: Annotated[tuple[FeeKind, ...], Field(max_length=MAX_LINES)]
    school_years: Annotated[tuple[SchoolYear, ...], Field(max_length=MAX_LINES)]
    """The school year of the charge, which may be an earlier one."""
    due_on: Annotated[tuple[date, ...], Field(max_length=MAX_LINES)]
    methods: Annotated[tuple[PaymentMethod, ...], Field(max_length=MAX_LINES)]
    """How the money came that settles the line."""
    amounts: Annotated[tuple[PositiveDong, ...], Field(max_length=MAX_LINES)]

    @model_validator(mode="after")
    def _are_columns(self) -> Self:
        if len({len(column) for _, column in self}) != 1:
            raise ValueError("the columns differ in length")
        return self

    @classmethod
    def of(cls, lines: list[SettledLine]) -> Self:
        """Make the columns of ``lines``."""
        columns = tuple(zip(*lines, strict=True)) or ((),) * len(SettledLine._fields)
        return cls(**dict(zip(cls.model_fields, columns, strict=True)))

    def rows(self) -> Iterator[SettledLine]:
        """Yield line by line."""
        yield from map(SettledLine._make, zip(*(column for _, column in self), strict=True))


class FeePaid(Event):
    """Money of a payment settles charges: as it comes, or later, out of the pupil's credit.

    ``received`` = the sum of the lines + ``prepaid``, always.
    """

    NAME: ClassVar[str] = "fee-paid"
    TOPIC: ClassVar[topics.Topic] = topics.FEES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "payment_id"

    payment_id: PaymentId
    school_id: SchoolId
    pupil_id: PupilId
    method: PaymentMethod
    day: date
    """The business day of this fact."""
    received: Dong
    """Money that came in by this fact; 0 where an earlier payment's credit is used."""
    prepaid: Amount
    """What it adds to the pupil's credit (tiền nộp thừa); negative where credit is used."""
    lines: Lines
    remaining: Dong
    """What the pupil still owes the school after it, late or not."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        _check_lines(self.lines, self.method)
        if self.received != sum(self.lines.amounts) + self.prepaid:
            raise ValueError("received is not the sum of the lines and what is prepaid")
        return self


class FeeReversed(Event):
    """Lines of a payment are taken back (huỷ, hoàn): the payment itself, or a part of a charge.

    ``returned`` = the sum of the lines - ``prepaid``, always.
    """

    NAME: ClassVar[str] = "fee-reversed"
    TOPIC: ClassVar[topics.Topic] = topics.FEES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "payment_id"

    payment_id: PaymentId
    school_id: SchoolId
    pupil_id: PupilId
    method: PaymentMethod
    day: date
    """The business day of this fact, not of the payment."""
    reason_code: ReversalReason
    returned: Dong
    """Money that is no longer the school's; 0 where a charge became smaller than what was paid."""
    prepaid: Amount
    """What it adds to the pupil's credit; negative where credit of this payment goes with it."""
    lines: Lines
    """What is no longer settled, as positive amounts."""
    remaining: Dong
    """What the pupil owes the school after it, late or not."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        _check_lines(self.lines, self.method)
        if self.returned != sum(self.lines.amounts) - self.prepaid:
            raise ValueError("returned is not the sum of the lines less what is prepaid")
        return self


class PaymentChannelEnabled(Event):
    """A school takes money through a cashless channel from now on, or no longer does.

    A school counts as cashless if and only if ``channels`` is not 0, before and after.
    """

    NAME: ClassVar[str] = "payment-channel-enabled"
    TOPIC: ClassVar[topics.Topic] = topics.PAYMENT_CHANNELS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "school_id"

    school_id: SchoolId
    channel: PaymentMethod
    version: Version
    """Of this channel of this school."""
    enabled: bool
    day: date
    channels: Count
    """How many cashless channels of the school are enabled now."""
    before_channels: Count
    """How many were before this fact, so that schools add and subtract."""

    @model_validator(mode="after")
    def _is_cashless(self) -> Self:
        if not self.channel.cashless:
            raise ValueError("cash is no channel to enable")
        return self


def _check_lines(lines: Lines, method: PaymentMethod) -> None:
    if any(one is not method for one in lines.methods):
        raise ValueError("a line has another method than its payment")
