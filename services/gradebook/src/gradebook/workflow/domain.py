"""What somebody should look at before a book is locked, and which pupils still lack a mark.

Marks are integer hundredths. Nothing here says that anybody did wrong: it says where to look.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from gradebook.scores.domain.saving import Cell

MANY = 10
"""Cells of one save that make it one in bulk."""
_FIRST_HOUR, _LAST_HOUR = time(6), time(22)
"""Outside of these hours hardly anybody enters a whole column."""
FEW = 8
"""Under so many marks nothing is told by their spread."""
_LEAST_SPREAD = 50
THRESHOLDS = (500, 650, 800)
"""The averages at which a study result changes (TT 22/2021 Art. 9(2))."""


class Kind(StrEnum):
    """What is unusual."""

    OUTLIER = "outlier"
    """A mark far from all others of its column: perhaps one row too high, or 10 for 1."""
    COLUMN_EQUAL = "column-equal"
    """Everybody has the same mark."""
    CROSSING = "crossing"
    """Corrections carried an average over 5.0, 6.5 or 8.0."""
    OFF_HOURS_BULK = "off-hours-bulk"
    """Many cells in one save, in the night."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One unusual thing: where, and whom it concerns."""

    kind: Kind
    sheet_id: str | None
    """None: it concerns the whole book."""
    pupils: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """Cells that one save of a sheet changed; ``at`` is local time."""

    sheet_id: str
    by: str
    at: datetime
    pupils: tuple[str, ...]


def missing(due: Collection[str], cells: Mapping[str, Cell]) -> Sequence[str]:
    """Give the pupils of a column who have neither a mark nor a state, in a fixed order."""
    return sorted(pupil for pupil in due if (cell := cells.get(pupil)) is None or cell.empty)


def unusual(
    marks: Mapping[str, Mapping[str, int]],
    averages: Mapping[str, tuple[int, int]],
    saves: Sequence[Saved],
    *,
    scored: bool,
) -> list[Anomaly]:
    """Say what should be looked at in a book.

    ``marks`` are a sheet's by pupil, ``averages`` a pupil's from the marks that were entered first
    and from those that stand. Where a subject is only commented, marks tell nothing.
    """
    found: list[Anomaly] = []
    if scored:
        for sheet_id, column in marks.items():
            found += _of_column(sheet_id, column)
        crossed = sorted(pupil for pupil, one in averages.items() if _band(one[0]) != _band(one[1]))
        if crossed:
            found.append(Anomaly(Kind.CROSSING, None, tuple(crossed)))
    found += _in_the_night(saves)
    return found


def _of_column(sheet_id: str, column: Mapping[str, int]) -> Iterator[Anomaly]:
    if len(column) < FEW:
        return
    values = sorted(column.values())
    if values[0] == values[-1]:
        yield Anomaly(Kind.COLUMN_EQUAL, sheet_id, tuple(sorted(column)))
        return
    # Tukey's far-out fences, over quartiles that are marks somebody has: no fractions.
    low, high = values[len(values) // 4], values[-1 - len(values) // 4]
    reach = 3 * max(high - low, _LEAST_SPREAD)
    far = sorted(p for p, mark in column.items() if not low - reach <= mark <= high + reach)
    if far:
        yield Anomaly(Kind.OUTLIER, sheet_id, tuple(far))


def _band(average: int) -> int:
    return sum(average >= threshold for threshold in THRESHOLDS)


def _in_the_night(saves: Sequence[Saved]) -> Iterator[Anomaly]:
    touched: defaultdict[str, set[str]] = defaultdict(set)
    for save in saves:
        if len(save.pupils) >= MANY and not _FIRST_HOUR <= save.at.time() < _LAST_HOUR:
            touched[save.sheet_id].update(save.pupils)
    for sheet_id, pupils in sorted(touched.items()):
        yield Anomaly(Kind.OFF_HOURS_BULK, sheet_id, tuple(sorted(pupils)))
