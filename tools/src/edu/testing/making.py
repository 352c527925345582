"""Events in few words, for tests that feed a service or a recount with many kinds of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.admissions import (
    SchoolRegistered,
    SchoolYearSet,
    StudentEnrolled,
    TermDates,
    UnitMerged,
    UnitRegistered,
)
from contracts.columns import Sparse
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import (
    ColumnKind,
    Grade,
    Level,
    Ownership,
    Sex,
    Subject,
    Term,
    UnitKind,
)
from contracts.notifications import (
    Channel,
    GuardianLinked,
    LinkCell,
    MessageDelivered,
    Outcome,
    Purpose,
    Relation,
)
from contracts.payments import (
    FeeAssessed,
    FeeKind,
    FeePaid,
    FeeReversed,
    Lines,
    PaymentChannelEnabled,
    PaymentMethod,
    ReversalReason,
    SettledLine,
)
from contracts.relay import Watermark


class Make:
    """Makes events; what a test does not name has a harmless value."""

    year = "2026-2027"
    moment = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    """When everything is recorded."""

    @staticmethod
    def id(number: int) -> str:
        """Give a readable id."""
        return f"00000000-0000-7000-8000-{number:012d}"

    def unit(
        self,
        number: int,
        name: str = "Xã",
        *,
        code: str = "25459",
        parent: int | None = None,
        version: int = 1,
        valid_from: date = date(2025, 7, 1),
    ) -> UnitRegistered:
        """A commune, or a province where there is no parent."""
        return UnitRegistered(
            unit_id=self.id(number),
            version=version,
            code=code,
            name=name,
            kind=UnitKind.PROVINCE if parent is None else UnitKind.COMMUNE,
            parent_id=None if parent is None else self.id(parent),
            valid_from=valid_from,
        )

    def merge(self, number: int, into: int, day: date) -> UnitMerged:
        """A unit becomes part of another."""
        return UnitMerged(unit_id=self.id(number), version=9, into_id=self.id(into), valid_from=day)

    def school(
        self,
        number: int,
        unit: int,
        *,
        version: int = 1,
        levels: tuple[Level, ...] = (Level.THCS,),
        valid_from: date = date(2020, 1, 1),
        is_open: bool = True,
    ) -> SchoolRegistered:
        """A school in a commune."""
        return SchoolRegistered(
            school_id=self.id(number),
            version=version,
            code=f"T{number}",
            name=f"Trường {number}",
            levels=levels,
            ownership=Ownership.PUBLIC,
            unit_id=self.id(unit),
            valid_from=valid_from,
            open=is_open,
        )

    def calendar(self) -> SchoolYearSet:
        """The school year that all events of these tests belong to."""
        first, last = date(2026, 9, 5), date(2027, 5, 31)
        return SchoolYearSet(
            school_year=self.year,
            version=1,
            first_day=first,
            last_day=last,
            terms=(TermDates(term=Term.HK1, first_day=first, last_day=date(2027, 1, 15)),),
            holidays=(),
        )

    def enrolments(
        self, school: int, count: int, *, sex: Sex = Sex.FEMALE, grade: Grade = Grade.G6
    ) -> list[StudentEnrolled]:
        """Pupils of one school, grade and sex."""
        return [
            StudentEnrolled(
                pupil_id=self.id(5000 + at),
                version=1,
                school_id=self.id(school),
                grade=grade,
                school_year=self.year,
                sex=sex,
                ethnic_minority=False,
                birth_year=2015,
                inclusion=False,
                day=date(2026, 9, 5),
                sealed="AAAA",
            )
            for at in range(count)
        ]

    def sheet(self, school: int, *, due: int = 40, before: int = 0) -> SheetOpened:
        """A column of Toán in grade 6."""
        return SheetOpened(**self._sheet(school), cells_due=due, before_cells_due=before)

    def save(
        self,
        school: int,
        after: Sequence[int | None],
        before: Sequence[int | None] = (),
        **sheet: Any,
    ) -> ScoreEntered:
        """A save of that column."""
        return ScoreEntered(
            **(self._sheet(school) | sheet),
            entered_by=self.id(7),
            day=date(2026, 10, 1),
            pupils=tuple(self.id(6000 + at) for at in range(len(after))),
            after=tuple(after),
            before=Sparse[int].of(before),
            state=Sparse.of([]),
            before_state=Sparse.of([]),
            reason_code=None,
        )

    def assess(
        self,
        school: int,
        after: Sequence[int | None],
        before: Sequence[int | None] = (),
        *,
        due_on: date = date(2026, 11, 30),
        kind: FeeKind = FeeKind.BOARDING_MEALS,
    ) -> FeeAssessed:
        """Pupils of a school are asked to pay."""
        rows = range(len(after))
        return FeeAssessed(
            school_id=self.id(school),
            school_year=self.year,
            fee_item_id=self.id(3),
            name="Tiền ăn",
            kind=kind,
            mandatory=True,
            on_behalf=False,
            period="2026-11",
            due_on=due_on,
            day=date(2026, 11, 1),
            charges=tuple(self.id(7000 + at) for at in rows),
            pupils=tuple(self.id(5000 + at) for at in rows),
            after=tuple(after),
            before=Sparse[int].of(before),
            reason_code=None,
        )

    def pay(
        self,
        school: int,
        amount: int,
        *,
        due_on: date = date(2026, 11, 30),
        kind: FeeKind = FeeKind.BOARDING_MEALS,
        method: PaymentMethod = PaymentMethod.CASH,
        day: date = date(2026, 11, 10),
    ) -> FeePaid:
        """A payment settles a part of one charge."""
        line = SettledLine(self.id(7000), self.id(3), kind, self.year, due_on, method, amount)
        return FeePaid(
            payment_id=self.id(4),
            school_id=self.id(school),
            pupil_id=self.id(5000),
            method=method,
            day=day,
            received=amount,
            prepaid=0,
            lines=Lines.of([line]),
            remaining=0,
        )

    def reverse(self, paid: FeePaid) -> FeeReversed:
        """The payment is taken back."""
        both = paid.model_dump(exclude={"received", "lines"})
        reason = ReversalReason.ENTRY_ERROR
        return FeeReversed(**both, lines=paid.lines, returned=paid.received, reason_code=reason)

    def channels(
        self, school: int, before: int, now: int, *, day: date = date(2026, 9, 10)
    ) -> PaymentChannelEnabled:
        """A school switches a cashless channel on or off."""
        return PaymentChannelEnabled(
            school_id=self.id(school),
            channel=PaymentMethod.VNPAY,
            version=1,
            enabled=now > before,
            day=day,
            channels=now,
            before_channels=before,
        )

    def link(
        self, before: int | None, after: int | None, *, day: date = date(2026, 9, 10)
    ) -> GuardianLinked:
        """A guardian's link moves from one school to another, or from or to none."""
        cells = [
            None if school is None else LinkCell(school_id=self.id(school), grade=Grade.G6)
            for school in (before, after)
        ]
        return GuardianLinked(
            guardian_id=self.id(8000),
            pupil_id=self.id(5000),
            version=1,
            relation=Relation.MOTHER,
            day=day,
            before=cells[0],
            after=cells[1],
        )

    def delivered(
        self,
        school: int,
        parts: Sequence[int],
        *,
        channel: Channel = Channel.SMS,
        day: date = date(2026, 11, 10),
    ) -> MessageDelivered:
        """Messages reached guardians."""
        rows = range(len(parts))
        return MessageDelivered(
            school_id=self.id(school),
            channel=channel,
            purpose=Purpose.FEES,
            template="fee-assessed",
            day=day,
            messages=tuple(self.id(9000 + at) for at in rows),
            guardians=tuple(self.id(8000 + at) for at in rows),
            parts=tuple(parts),
            costs=(320,) * len(parts),
            before=Sparse[Outcome].of([]),
        )

    def watermark(
        self, source: str, positions: dict[str, dict[int, int]], *, seconds: float = 0
    ) -> Watermark:
        """A watermark, ``seconds`` after the moment of the tests."""
        read_at = self.moment + timedelta(seconds=seconds)
        return Watermark(source=source, read_at=read_at, positions=positions)

    def _sheet(self, school: int) -> dict[str, Any]:
        return {
            "sheet_id": self.id(5),
            "school_id": self.id(school),
            "class_id": self.id(6),
            "school_year": self.year,
            "grade": Grade.G6,
            "subject": Subject.TOAN,
            "term": Term.HK1,
            "kind": ColumnKind.REGULAR,
            "position": 1,
        }
