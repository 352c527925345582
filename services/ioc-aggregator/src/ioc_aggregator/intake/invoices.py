"""What stands on ``payments.fees.v1`` beside the fees: services, subsidies, odd money, invoices."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated

import msgspec

from contracts.event import Event
from contracts.invoices import (
    EinvoiceIssued,
    InvoiceStatus,
    PaymentUnmatched,
    ServiceSubscribed,
    SubsidyComputed,
)
from contracts.payments import FeeKind, PaymentMethod
from ioc_aggregator.intake.counting import Added, Counted, Heard
from ioc_aggregator.intake.folding import Open, Whole, school_year_of
from ioc_aggregator.measures.outside import EINVOICES, SERVICES, SUBSIDIES, UNMATCHED

_KINDS, _METHODS, _STATUSES = Open(FeeKind), Open(PaymentMethod), Open(InvoiceStatus)
_Dong = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
_PositiveDong = Annotated[int, msgspec.Meta(ge=1, le=10**12)]


class _OfSchool(Counted, gc=False):
    school_id: str
    school_year: str

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, self.school_year, ""),)


class _Subscribed(_OfSchool, gc=False):
    grade: str
    service: str
    subscribed: bool
    before_subscribed: bool

    def added(self) -> Iterator[Added]:
        key = (self.school_id, self.school_year, self.grade, _KINDS[self.service])
        yield SERVICES, key, (self.subscribed - self.before_subscribed,)


class _Subsidy(_OfSchool, gc=False):
    grade: str
    pupils: Whole
    before_pupils: Whole
    amount: _Dong
    before_amount: _Dong

    def added(self) -> Iterator[Added]:
        key = (self.school_id, self.school_year, self.grade)
        yield SUBSIDIES, key, (self.amount - self.before_amount, self.pupils - self.before_pupils)


class _Unmatched(Counted, gc=False):
    school_id: str
    method: str
    day: date
    amount: _PositiveDong
    unmatched: bool
    before_unmatched: bool

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, school_year_of(self.day), ""),)

    def added(self) -> Iterator[Added]:
        year, day = school_year_of(self.day), self.day.isoformat()
        by = self.unmatched - self.before_unmatched
        yield UNMATCHED, (self.school_id, year, _METHODS[self.method], day), (by * self.amount, by)


class _Invoiced(_OfSchool, gc=False):
    after: str
    before: str | None

    def added(self) -> Iterator[Added]:
        key = (self.school_id, self.school_year)
        yield EINVOICES, (*key, _STATUSES[self.after]), (1,)
        if self.before is not None:
            yield EINVOICES, (*key, _STATUSES[self.before]), (-1,)


KINDS: Mapping[type[Event], type[Counted]] = {
    ServiceSubscribed: _Subscribed,
    SubsidyComputed: _Subsidy,
    PaymentUnmatched: _Unmatched,
    EinvoiceIssued: _Invoiced,
}
