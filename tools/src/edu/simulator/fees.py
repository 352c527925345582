"""Fees: what every class is asked for, twice a year who pays how, and what is taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from contracts.lists import Level
from contracts.payments import (
    ChargeReason,
    FeeAssessed,
    FeeKind,
    FeePaid,
    FeeReversed,
    PaymentMethod,
    ReversalReason,
)
from edu.simulator.documents import CHARGE, FEE, PAYMENT, PUPIL, Writer, made_id, made_ids, quoted
from edu.simulator.people import Integers
from edu.simulator.province import YEAR, Province, Room
from edu.simulator.register import Tally, takes_cashless, year_of

PAID, REVERSED, LOWERED, EXEMPTED = 0.93, 0.005, 0.02, 0.04
"""The shares of pupils who pay in a round, of payments that are taken back, of charges that become
smaller before anybody pays, and of health insurances that others pay (hộ nghèo)."""
CASH, VNPAY = 0.25, 0.15
"""How often a guardian pays in cash, or by VNPAY, where the school has a cashless channel."""
_YEAR = year_of(YEAR)
_NONE = '{"at":[],"value":[]}'
_MOST_ITEMS = 8


@dataclass(frozen=True, slots=True)
class Item:
    """What a school collects once."""

    number: int
    name: str
    kind: FeeKind
    period: str
    amount: int
    due_on: date
    levels: tuple[Level, ...]
    mandatory: bool = False
    on_behalf: bool = False


_GENERAL = (Level.TH, Level.THCS, Level.THPT)
_BOARDING = (Level.MN, Level.TH)
ROUNDS = (
    (
        Item(0, "Bảo hiểm y tế học sinh", FeeKind.HEALTH_INSURANCE, "CN", 631_800,
             date(2025, 10, 31), _GENERAL, mandatory=True, on_behalf=True),
        Item(1, "Nước uống", FeeKind.DRINKING_WATER, "CN", 108_000, date(2025, 10, 15),
             (Level.MN, *_GENERAL)),
        Item(2, "Sổ liên lạc điện tử học kỳ I", FeeKind.CONTACT_BOOK, "HK1", 45_000,
             date(2025, 10, 15), (Level.MN, *_GENERAL)),
        Item(3, "Tiền ăn bán trú học kỳ I", FeeKind.BOARDING_MEALS, "HK1", 2_250_000,
             date(2025, 10, 15), _BOARDING),
    ),
    (
        Item(4, "Sổ liên lạc điện tử học kỳ II", FeeKind.CONTACT_BOOK, "HK2", 45_000,
             date(2026, 3, 15), (Level.MN, *_GENERAL)),
        Item(5, "Tiền ăn bán trú học kỳ II", FeeKind.BOARDING_MEALS, "HK2", 2_250_000,
             date(2026, 3, 15), _BOARDING),
    ),
)  # fmt: skip
"""Tuition is not among them: since the school year 2025-2026 public schools take none."""
_DAYS = (
    (date(2025, 9, 15), date(2025, 9, 29), date(2025, 10, 6), date(2025, 11, 10)),
    (date(2026, 2, 2), date(2026, 2, 9), date(2026, 3, 2), date(2026, 4, 6)),
)
"""Of each round: when it is assessed, lowered, paid, and reversed."""


def write(writer: Writer, here: Province, tally: Tally, done: Callable[[int], object]) -> None:
    """Write both rounds, class by class; ``done`` hears of how many pupils."""
    lots = np.random.default_rng([here.seed, 8])
    fees = _Fees(writer, here, tally, lots)
    for room in here.rooms:
        owed = np.zeros(room.size, dtype=np.int64)
        for number in range(len(ROUNDS)):
            owed = fees.write(number, room, owed)
        done(room.size)


class _Fees:
    """The fees of a class in a round."""

    def __init__(
        self, writer: Writer, here: Province, tally: Tally, lots: np.random.Generator
    ) -> None:
        self._writer, self._here, self._tally, self._lots = writer, here, tally, lots
        self._payments = 0

    def write(self, number: int, room: Room, owed: Integers) -> Integers:
        """Assess and let pay; return what each pupil owes then, with what was owed before."""
        pupils = made_ids(PUPIL, self._here.seed, range(room.first, room.first + room.size))
        items = [item for item in ROUNDS[number] if room.school.level in item.levels]
        assess, lower, pay, back = _DAYS[number]
        amounts = np.array([[item.amount] * room.size for item in items], dtype=np.int64)
        for item, of_item in zip(items, amounts, strict=True):
            if item.kind is FeeKind.HEALTH_INSURANCE:
                of_item[self._lots.random(room.size) < EXEMPTED] = 0
            self._assess(room, item, assess, pupils, after=of_item)
            if item.kind is FeeKind.BOARDING_MEALS:
                rows = np.flatnonzero(self._lots.random(room.size) < LOWERED)
                before = of_item[rows].copy()
                of_item[rows] -= 250_000
                if len(rows):
                    some = [pupils[row] for row in rows]
                    self._assess(
                        room, item, lower, some, after=of_item[rows], before=before, rows=rows
                    )
            self._tally["charges", "billed"] += int(of_item.sum())
            self._tally["charges", "charges"] += room.size
        owed = owed + amounts.sum(axis=0)
        # The classes pay on days of their own within three weeks.
        day = pay + timedelta(room.number % 21)
        return self._pay(room, items, amounts=amounts, owed=owed, pupils=pupils, days=(day, back))

    def _assess(
        self,
        room: Room,
        item: Item,
        day: date,
        pupils: list[str],
        *,
        after: Integers,
        before: Integers | None = None,
        rows: Integers | None = None,
    ) -> None:
        fee = made_id(FEE, self._here.seed, room.school.number * _MOST_ITEMS + item.number)
        at = range(len(pupils)) if rows is None else rows.tolist()
        charges = made_ids(
            CHARGE, self._here.seed, [(room.first + one) * _MOST_ITEMS + item.number for one in at]
        )
        changed, reason = _NONE, "null"
        if before is not None:
            known = ",".join(map(str, range(len(pupils))))
            changed = f'{{"at":[{known}],"value":[{",".join(map(str, before.tolist()))}]}}'
            reason = f'"{ChargeReason.ABSENCE}"'
        data = (
            f'{{"school_id":"{room.school.id}","school_year":"{_YEAR}","fee_item_id":"{fee}",'
            f'"name":"{item.name}","kind":"{item.kind}",'
            f'"mandatory":{"true" if item.mandatory else "false"},'
            f'"on_behalf":{"true" if item.on_behalf else "false"},"period":"{item.period}",'
            f'"due_on":"{item.due_on}","day":"{day}","charges":[{quoted(charges)}],'
            f'"pupils":[{quoted(pupils)}],"after":[{",".join(map(str, after.tolist()))}],'
            f'"before":{changed},"reason_code":{reason}}}'
        )
        self._writer.write(FeeAssessed, room.school.id, fee, f"{day}T03:00:00.000000Z", data)

    def _pay(
        self,
        room: Room,
        items: list[Item],
        *,
        amounts: Integers,
        owed: Integers,
        pupils: list[str],
        days: tuple[date, date],
    ) -> Integers:
        """Let most pay all charges of the round at once; some of that is taken back."""
        size = room.size
        pays = self._lots.random(size) < PAID
        how = self._lots.random(size)
        returned = self._lots.random(size) < REVERSED
        lines = [_Lines(self._here.seed, room, item) for item in items]
        first = self._payments
        self._payments += size
        payments = made_ids(PAYMENT, self._here.seed, range(first, first + size))
        columns = amounts.T.tolist()
        left: Integers = owed - amounts.sum(axis=0) * pays
        cashless = takes_cashless(room.school.number)
        school = room.school.id
        for row in np.flatnonzero(pays).tolist():
            method = _method(how[row], cashless=cashless)
            some = [
                (one, amount) for one, amount in zip(lines, columns[row], strict=True) if amount
            ]
            total = sum(amount for _, amount in some)
            head = (
                f'{{"payment_id":"{payments[row]}","school_id":"{school}",'
                f'"pupil_id":"{pupils[row]}","method":"{method}","day":"'
            )
            table = _table(some, row, method)
            data = (
                f'{head}{days[0]}","received":{total},"prepaid":0,{table},"remaining":{left[row]}}}'
            )
            moment = f"{days[0]}T04:00:00.000000Z"
            self._writer.write(FeePaid, school, payments[row], moment, data)
            self._tally["settled", "settlements"] += len(some)
            if returned[row]:
                left[row] += total
                data = (
                    f'{head}{days[1]}","reason_code":"{ReversalReason.REFUNDED}",'
                    f'"returned":{total},"prepaid":0,{table},"remaining":{left[row]}}}'
                )
                moment = f"{days[1]}T04:00:00.000000Z"
                self._writer.write(FeeReversed, school, payments[row], moment, data)
            else:
                self._tally["settled", "collected"] += total
                self._tally["receipts", "received"] += total
                self._tally[f"settled:{method}", "collected"] += total
        return left


class _Lines:
    """What the lines of an item have in common in a class."""

    def __init__(self, seed: int, room: Room, item: Item) -> None:
        self.fee = made_id(FEE, seed, room.school.number * _MOST_ITEMS + item.number)
        self.kind, self.due_on = str(item.kind), str(item.due_on)
        self._seed, self._first, self._item = seed, room.first, item.number

    def charge(self, row: int) -> str:
        """Give the id of a pupil's charge."""
        return made_id(CHARGE, self._seed, (self._first + row) * _MOST_ITEMS + self._item)


def _table(some: list[tuple[_Lines, int]], row: int, method: PaymentMethod) -> str:
    years, methods = quoted([_YEAR] * len(some)), quoted([str(method)] * len(some))
    return (
        f'"lines":{{"charges":[{quoted([one.charge(row) for one, _ in some])}],'
        f'"fee_items":[{quoted([one.fee for one, _ in some])}],'
        f'"kinds":[{quoted([one.kind for one, _ in some])}],"school_years":[{years}],'
        f'"due_on":[{quoted([one.due_on for one, _ in some])}],"methods":[{methods}],'
        f'"amounts":[{",".join([str(amount) for _, amount in some])}]}}'
    )


def _method(lot: float, *, cashless: bool) -> PaymentMethod:
    if not cashless or lot < CASH:
        return PaymentMethod.CASH
    return PaymentMethod.VNPAY if lot < CASH + VNPAY else PaymentMethod.BANK_TRANSFER
