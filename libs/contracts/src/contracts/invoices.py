"""Facts of payments around the fees: services, subsidies, unmatched money, e-invoices."""

from datetime import date
from typing import ClassVar

from contracts import topics
from contracts.event import Event
from contracts.ids import Count, Dong, PaymentId, PupilId, SchoolId, SchoolYear, Version
from contracts.lists import Grade, OpenEnum
from contracts.payments import FeeKind, PaymentMethod, PositiveDong


class InvoiceStatus(OpenEnum):
    """What became of an e-invoice (hoá đơn điện tử)."""

    ISSUED = "issued"
    """Đã phát hành."""
    FAILED = "failed"
    """Lỗi."""
    CANCELLED = "cancelled"
    """Đã huỷ."""
    OTHER = "other"


class ServiceSubscribed(Event):
    """A pupil was registered for a service of the school (bán trú …), or no longer is."""

    NAME: ClassVar[str] = "service-subscribed"
    TOPIC: ClassVar[topics.Topic] = topics.FEES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "pupil_id"
    DRAFT: ClassVar[bool] = True

    pupil_id: PupilId
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    service: FeeKind
    version: Version
    subscribed: bool
    before_subscribed: bool


class SubsidyComputed(Event):
    """What the State pays of the tuition of a school's pupils (NĐ 238/2025)."""

    NAME: ClassVar[str] = "subsidy-computed"
    TOPIC: ClassVar[topics.Topic] = topics.FEES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "school_id"
    DRAFT: ClassVar[bool] = True

    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    version: Version
    day: date
    pupils: Count
    before_pupils: Count
    amount: Dong
    before_amount: Dong


class PaymentUnmatched(Event):
    """Money came that no charge answers to, or such money found its charge."""

    NAME: ClassVar[str] = "payment-unmatched"
    TOPIC: ClassVar[topics.Topic] = topics.FEES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "payment_id"
    DRAFT: ClassVar[bool] = True

    payment_id: PaymentId
    school_id: SchoolId
    version: Version
    method: PaymentMethod
    day: date
    """The business day on which the money came; it does not change."""
    amount: PositiveDong
    unmatched: bool
    before_unmatched: bool


class EinvoiceIssued(Event):
    """An e-invoice was issued, or was not."""

    NAME: ClassVar[str] = "einvoice-issued"
    TOPIC: ClassVar[topics.Topic] = topics.FEES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "payment_id"
    DRAFT: ClassVar[bool] = True

    payment_id: PaymentId
    school_id: SchoolId
    school_year: SchoolYear
    version: Version
    day: date
    after: InvoiceStatus
    before: InvoiceStatus | None
