"""Small cells are not for the public: fewer than five pupils are not shown, nor can be computed.

In a table of siblings whose total is shown, one hidden cell is the total less the others; so where
one cell is hidden the next smallest is hidden with it. Tables share cells (a school stands in the
table of its commune and in its own by grade), so the rule is repeated until every line holds it.
Nothing that is zero is hidden: nobody is counted there.
"""

import numpy as np
from numpy.typing import NDArray

from ioc_aggregator.measures.cells import Integers
from ioc_aggregator.rollups.borders import Borders

SMALLEST_SHOWN = 5


def hide(
    base: Integers,
    borders: Borders,
    *,
    totals_hidden: NDArray[np.bool_] | None = None,
    totals: int = 1,
    parents: list[int] | None = None,
) -> NDArray[np.bool_]:
    """Mark the cells ``[place, value]`` that the public may not see.

    Lines are: the children of a place, for each value (their total is the place's own cell); and,
    with ``totals_hidden``, the values of a place, of which ``totals`` different sums are shown
    unless marked there. ``parents`` limits the places looked at, to answer for one branch.
    """
    hidden = (base > 0) & (base < SMALLEST_SHOWN)
    if parents is None:
        parents = [index for index, place in enumerate(borders.places) if place.children]
    families = [(parent, np.array(borders.places[parent].children)) for parent in parents]
    rows = np.unique(np.concatenate([[0], *(children for _, children in families)]))
    changed = True
    while changed:
        changed = False
        for parent, children in families:
            needed = np.where(hidden[parent], 1, 2)
            changed |= _complete(base, hidden, children, needed, across=True)
        if totals_hidden is not None:
            needed = np.where(totals_hidden[rows], 1, totals + 1)
            changed |= _complete(base, hidden, rows, needed, across=False)
    return hidden


def _complete(
    base: Integers,
    hidden: NDArray[np.bool_],
    places: NDArray[np.int64],
    needed: Integers,
    *,
    across: bool,
) -> bool:
    """Hide the smallest shown cells of each line that hides some but too few.

    A line whose total is hidden (one is needed) must hide one even if none is small. Tells whether
    anything was hidden.
    """
    cells, marks = base[places], hidden[places]
    if across:
        cells, marks = cells.T, marks.T
    count = marks.sum(axis=1)
    shown = (cells > 0) & ~marks
    lacking = ((count > 0) | (needed == 1)) & (count < needed) & shown.any(axis=1)
    for line in np.flatnonzero(lacking):
        order = np.argsort(np.where(shown[line], cells[line], np.iinfo(np.int64).max))
        lack = min(needed[line] - count[line], shown[line].sum())
        for at in order[:lack]:
            if across:
                hidden[places[at], line] = True
            else:
                hidden[places[line], at] = True
    return bool(lacking.any())
