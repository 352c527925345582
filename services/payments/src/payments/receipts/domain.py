"""The allocation rule (quy tắc phân bổ): what a payment settles, and in which order.

Oldest due date first; on the same day the mandatory before the voluntary; then as they were
created. A charge is filled before the next one begins. What no charge needs is the pupil's credit,
which settles later charges only when somebody asks for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar


class Unpaid(Protocol):
    """A charge, as far as the rule looks at it."""

    @property
    def charge_id(self) -> str: ...  # noqa: D102
    @property
    def due_on(self) -> date: ...  # noqa: D102
    @property
    def mandatory(self) -> bool: ...  # noqa: D102
    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def outstanding(self) -> int: ...  # noqa: D102


U = TypeVar("U", bound=Unpaid)


class Allocation(NamedTuple):
    """What settles which charge, and what is left over."""

    settled: Mapping[str, int]
    left: int


def in_order(charges: Iterable[U]) -> Sequence[U]:
    """Sort charges as money settles them."""
    return sorted(charges, key=lambda one: (one.due_on, not one.mandatory, one.number))


def allocate(amount: int, charges: Iterable[Unpaid]) -> Allocation:
    """Fill charges in order until the money or the charges end."""
    settled: dict[str, int] = {}
    for charge in in_order(charges):
        part = min(amount, charge.outstanding)
        if part:
            settled[charge.charge_id] = part
            amount -= part
    return Allocation(settled, amount)


class _Left(NamedTuple):
    charge_id: str
    due_on: date
    mandatory: bool
    number: int
    outstanding: int


def use_credit(
    credit: Iterable[tuple[str, int]], charges: Iterable[Unpaid]
) -> Mapping[str, Mapping[str, int]]:
    """Let what is left of earlier payments, oldest first, settle charges: payment → charge → part.

    A payment of which nothing is needed does not stand in the answer.
    """
    used: dict[str, Mapping[str, int]] = {}
    open_ = [
        _Left(one.charge_id, one.due_on, one.mandatory, one.number, one.outstanding)
        for one in charges
    ]
    for payment_id, left in credit:
        settled = allocate(left, open_).settled
        if settled:
            used[payment_id] = settled
        open_ = [
            one._replace(outstanding=one.outstanding - settled.get(one.charge_id, 0))
            for one in open_
        ]
    return used


def free(surplus: int, settled: Sequence[tuple[str, int]]) -> Mapping[str, int]:
    """Say which payments give back ``surplus`` of a charge: the last that settled it first.

    ``settled`` is (payment, part) in the order in which they settled.
    """
    freed: dict[str, int] = {}
    for payment_id, part in reversed(settled):
        if surplus and part:
            freed[payment_id] = min(surplus, part)
            surplus -= freed[payment_id]
    if surplus:
        raise ValueError("more is given back than was paid")
    return freed


class ReversalState(StrEnum):
    """How far a reversal is: one person asks, another decides."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"


class UnmatchedReason(StrEnum):
    """Why money could not be given to a pupil when it came."""

    UNKNOWN_REFERENCE = "unknown-reference"
    """Mã thanh toán không có."""
    WRONG_AMOUNT = "wrong-amount"
    """Số tiền khác với yêu cầu thanh toán."""
    PAID_TWICE = "paid-twice"
    """Yêu cầu thanh toán đã được trả một lần."""
    REFUSED = "refused"
    """Không ghi được cho học sinh, such as one who has left."""
