"""What a cell's changes mean to whoever inspects them: delete-and-re-enter stays visible."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from contracts.lists import ScoreState


class What(StrEnum):
    """What a change was."""

    ENTERED = "entered"
    """The first value, or the one of a make-up test."""
    CORRECTED = "corrected"
    DELETED = "deleted"
    RE_ENTERED = "re-entered"
    """A value where an earlier one had been deleted."""
    EXCUSED = "excused"
    ZERO_BY_RULE = "zero-by-rule"


@dataclass(frozen=True, slots=True)
class Step:
    """The value and state of a cell before and after one change."""

    before: int | None
    before_state: ScoreState | None
    after: int | None
    after_state: ScoreState | None


def explain(steps: Iterable[Step]) -> Iterator[tuple[What, int | None]]:
    """Say for each change of one cell, oldest first, what it was.

    Beside a re-entered value stands the one that had been deleted: whether deleting and entering
    again changed a result can be read off one line.
    """
    deleted: int | None = None
    for step in steps:
        what = _what(step, deleted)
        yield what, deleted if what is What.RE_ENTERED else None
        if step.after is not None:
            deleted = None
        elif step.before is not None:
            deleted = step.before


def _what(step: Step, deleted: int | None) -> What:
    match step.after_state:
        case ScoreState.EXCUSED:
            return What.EXCUSED
        case ScoreState.ZERO_BY_RULE:
            return What.ZERO_BY_RULE
        case _ if step.after is None:
            return What.DELETED
        case _ if step.before is not None:
            return What.CORRECTED
        case _:
            return What.ENTERED if deleted is None else What.RE_ENTERED
