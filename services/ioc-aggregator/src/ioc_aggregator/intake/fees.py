"""``payments.fees.v1``: charges and the money that settles them become đồng by due date."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec

from contracts import topics
from contracts.payments import FeeAssessed, FeeKind, FeePaid, FeeReversed, PaymentMethod
from ioc_aggregator.intake.bulk import bulk_of
from ioc_aggregator.intake.counting import Batch, Counted
from ioc_aggregator.intake.folding import (
    Document,
    Folded,
    Open,
    Places,
    Sparse,
    Sums,
    school_year_of,
)
from ioc_aggregator.intake.invoices import KINDS
from ioc_aggregator.measures.families import CHARGES, RECEIPTS, SETTLED

STREAM = topics.FEES.name

_MOST = 10**12
_Dong = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]
_PositiveDong = Annotated[int, msgspec.Meta(ge=1, le=_MOST)]


class _Assessed(msgspec.Struct, gc=False):
    school_id: str
    school_year: str
    kind: str
    due_on: date
    after: Annotated[list[_Dong | None], msgspec.Meta(min_length=1)]
    before: Sparse[_Dong]


class _Lines(msgspec.Struct, gc=False):
    kinds: list[str]
    school_years: list[str]
    due_on: list[date]
    methods: list[str]
    amounts: list[_PositiveDong]


class _Moved(msgspec.Struct, gc=False):
    school_id: str
    method: str
    day: date
    lines: _Lines


class _Paid(_Moved, gc=False):
    received: _Dong


class _Reversed(_Moved, gc=False):
    returned: _Dong


_DECODERS: dict[str, msgspec.json.Decoder[_Assessed | _Paid | _Reversed | Counted]] = {
    FeeAssessed.type_name(): msgspec.json.Decoder(_Assessed),
    FeePaid.type_name(): msgspec.json.Decoder(_Paid),
    FeeReversed.type_name(): msgspec.json.Decoder(_Reversed),
    **{event.type_name(): msgspec.json.Decoder(fact) for event, fact in KINDS.items()},
}
_KINDS = Open(FeeKind)
_METHODS = Open(PaymentMethod)


class _Batch:
    """What a batch adds up to."""

    def __init__(self) -> None:
        self.charges = Sums(CHARGES)
        self.settled = Sums(SETTLED)
        self.receipts = Sums(RECEIPTS)
        self.places = Places()
        self.others = Batch(topics.FEES)
        self.reported = self.others.reported

    def assess(self, fact: _Assessed) -> str | None:
        """Count an assessment, or say what is wrong with it."""
        rows = len(fact.after)
        fault = fact.before.fault(rows) or self.places.fault(fact.school_id, fact.school_year)
        if fault is not None:
            return fault
        key = (fact.school_id, fact.school_year, _KINDS[fact.kind], fact.due_on.isoformat())
        before = fact.before.value
        billed = sum(amount for amount in fact.after if amount is not None) - sum(before)
        charges = rows - fact.after.count(None) - len(before)
        self.charges.add(key, billed, charges)
        self._report(fact.school_id, {fact.school_year})
        return None

    def move(self, fact: _Paid | _Reversed) -> str | None:
        """Count money that came or went back, and what it settled; or say what is wrong."""
        lines = fact.lines
        columns = (lines.kinds, lines.school_years, lines.due_on, lines.methods, lines.amounts)
        if len({len(column) for column in columns}) != 1:
            return "the columns of lines differ in length"
        years = {school_year_of(fact.day), *lines.school_years}
        faults = (self.places.fault(fact.school_id, year) for year in years)
        fault = next(filter(None, faults), None)
        if fault is not None:
            return fault
        sign = 1 if isinstance(fact, _Paid) else -1
        for kind, year, due_on, method, amount in zip(*columns, strict=True):
            cell = (fact.school_id, year, _KINDS[kind], due_on.isoformat(), _METHODS[method])
            self.settled.add(cell, sign * amount, max(sign, 0))
        money = fact.received if isinstance(fact, _Paid) else -fact.returned
        key = (fact.school_id, school_year_of(fact.day), _METHODS[fact.method])
        self.receipts.add(key, money)
        self._report(fact.school_id, years)
        return None

    def _report(self, school: str, years: set[str]) -> None:
        for year in years:
            self.reported[school, STREAM, year, ""] += 1


def fold(events: Sequence[Document]) -> Folded:
    """Add charges and settlements, take back what was lowered, cancelled or reversed."""
    folded = Folded()
    batch = _Batch()
    for index, fact in folded.facts(events, _DECODERS):
        match fact:
            case _Assessed():
                fault = batch.assess(fact)
            case _Paid() | _Reversed():
                fault = batch.move(fact)
            case _:
                fault = batch.others.take(fact)
        if fault is not None:
            folded.refuse(index, fault)
    for sums in (batch.charges, batch.settled, batch.receipts):
        sums.into(folded.delta)
    batch.others.into(folded)
    return folded


BULK = bulk_of(fold)
