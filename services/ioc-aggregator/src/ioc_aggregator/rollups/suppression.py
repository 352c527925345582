"""Small cells are not for the public: fewer than five pupils are not shown, nor the next best.

A *line* is a set of cells and their total: the places below one, or the values of one dimension.
Where exactly one cell of a line is hidden it is the total less the others; so the next smallest is
hidden with it: a cell that counts somebody before one that counts nobody, the total last. Lines
share cells (a school stands below its commune and in its own line by grade), so this is repeated
until every line hides none or enough. All breakdowns of an indicator are judged together, so that
two answers cannot be subtracted from one another.
"""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ioc_aggregator.measures.cells import Integers

SMALLEST_SHOWN = 5

Marks: TypeAlias = NDArray[np.bool_]

_ZERO, _TOTAL, _HIDDEN = np.iinfo(np.int64).max - np.arange(3, 0, -1)
"""In the order in which cells are taken: after every count, one after the other."""


class _Place(Protocol):
    @property
    def children(self) -> list[int]: ...


class Tree(Protocol):
    """What is needed of the borders."""

    @property
    def places(self) -> Sequence[_Place]:
        """Every place, with those directly below it."""


def hide(
    base: Integers,
    tree: Tree,
    *,
    groups: Sequence[int] = (),
    sums_shown: int = 1,
) -> Marks:
    """Mark the cells ``[place, column]`` that the public may not see.

    Column 0 is the total; after it come ``groups`` of so many columns, each of which adds up to
    it. ``sums_shown`` different sums of a group are shown beside its cells (a histogram's count,
    sum and squares), so one more than that must be hidden.
    """
    hidden = (base > 0) & (base < SMALLEST_SHOWN)
    if not hidden.any():
        return hidden
    below = [
        np.array([*place.children, index])
        for index, place in enumerate(tree.places)
        if place.children
    ]
    begins = np.cumsum([1, *groups])
    beside = [
        np.array([*range(begin, begin + size), 0])
        for begin, size in zip(begins, groups, strict=False)
    ]
    marked = 0
    while marked != (marked := int(hidden.sum())):
        for line in below:
            hidden[line] = _completed(base[line].T, hidden[line].T, 1).T
        for line in beside:
            hidden[:, line] = _completed(base[:, line], hidden[:, line], sums_shown)
    return hidden


def _completed(cells: Integers, marks: Marks, sums_shown: int) -> Marks:
    """Hide more of each line that hides some but too few; a line's total is its last cell."""
    count = marks.sum(axis=1)
    needed = np.where(marks[:, -1], 2, sums_shown + 1)
    lacking = np.where(count > 0, needed - count, 0)
    for line in np.flatnonzero(lacking > 0):
        order = np.where(cells[line] > 0, cells[line], _ZERO)
        order[-1] = _TOTAL
        order[marks[line]] = _HIDDEN
        taken = np.argsort(order, kind="stable")[: lacking[line]]
        marks[line, taken] = True
    return marks
