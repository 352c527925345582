"""Which numbers of an indicator the public may not see, with all its breakdowns judged together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ioc_aggregator.indicators.indicator import Indicator, Sum
from ioc_aggregator.measures.cells import Integers
from ioc_aggregator.rollups import numbers, suppression
from ioc_aggregator.rollups.borders import Borders
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.rollups.state import State
from ioc_aggregator.rollups.suppression import Marks


@dataclass(frozen=True, slots=True)
class Hidden:
    """The marks of the total and of each dimension's values, side by side."""

    borders: Borders
    bases: list[Integers]
    marks: Marks
    columns: dict[str, slice]

    def of(self, by: str | None) -> Marks:
        """Give the marks ``[place, value]`` of a breakdown; of the total without one."""
        return self.marks[:, self.columns[by or ""]]


def hidden_from_the_public(
    state: State,
    borders: Borders,
    indicator: Indicator,
    period: Period,
    *,
    day: date,
    known: Hidden | None = None,
) -> Hidden:
    """Judge every number of an indicator; ``known`` is given back where nothing has changed.

    A number is hidden where any of what it is judged by says so.
    """
    columns = {"": slice(0, 1)}
    width = 1
    for dim in indicator.dims:
        columns[dim] = slice(width, width + len(state.codes[dim]))
        width = columns[dim].stop
    marks = np.zeros((len(borders.places), width), dtype=np.bool_)
    if period.days is not None and "day" in indicator.fine_dims:
        # Sums of days on end can be subtracted from one another.
        return Hidden(borders, [], ~marks, columns)
    if not numbers.any_small(state, borders, indicator, period, suppression.SMALLEST_SHOWN):
        return Hidden(borders, [], marks, columns)
    judged = [(term, _own(indicator, term)) for term in indicator.judges]
    bases = [_base(state, borders, term, period, dims=dims, day=day) for term, dims in judged]
    if (
        known is not None
        and known.borders is borders
        and len(known.bases) == len(bases)
        and all(map(np.array_equal, known.bases, bases))
    ):
        return known
    for (_, dims), base in zip(judged, bases, strict=True):
        groups = [len(state.codes[dim]) for dim in dims]
        hidden = suppression.hide(base, borders, groups=groups)
        ends = np.cumsum([1, *groups])
        own = dict(zip(dims, np.split(hidden, ends[:-1], axis=1)[1:], strict=True))
        for dim, where in columns.items():
            # Where few stand behind the total, so do behind whatever it is split into.
            marks[:, where] |= own.get(dim, hidden[:, :1])
    return Hidden(borders, bases, marks, columns)


def _own(indicator: Indicator, term: Sum) -> list[str]:
    """Give the dimensions of an indicator that a sum knows."""
    return [dim for dim in indicator.dims if dim in term.family.dims]


def _base(
    state: State, borders: Borders, term: Sum, period: Period, *, dims: Sequence[str], day: date
) -> Integers:
    """Give how many stand behind the total and behind each value of each dimension."""
    return np.hstack(
        [numbers.sums(state, borders, term, period, day=day, by=by) for by in (None, *dims)]
    )
