"""Which numbers of an indicator the public may not see, with all its breakdowns judged together."""

from dataclasses import dataclass

import numpy as np

from ioc_aggregator.indicators.indicator import Indicator
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
    base: Integers
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
    known: Hidden | None = None,
) -> Hidden:
    """Judge every number of an indicator; ``known`` is given back where nothing has changed."""
    if not numbers.any_small(state, indicator, period, suppression.SMALLEST_SHOWN):
        return _nothing(state, borders, indicator)
    parts = [numbers.table(state, borders, indicator, period).base]
    columns = {"": slice(0, 1)}
    for dim in indicator.dims:
        part = numbers.table(state, borders, indicator, period, by=dim).base
        begin = sum(other.shape[1] for other in parts)
        columns[dim] = slice(begin, begin + part.shape[1])
        parts.append(part)
    base = np.hstack(parts)
    if known is not None and known.borders is borders and np.array_equal(known.base, base):
        return known
    groups = [part.shape[1] for part in parts[1:]]
    marks = suppression.hide(base, borders, groups=groups)
    return Hidden(borders, base, marks, columns)


def _nothing(state: State, borders: Borders, indicator: Indicator) -> Hidden:
    """Mark nothing."""
    columns = {"": slice(0, 1)}
    width = 1
    for dim in indicator.dims:
        columns[dim] = slice(width, width + len(state.codes[dim]))
        width = columns[dim].stop
    shape = (len(borders.places), width)
    return Hidden(
        borders, np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_), columns
    )
