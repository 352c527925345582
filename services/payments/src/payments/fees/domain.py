"""The rules of fee items and charges.

Sources: tuition is free at public schools from 2025-2026 (NĐ 238/2025/NĐ-CP); what else a school
collects needs a legal basis (a resolution of the province's council, or an agreement), and what is
voluntary is collected from those alone who agreed to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from contracts.lists import Ownership
from contracts.payments import FeeKind
from payments.ledger.domain import Owed


class FeeUnit(StrEnum):
    """What the price of an item is for."""

    DAY = "day"
    MONTH = "month"
    TERM = "term"
    YEAR = "year"
    ONCE = "once"


class ExemptionGroup(StrEnum):
    """Đối tượng miễn, giảm: who may be asked for less, where an item says so."""

    POOR_HOUSEHOLD = "poor-household"
    """Hộ nghèo."""
    NEAR_POOR_HOUSEHOLD = "near-poor-household"
    """Hộ cận nghèo."""
    DISABLED = "disabled"
    """Người khuyết tật."""
    ORPHAN = "orphan"
    """Mồ côi, không nơi nương tựa."""
    MERITORIOUS_FAMILY = "meritorious-family"
    """Con của người có công với cách mạng."""
    ETHNIC_MINORITY = "ethnic-minority"
    """Dân tộc thiểu số ở vùng khó khăn."""
    SOCIAL_PROTECTION = "social-protection"
    """Đối tượng bảo trợ xã hội."""
    SIBLING = "sibling"
    """Có anh chị em cùng trường."""
    STAFF_CHILD = "staff-child"
    """Con cán bộ, giáo viên, nhân viên của trường."""
    OTHER = "other"


_MOST: Mapping[FeeUnit, int] = {FeeUnit.DAY: 31, FeeUnit.ONCE: 99}
_TERMS = frozenset({"HK1", "HK2"})
_PERIODS: Mapping[FeeUnit, frozenset[str]] = {
    FeeUnit.TERM: _TERMS,
    FeeUnit.YEAR: frozenset({"CN"}),
    FeeUnit.ONCE: _TERMS | {"HE", "CN"},
}


def tuition_is_free(kind: FeeKind, ownership: Ownership) -> bool:
    """Tell whether the item is tuition that no pupil may be asked for (NĐ 238/2025)."""
    return kind is FeeKind.TUITION and ownership is Ownership.PUBLIC


def most_of(unit: FeeUnit) -> int:
    """Give how many units one charge may be for."""
    return _MOST.get(unit, 1)


def why_not_for(unit: FeeUnit, period: str, first_day: date, last_day: date) -> str | None:
    """Say why an item of this unit cannot be charged for a period; None if it can."""
    if unit in _PERIODS:
        wanted = _PERIODS[unit]
        return None if period in wanted else f"Kỳ thu phải là {' hoặc '.join(sorted(wanted))}."
    if not period[0].isdecimal():
        return "Khoản thu theo ngày hoặc tháng cần kỳ thu là một tháng, ví dụ 2026-11."
    if not f"{first_day:%Y-%m}" <= period <= f"{last_day:%Y-%m}":
        return f"Tháng {period} nằm ngoài năm học."
    return None


def owed(amount: int, quantity: int, percent: int) -> Owed:
    """Price a charge; a part of a đồng that an exemption leaves is the pupil's."""
    gross = amount * quantity
    return Owed(gross, -(-gross * percent // 100))


class ChargeFacts(NamedTuple):
    """A charge that exists, as far as the rules need it."""

    charge_id: str
    quantity: int
    exemption: ExemptionGroup | None
    owed: Owed


class Wanted(NamedTuple):
    """What a pupil shall be charged for; quantity 0 is nothing at all."""

    pupil_id: str
    quantity: int
    exemption: ExemptionGroup | None
    agreed_on: date | None = None


class Change(NamedTuple):
    """A pupil's charge, before and after; None where there is none."""

    wanted: Wanted
    before: ChargeFacts | None
    after: Owed | None


def assess(
    amount: int,
    percents: Mapping[ExemptionGroup, int],
    wanted: Iterable[Wanted],
    standing: Mapping[str, ChargeFacts],
) -> tuple[Sequence[Change], Sequence[Change]]:
    """Give the charges to be made, and those that stand with another amount (to be corrected).

    A charge that stands just so is neither: a round that is run again changes nothing.
    """
    new: list[Change] = []
    different: list[Change] = []
    for one in wanted:
        after = _price(amount, percents, one)
        before = standing.get(one.pupil_id)
        if before is None:
            new.append(Change(one, None, after))
        elif before.owed != after:
            different.append(Change(one, before, after))
    return new, different


def correct(
    amount: int,
    percents: Mapping[ExemptionGroup, int],
    wanted: Iterable[Wanted],
    standing: Mapping[str, ChargeFacts],
) -> Sequence[Change]:
    """Give the charges that change: everybody in ``wanted`` has one in ``standing``."""
    changes = []
    for one in wanted:
        before = standing[one.pupil_id]
        after = _price(amount, percents, one) if one.quantity else None
        if before.owed != after:
            changes.append(Change(one, before, after))
    return changes


def _price(amount: int, percents: Mapping[ExemptionGroup, int], one: Wanted) -> Owed:
    return owed(amount, one.quantity, percents[one.exemption] if one.exemption else 0)
