"""No small cell is shown, and none can be computed from what is shown."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ioc_aggregator.rollups.suppression import SMALLEST_SHOWN, hide


def tree(communes: Sequence[int]) -> Any:
    """Draw a whole with communes of so many schools each; give the borders and the school rows."""
    places = [SimpleNamespace(children=[], parent=-1)]
    schools = []
    for count in communes:
        commune = len(places)
        places[0].children.append(commune)
        places.append(SimpleNamespace(children=[], parent=0))
        for _ in range(count):
            places[commune].children.append(len(places))
            schools.append(len(places))
            places.append(SimpleNamespace(children=[], parent=commune))
    return SimpleNamespace(places=places), schools


def summed(borders: Any, schools: list[int], leaves: np.ndarray) -> np.ndarray:
    sums = np.zeros((len(borders.places), leaves.shape[1]), dtype=np.int64)
    sums[schools] = leaves
    for at in range(len(borders.places) - 1, 0, -1):
        sums[borders.places[at].parent] += sums[at]
    return sums


def solvable(lines: list[list[Any]], shown: set[Any]) -> set[Any]:
    """Give the cells that follow from the shown ones: of each line one follows from the others."""
    known = set(shown)
    while True:
        found = set()
        for cells in lines:
            unknown = [cell for cell in cells if cell not in known]
            if len(unknown) == 1:
                found.add(unknown[0])
        if not found:
            return known
        known |= found


counts = st.integers(0, 12)


@given(st.data())
def test_no_hidden_cell_follows_from_the_shown_ones(data: st.DataObject) -> None:
    borders, schools = tree(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    width = data.draw(st.integers(1, 4))
    leaves = np.array(
        [data.draw(st.lists(counts, min_size=width, max_size=width)) for _ in schools],
        dtype=np.int64,
    )
    parts = summed(borders, schools, leaves)
    base = np.hstack([parts.sum(axis=1, keepdims=True), parts])
    hidden = hide(base, borders, groups=[width])
    small = (base > 0) & (base < SMALLEST_SHOWN)
    assert hidden[small].all()
    lines = [[(place, column) for column in range(width + 1)] for place in range(len(base))]
    for place, node in enumerate(borders.places):
        if node.children:
            lines += [
                [(at, column) for at in (place, *node.children)] for column in range(width + 1)
            ]
    shown = {(p, c) for p, c in np.ndindex(base.shape) if not hidden[p, c]}
    secret = {(p, c) for p, c in np.ndindex(base.shape) if small[p, c]}
    assert not solvable(lines, shown) & secret


def test_a_lone_small_cell_takes_the_next_smallest_with_it() -> None:
    borders, schools = tree([3])
    base = summed(borders, schools, np.array([[3], [40], [20]]))
    assert hide(base, borders)[schools, 0].tolist() == [True, False, True]


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    borders, schools = tree([3, 2])
    base = summed(borders, schools, np.array([[0], [40], [20], [5], [6]]))
    assert not hide(base, borders).any()


def test_as_many_bins_are_hidden_as_sums_are_shown_and_one_more() -> None:
    borders, schools = tree([1])
    bins = np.zeros((1, 101), dtype=np.int64)
    bins[0, 40:50] = [2, 9, 8, 7, 20, 30, 31, 32, 33, 34]
    parts = summed(borders, schools, bins)
    base = np.hstack([parts.sum(axis=1, keepdims=True), parts])
    hidden = hide(base, borders, groups=[101], sums_shown=3)
    assert np.flatnonzero(hidden[schools[0]]).tolist() == [41, 42, 43, 44]


def test_the_only_cell_of_a_line_takes_the_total_with_it() -> None:
    borders, schools = tree([1, 1])
    base = summed(borders, schools, np.array([[3], [40]]))
    assert hide(base, borders)[:, 0].tolist() == [False, True, True, True, True]
