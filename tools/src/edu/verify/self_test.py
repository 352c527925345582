"""Does verify see what it is there to see? Two faults are planted in copies, and looked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from edu.verify.comparing import cells, compare, name_of
from edu.verify.dump import Dump
from edu.verify.log import Lane, Log
from edu.verify.recount import Cells, Recount


@dataclass(frozen=True, slots=True)
class Plant:
    """A fault put into a copy of the dump, and whether the comparison found exactly it."""

    what: str
    found: bool


def plant(dump: Dump, recount: Recount, log: Log) -> list[Plant]:
    """Change one cell of a copy, and drop one journal entry of another."""
    return [
        _changed_cell(dump, recount, log),
        *(_dropped_entry(dump, recount, log, entry) for entry in islice(_entries(dump, log), 1)),
    ]


def _changed_cell(dump: Dump, recount: Recount, log: Log) -> Plant:
    counted = sorted(cell for cell in dump.cells if cell[0] != "reported")
    cell = counted[len(counted) // 2]
    copy = replace(dump, cells={**dump.cells, cell: dump.cells[cell] + 1})
    return Plant(f"one more in {name_of(cell)}", _is_found(copy, dump, recount, log, {cell}))


def _entries(dump: Dump, log: Log) -> Iterator[tuple[str, Cells]]:
    """Yield, of the entries that the aggregator keeps, the latest one of each lane that counts.

    What an entry holds is what the log's records between its offsets say.
    """
    latest: dict[Lane, tuple[int, int]] = {}
    for lane, first, following in dump.journal:
        if following <= dump.positions.get(lane, 0):
            latest[lane] = max(latest.get(lane, (0, 0)), (first, following))
    for lane, (first, following) in sorted(latest.items()):
        if content := _between(log, lane, first, following):
            where = f"the journal entry of {lane[0]}/{lane[1]} from {first} to {following}"
            yield where, content


def _between(log: Log, lane: Lane, first: int, following: int) -> Cells:
    records = list(Log(log.bootstrap, {lane: following}))
    recount = Recount()
    recount.take(record for record in records if record.offset < first)
    before = dict(recount.cells)
    recount.take(record for record in records if record.offset >= first)
    return {
        cell: value - before.get(cell, 0)
        for cell, value in recount.cells.items()
        if value != before.get(cell, 0)
    }


def _dropped_entry(dump: Dump, recount: Recount, log: Log, entry: tuple[str, Cells]) -> Plant:
    what, content = entry
    without = dict(dump.cells)
    for cell, value in content.items():
        without[cell] = without.get(cell, 0) - value
    copy = replace(dump, cells=without)
    return Plant(f"without {what}", _is_found(copy, dump, recount, log, set(content)))


def _is_found(
    copy: Dump, dump: Dump, recount: Recount, log: Log, planted: set[tuple[str, object, str]]
) -> bool:
    """Tell whether the copy differs in what was planted, over what the dump differs in anyway."""
    known = {difference.cell for difference in cells(recount.cells, dump.cells)}
    found = {difference.cell for difference in compare(copy, recount, log).differences} - known
    return len(found & {d.cell for d in cells(dump.cells, copy.cells)}) == len(planted)
