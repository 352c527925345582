"""Ours against theirs: every cell, every number that is shown, every promise of freshness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from edu.verify.catalogue import FORMULAS
from edu.verify.dump import Dump
from edu.verify.formulas import FRESHNESS
from edu.verify.log import Log
from edu.verify.numbers import Name, Number, Numbers
from edu.verify.recount import Cells, Key, Recount


@dataclass(frozen=True, slots=True)
class Difference:
    """One value on which the recount and the aggregator do not agree."""

    cell: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        """Give the line that a person reads."""
        return f"{self.cell}: ours {self.ours}, theirs {self.theirs}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many values were held against each other, and those that differ."""

    compared: int
    differences: tuple[Difference, ...]

    def and_of(self, where: str, other: Verdict) -> Verdict:
        """Add what was compared elsewhere."""
        named = (replace(one, cell=f"{where}: {one.cell}") for one in other.differences)
        return Verdict(self.compared + other.compared, (*self.differences, *named))


def compare(dump: Dump, recount: Recount, log: Log) -> Verdict:
    """Hold a dump to the recount of the log below its positions."""
    # Which school year is the current one is the page's choice; what stands under it is not.
    current = max((name[2] for name in dump.numbers if name[0] == FRESHNESS), default="")
    numbers = Numbers(recount, dump.day, dump.applied, current, dump.as_of)
    found = [
        *_positions(log),
        *cells(recount.cells, dump.cells),
        *_numbers(numbers, dump),
    ]
    compared = len({*_non_zero(recount.cells), *dump.cells})
    return Verdict(compared + len(dump.numbers), tuple(found))


def cells(ours: Cells, theirs: Cells) -> Iterator[Difference]:
    """Yield every cell whose value differs; a cell that is not there is 0."""
    for cell in sorted({*_non_zero(ours), *theirs}):
        left, right = ours.get(cell, 0), theirs.get(cell, 0)
        if left != right:
            yield Difference(name_of(cell), left, right)


def name_of(cell: tuple[str, Key, str]) -> str:
    """Give a cell's name as people read it."""
    family, key, name = cell
    return f"{family}[{_text(key)}].{name}"


def _positions(log: Log) -> Iterator[Difference]:
    for (topic, partition), end in sorted(log.short.items()):
        theirs = log.vector[topic, partition]
        yield Difference(f"end of the log of {topic}/{partition}", end, theirs)


def _numbers(numbers: Numbers, dump: Dump) -> Iterator[Difference]:
    wanted = {(name[0], tuple(dim for dim, _ in name[3])) for name in dump.numbers}
    ours = numbers.all(
        {(indicator, dims) for indicator, dims in wanted if indicator in FORMULAS}
        | {(indicator, ()) for indicator in FORMULAS}
    )
    periods = {name[2] for name in dump.numbers if name[0] == FRESHNESS}
    for period in periods or {""}:
        ours |= numbers.moments(period)
    for name, theirs in sorted(dump.numbers.items()):
        if name[0] not in (*FORMULAS, FRESHNESS):
            yield Difference(_name(name), "no formula to recount it by", theirs.numerator)
        elif name in ours or name[0] in FORMULAS:
            yield from _parts(name, ours.get(name) or numbers.zero(name), theirs)
        else:
            yield Difference(_name(name), "no such number", theirs.numerator)
    for name in sorted(ours.keys() - dump.numbers.keys()):
        if ours[name].counts:
            yield Difference(_name(name), ours[name].numerator, "not shown")


def _parts(name: Name, ours: Number, theirs: Number) -> Iterator[Difference]:
    for part in fields(Number):
        left, right = getattr(ours, part.name), getattr(theirs, part.name)
        if left != right:
            yield Difference(f"{_name(name)}.{part.name}", left, right)


def _non_zero(values: Cells) -> Iterator[tuple[str, Key, str]]:
    return (cell for cell, value in values.items() if value)


def _name(name: Name) -> str:
    indicator, unit, period, dims = name
    return f"{indicator}[unit={unit}, period={period}{', ' if dims else ''}{_text(dims)}]"


def _text(key: Key) -> str:
    return ", ".join(f"{name}={value}" for name, value in key)
