"""``gradebook.scores.v1``: sheets and saves become cells due, cells entered, sums, histograms.

This is the hot path: fifty million scores a year. Each save is decoded into the few fields that
select and change cells; everything after that is NumPy over the whole batch.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts import topics
from contracts.envelope import Envelope
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import Assessment, ColumnKind, Subject, Term
from ioc_aggregator.intake.folding import GRADES, Folded, Sparse, key_fault
from ioc_aggregator.measures.cells import Change, Integers, Key
from ioc_aggregator.measures.families import BINS, HISTOGRAM, REPORTED, SCORES

STREAM = topics.SCORES.name

_Score = Annotated[int, msgspec.Meta(ge=0, le=1000)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_NONE = -1
"""Stands for null in the arrays of values."""


class _Sheet(msgspec.Struct, gc=False):
    school_id: str
    school_year: str
    grade: str
    subject: str
    term: str
    kind: str


class _Opened(_Sheet, gc=False):
    cells_due: _Count
    before_cells_due: _Count


class _Entered(_Sheet, gc=False):
    after: Annotated[list[_Score | None], msgspec.Meta(min_length=1)]
    before: Sparse[_Score]


_OPENED = SheetOpened.type_name()
_ENTERED = ScoreEntered.type_name()
_DECODERS: dict[str, msgspec.json.Decoder[_Opened | _Entered]] = {
    _OPENED: msgspec.json.Decoder(_Opened),
    _ENTERED: msgspec.json.Decoder(_Entered),
}
_WIDTH = {str(s): 1 if s.assessment is Assessment.COMMENT else 10 for s in Subject}
"""How many units of a value fall into one bin."""
_TERMS = frozenset(str(term) for term in Term)
_KINDS = frozenset(str(kind) for kind in ColumnKind)
_COMMENT_VALUES = frozenset({0, 1, None})
_DUE, _COUNT, _CORRECTED, _SUM, _SQUARES = range(len(SCORES.columns))


class _Batch:
    """The saves of a batch as parallel lists: one entry per save, or per value."""

    def __init__(self) -> None:
        self.rows: dict[Key, int] = {}
        self.events: list[int] = []
        self.due: list[tuple[int, int]] = []
        self.saves: list[int] = []
        self.lengths: list[int] = []
        self.after: list[int | None] = []
        """Null is written as `_NONE`."""
        self.before_saves: list[int] = []
        self.before: list[int] = []

    def row(self, sheet: _Sheet) -> int | str:
        """Give the row of the sheet's key in this batch, or what is wrong with the key."""
        key = (
            sheet.school_id,
            sheet.school_year,
            sheet.grade,
            sheet.subject,
            sheet.term,
            sheet.kind,
        )
        row = self.rows.get(key)
        if row is not None:
            return row
        if sheet.grade not in GRADES:
            return "grade is not in the closed list"
        if sheet.subject not in _WIDTH:
            return "subject is not in the closed list"
        if sheet.term not in _TERMS:
            return "term is not in the closed list"
        if sheet.kind not in _KINDS:
            return "kind is not in the closed list"
        if (fault := key_fault(sheet.school_id, sheet.school_year)) is not None:
            return fault
        return self.rows.setdefault(key, len(self.rows))

    def add(self, row: int, save: _Entered) -> None:
        """Take one checked save."""
        after = save.after
        self.saves.append(row)
        self.lengths.append(len(after))
        if None in after:
            self.after += [_NONE if value is None else value for value in after]
        else:
            self.after += after
        if save.before.value:
            self.before_saves += [row] * len(save.before.value)
            self.before += save.before.value


def fold(events: Sequence[Envelope]) -> Folded:
    """Add and take back: a save adds its new values and subtracts those it replaces."""
    folded = Folded()
    batch = _Batch()
    for index, fact in folded.facts(events, _DECODERS):
        fault = _save_fault(fact) if isinstance(fact, _Entered) else None
        row = batch.row(fact) if fault is None else fault
        if isinstance(row, str):
            folded.refuse(index, row)
            continue
        batch.events.append(row)
        if isinstance(fact, _Entered):
            batch.add(row, fact)
        else:
            batch.due.append((row, fact.cells_due - fact.before_cells_due))
    keys = list(batch.rows)
    width = np.array([_WIDTH[key[3]] for key in keys], dtype=np.int64)
    sums, bins = _sums(batch, width)
    folded.delta.changes[SCORES.name] = Change.of(keys, sums)
    folded.delta.changes[HISTOGRAM.name] = Change.of(keys, bins)
    folded.delta.changes[REPORTED.name] = _reported(keys, batch.events)
    return folded


def _save_fault(save: _Entered) -> str | None:
    if (fault := save.before.fault(len(save.after))) is not None:
        return fault
    if _WIDTH.get(save.subject) == 1 and not (
        _COMMENT_VALUES.issuperset(save.after) and _COMMENT_VALUES.issuperset(save.before.value)
    ):
        return "a comment subject knows only 1 (Đạt) and 0 (Chưa đạt)"
    return None


def _sums(batch: _Batch, width: Integers) -> tuple[Integers, NDArray[np.int64]]:
    """Give per row of the batch the five sums, and the 101 bins."""
    sums = np.zeros((len(width), len(SCORES.columns)), dtype=np.int64)
    for row, due in batch.due:
        sums[row, _DUE] += due
    saves = np.array(batch.saves, dtype=np.int64)
    rows = np.repeat(saves, batch.lengths)
    after = np.array(batch.after, dtype=np.int64)
    entered = after != _NONE
    if not entered.all():
        rows, after = rows[entered], after[entered]
    before_rows = np.array(batch.before_saves, dtype=np.int64)
    before = np.array(batch.before, dtype=np.int64)
    for column, new, old in (
        (_COUNT, np.ones_like(after), np.ones_like(before)),
        (_SUM, after, before),
        (_SQUARES, after * after, before * before),
    ):
        into = sums[:, column]
        np.add.at(into, rows, new)
        np.subtract.at(into, before_rows, old)
    sums[:, _CORRECTED] = np.bincount(before_rows, minlength=len(width))
    cells = len(width) * BINS
    bins = np.bincount(rows * BINS + after // width[rows], minlength=cells)
    bins -= np.bincount(before_rows * BINS + before // width[before_rows], minlength=cells)
    return sums, bins.reshape(len(width), BINS)


def _reported(keys: Sequence[Key], events: Sequence[int]) -> Change:
    counts: Counter[Key] = Counter()
    for row, count in Counter(events).items():
        school, school_year, _grade, _subject, term, _kind = keys[row]
        counts[school, STREAM, school_year, term] += count
    return Change.count(counts)
