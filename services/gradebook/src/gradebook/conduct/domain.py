"""What a save makes of conduct: which rows change, and which changed since they were read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.results import Conduct as Level

LEVELS = (Level.GOOD, Level.FAIR, Level.SATISFACTORY, Level.UNSATISFACTORY)
"""Tốt, Khá, Đạt, Chưa đạt (TT 22/2021 Art. 8)."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands of a pupil; version 0: nothing was written yet."""

    version: int = 0
    level: Level | None = None
    remark: str | None = None
    absences: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a pupil's row should be, and the version that was seen."""

    pupil_id: str
    version: int
    level: Level | None
    remark: str | None
    absences: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a save does: rows to write, and rows that cannot be taken, by their place in it."""

    changes: Sequence[tuple[Entry, Row]]
    strangers: Sequence[int]
    stale: Sequence[int]


def decide(
    entries: Sequence[Entry], standing: Mapping[str, Row], seated: Collection[str]
) -> Decision:
    """Say what a save does. A row that already is as wanted is no change."""
    changes, strangers, stale = [], [], []
    for at, one in enumerate(entries):
        row = standing.get(one.pupil_id, Row())
        if one.pupil_id not in seated:
            strangers.append(at)
        elif (row.level, row.remark, row.absences) == (one.level, one.remark, one.absences):
            continue
        elif row.version != one.version:
            stale.append(at)
        else:
            changes.append((one, row))
    return Decision(changes, strangers, stale)
