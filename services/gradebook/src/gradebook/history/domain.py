"""What changes of a cell amount to: deleting and entering again is one edit, with its true effect.

A cell's *standing* value is the last one that it had, also while it is empty. An **edit** is a
change after which the cell has another value than the one that stood: a correction, or what was
entered after a deletion. Whoever deletes 8 and enters 8 again edited nothing; whoever deletes 8 and
enters 9 raised it, whatever lay between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What all changes of a cell together did to it."""

    RAISED = "raised"
    LOWERED = "lowered"
    UNCHANGED = "unchanged"
    """It was changed, or deleted and entered again, and is what it was."""
    REMOVED = "removed"
    """It had a value and has none."""


TRUE_EFFECTS = frozenset(Effect) - {Effect.UNCHANGED}


@dataclass(frozen=True, slots=True)
class Net:
    """A cell before and after all changes of a period: hundredths, or Đạt 1 and Chưa đạt 0.

    ``before`` stood when the period began; of a cell that had none it is the first value entered
    in the period.
    """

    before: int | None
    after: int | None
    effect: Effect


def edits(after: Sequence[int | None]) -> list[int | None]:
    """Give beside each change of one cell, oldest first, the value that it edited; else None."""
    standing: int | None = None
    edited: list[int | None] = []
    for value in after:
        changed = value is not None and standing is not None and value != standing
        edited.append(standing if changed else None)
        standing = standing if value is None else value
    return edited


def net(earlier: Sequence[int | None], within: Sequence[int | None]) -> Net:
    """Say what the changes ``within`` a period did, after those ``earlier``; values after each."""
    known = [value for value in (*earlier, *within) if value is not None]
    stood = [value for value in earlier if value is not None]
    before = stood[-1] if stood else known[0] if known else None
    return Net(before, within[-1], _effect(before, within[-1]))


def _effect(before: int | None, after: int | None) -> Effect:
    if before == after:
        return Effect.UNCHANGED
    if after is None:
        return Effect.REMOVED
    # Where nothing stood before, `before` is a value of the period itself.
    return Effect.RAISED if before is None or after > before else Effect.LOWERED
