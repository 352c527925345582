"""Facts of payments add up, or cannot be written."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.columns import Sparse
from contracts.payments import (
    AssessedRow,
    ChargeReason,
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

ID, OTHER_ID = (f"019a0000-0000-7000-8000-00000000000{n}" for n in (1, 2))
DAY = date(2026, 11, 20)
CASH = PaymentMethod.CASH


def line(amount: int = 100, method: PaymentMethod = CASH) -> SettledLine:
    return SettledLine(ID, OTHER_ID, FeeKind.HYGIENE, "2026-2027", DAY, method, amount)


def assessed(**changed: Any) -> FeeAssessed:
    values: dict[str, Any] = {
        "school_id": ID,
        "school_year": "2026-2027",
        "fee_item_id": ID,
        "name": "Tiền ăn bán trú",
        "kind": FeeKind.BOARDING_MEALS,
        "mandatory": True,
        "on_behalf": False,
        "period": "2026-11",
        "due_on": DAY,
        "day": DAY,
        "charges": (ID, OTHER_ID),
        "pupils": (ID, OTHER_ID),
        "after": (None, 5),
        "before": Sparse[int](at=(0,), value=(7,)),
        "reason_code": ChargeReason.OTHER,
    }
    return FeeAssessed(**(values | changed))


def paid(**changed: Any) -> FeePaid:
    values: dict[str, Any] = {
        "payment_id": ID,
        "school_id": ID,
        "pupil_id": ID,
        "method": CASH,
        "day": DAY,
        "received": 150,
        "prepaid": 50,
        "lines": Lines.of([line()]),
        "remaining": 0,
    }
    return FeePaid(**(values | changed))


def taken_back(**changed: Any) -> FeeReversed:
    values = dict(paid()) | {
        "reason_code": ReversalReason.ENTRY_ERROR,
        "returned": 150,
        "prepaid": -50,
    }
    del values["received"]
    return FeeReversed(**(values | changed))


def test_an_assessment_is_read_row_by_row() -> None:
    assert list(assessed().rows()) == [
        AssessedRow(ID, ID, 7, None),
        AssessedRow(OTHER_ID, OTHER_ID, None, 5),
    ]


@pytest.mark.parametrize(
    ("match", "changed"),
    [
        ("differ in length", {"after": (1,)}),
        ("differ in length", {"charges": (ID,)}),
        ("stands twice", {"pupils": (ID, ID)}),
        ("not there", {"before": Sparse[int](at=(2,), value=(7,))}),
        ("at least 1", {"pupils": (), "charges": (), "after": ()}),
        ("greater than", {"after": (-1, 5)}),
        ("pattern", {"period": "2026-13"}),
        ("pattern", {"period": "HK3"}),
    ],
)
def test_an_assessment_that_is_none_is_refused(match: str, changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=match):
        assessed(**changed)


def test_lines_are_columns_and_rows() -> None:
    rows = [line(1), line(2)]
    assert list(Lines.of(rows).rows()) == rows
    assert list(Lines.of([]).rows()) == []


@pytest.mark.parametrize("changed", [{"received": 149}, {"prepaid": 0}, {"lines": Lines.of([])}])
def test_what_was_received_is_the_lines_and_what_is_prepaid(changed: dict[str, Any]) -> None:
    paid()
    paid(received=0, prepaid=-100)
    with pytest.raises(ValidationError, match="received is not the sum"):
        paid(**changed)


@pytest.mark.parametrize("changed", [{"returned": 149}, {"prepaid": 0}, {"lines": Lines.of([])}])
def test_what_was_returned_is_the_lines_and_the_credit_that_goes_with_them(
    changed: dict[str, Any],
) -> None:
    taken_back()
    taken_back(returned=0, prepaid=100, reason_code=ReversalReason.CHARGE_LOWERED)
    with pytest.raises(ValidationError, match="returned is not the sum"):
        taken_back(**changed)


def test_a_line_repeats_the_method_of_its_payment() -> None:
    with pytest.raises(ValidationError, match="another method"):
        paid(lines=Lines.of([line(method=PaymentMethod.VNPAY)]))
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        paid(lines=Lines.of([line(0)]), received=50)


def test_a_reader_takes_a_new_method_as_other_in_line_and_payment_alike() -> None:
    text = paid().data_json().replace('"cash"', '"wallet"')
    found = FeePaid.read(text)
    assert found.method is found.lines.methods[0] is PaymentMethod.OTHER
    assert PaymentMethod.OTHER.cashless
    assert not CASH.cashless


def test_cash_is_no_channel() -> None:
    with pytest.raises(ValidationError, match="cash is no channel"):
        PaymentChannelEnabled(
            school_id=ID,
            channel=CASH,
            version=1,
            enabled=True,
            day=DAY,
            channels=1,
            before_channels=0,
        )
