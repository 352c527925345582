"""``gradebook.scores.v1``: sheets and saves become cells due, cells entered, sums, histograms.

This is the hot path: fifty million scores a year. Each save is decoded into the few fields that
select and change cells; everything after that is NumPy over the whole batch.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Annotated

import msgspec
import numpy as np
from msgspec import field
from numpy.typing import NDArray

from contracts import topics
from contracts.envelope import Envelope, Whole, quick
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import Assessment, ColumnKind, Subject, Term
from ioc_aggregator.intake.bulk import NONE, Bulk, integers
from ioc_aggregator.intake.folding import GRADES, Folded, Sparse, key_fault
from ioc_aggregator.measures.cells import Change, Delta, Integers, Key
from ioc_aggregator.measures.families import BINS, CORRECTIONS, HISTOGRAM, REPORTED, SCORES

STREAM = topics.SCORES.name

_MOST = 1000
_Score = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


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


class _Either(_Sheet, gc=False):
    """Both of them, for reading in bulk; values are judged all together, and absent ones fail."""

    after: msgspec.Raw = msgspec.Raw()
    before: Sparse[int] = field(default_factory=lambda: Sparse([0], []))
    cells_due: _Count | None = None
    before_cells_due: _Count | None = None


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
_THRESHOLDS = np.array([500, 650, 800])
"""Where a correction is worth a look: the limits of Đạt, Khá and Tốt."""


class _Batch:
    """What a batch changes as parallel lists: one entry per event, per save, or per value."""

    def __init__(self) -> None:
        self.rows: dict[Key, int] = {}
        self.events: list[int] = []
        self.due: list[tuple[int, int]] = []
        self.saves: list[int] = []
        self.before_saves: list[int] = []
        self.before: list[int] = []
        self.at: list[int] = []
        """The place of each of `before` in its save, and in `replacing` the number of that save."""
        self.replacing: list[int] = []

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

    def replace(self, row: int, at: Sequence[int], before: Sequence[int]) -> None:
        """Take the values that the save replaces which comes next."""
        self.before_saves += [row] * len(before)
        self.before += before
        self.at += at
        self.replacing += [len(self.saves)] * len(before)

    def delta(self, after: NDArray[np.int16], lengths: Integers) -> Delta:
        """Add up: ``after`` holds the values of all saves in a row, ``lengths`` how many each."""
        keys = list(self.rows)
        comment = _comment(keys)
        sums, bins = _sums(self, comment, after, lengths)
        changes = {
            SCORES.name: Change.of(keys, sums),
            HISTOGRAM.name: Change.of(keys, bins),
            REPORTED.name: _reported(keys, self.events),
        }
        if self.before:
            first = (np.cumsum(lengths) - lengths)[np.array(self.replacing)]
            changes[CORRECTIONS.name] = _corrections(
                self, keys, comment, after[first + np.array(self.at)]
            )
        return Delta(changes)


def fold(events: Sequence[Envelope]) -> Folded:
    """Add and take back: a save adds its new values and subtracts those it replaces."""
    folded = Folded()
    batch = _Batch()
    values: list[int] = []
    lengths: list[int] = []
    for index, fact in folded.facts(events, _DECODERS):
        fault = _save_fault(fact) if isinstance(fact, _Entered) else None
        row = batch.row(fact) if fault is None else fault
        if isinstance(row, str):
            folded.refuse(index, row)
            continue
        batch.events.append(row)
        if isinstance(fact, _Entered):
            batch.replace(row, fact.before.at, fact.before.value)
            batch.saves.append(row)
            lengths.append(len(fact.after))
            values += [NONE if value is None else value for value in fact.after]
        else:
            batch.due.append((row, fact.cells_due - fact.before_cells_due))
    after = np.array(values, dtype=np.int16)
    folded.delta = batch.delta(after, np.array(lengths, dtype=np.int64))
    return folded


def fold_documents(documents: Sequence[Whole[_Either]]) -> Delta | None:
    """Do as :func:`fold` does for documents that it would count without exception; else None."""
    batch = _Batch()
    keys = [
        (
            (sheet := one.data).school_id,
            sheet.school_year,
            sheet.grade,
            sheet.subject,
            sheet.term,
            sheet.kind,
        )
        for one in documents
    ]
    first = dict(zip(keys, documents, strict=True))
    if any(isinstance(batch.row(one.data), str) for one in first.values()):
        return None
    batch.events = list(map(batch.rows.__getitem__, keys))
    saves: list[_Either] = []
    for row, document in zip(batch.events, documents, strict=True):
        sheet = document.data
        if document.type == _ENTERED:
            batch.saves.append(row)
            saves.append(sheet)
        elif (
            document.type == _OPENED
            and sheet.cells_due is not None
            and sheet.before_cells_due is not None
        ):
            batch.due.append((row, sheet.cells_due - sheet.before_cells_due))
        else:
            return None
    at = [save.before.at for save in saves]
    before = [save.before.value for save in saves]
    lengths = list(map(len, at))
    if lengths != list(map(len, before)):
        return None
    batch.at, batch.before = list(chain.from_iterable(at)), list(chain.from_iterable(before))
    if batch.at:
        batch.before_saves = np.repeat(batch.saves, lengths).tolist()
        batch.replacing = np.repeat(np.arange(len(saves)), lengths).tolist()
    return _checked(batch, [save.after for save in saves])


def _checked(batch: _Batch, texts: Sequence[msgspec.Raw]) -> Delta | None:
    """Judge the values of a bulk all together, and add up if every one of them is right."""
    if not texts:
        none = np.zeros(0, dtype=np.int64)
        return batch.delta(none.astype(np.int16), none)
    read = integers(texts)
    if read is None:
        return None
    after, lengths = read
    most = np.where(_comment(list(batch.rows)), 1, _MOST).astype(np.int16)
    sound = (after <= np.repeat(most[np.array(batch.saves)], lengths)).all()
    if batch.at:
        at, replacing = np.array(batch.at), np.array(batch.replacing)
        before = np.array(batch.before)
        ascending = (np.diff(at) > 0) | (np.diff(replacing) > 0)
        sound = (
            sound
            and at.min() >= 0
            and (at < lengths[replacing]).all()
            and ascending.all()
            and before.min() >= 0
            and (before <= most[np.array(batch.before_saves)]).all()
        )
    return batch.delta(after, lengths) if sound else None


BULK = Bulk(quick(_Either), fold_documents)


def _save_fault(save: _Entered) -> str | None:
    if (fault := save.before.fault(len(save.after))) is not None:
        return fault
    if _WIDTH.get(save.subject) == 1 and not (
        _COMMENT_VALUES.issuperset(save.after) and _COMMENT_VALUES.issuperset(save.before.value)
    ):
        return "a comment subject knows only 1 (Đạt) and 0 (Chưa đạt)"
    return None


def _comment(keys: Sequence[Key]) -> NDArray[np.bool_]:
    """Mark the rows of subjects that are assessed by comment."""
    return np.array([_WIDTH[key[3]] == 1 for key in keys], dtype=np.bool_)


def _sums(
    batch: _Batch, comment: NDArray[np.bool_], after: NDArray[np.int16], lengths: Integers
) -> tuple[Integers, Integers]:
    """Give per row of the batch the five sums, and the 101 bins."""
    sums = np.zeros((len(comment), len(SCORES.columns)), dtype=np.int64)
    for row, due in batch.due:
        sums[row, _DUE] += due
    saves = np.array(batch.saves, dtype=np.int64)
    rows = np.repeat(saves, lengths)
    entered = after != NONE
    if not entered.all():
        rows, after = rows[entered], after[entered]
        lengths = np.add.reduceat(entered, np.cumsum(lengths) - lengths, dtype=np.int64)
    before_rows = np.array(batch.before_saves, dtype=np.int64)
    before = np.array(batch.before, dtype=np.int16)
    for way, at, values in ((np.add.at, rows, after), (np.subtract.at, before_rows, before)):
        # The values of a save stand together: one addition each, not one for every value.
        starts = np.flatnonzero(np.diff(at, prepend=-1))
        if len(starts):
            squares = values.astype(np.int32) ** 2
            heads = at[starts]
            way(sums[:, _SUM], heads, np.add.reduceat(values, starts, dtype=np.int64))
            way(sums[:, _SQUARES], heads, np.add.reduceat(squares, starts, dtype=np.int64))
    corrected = np.bincount(before_rows, minlength=len(comment))
    np.add.at(sums[:, _COUNT], saves, lengths)
    sums[:, _COUNT] -= corrected
    sums[:, _CORRECTED] = corrected
    cells = len(comment) * BINS
    bins = np.bincount(_cells(rows, after, comment), minlength=cells)
    if len(before):
        bins -= np.bincount(_cells(before_rows, before, comment), minlength=cells)
    return sums, bins.reshape(len(comment), BINS)


def _cells(rows: Integers, values: NDArray[np.int16], comment: NDArray[np.bool_]) -> Integers:
    """Give where each value is counted among the bins of all rows."""
    bins = values // np.int16(10)
    if comment.any():
        bins = np.where(comment[rows], values, bins)
    return rows * BINS + bins


def _corrections(
    batch: _Batch, keys: Sequence[Key], comment: NDArray[np.bool_], instead: NDArray[np.int16]
) -> Change:
    """Count the saves over a value that raised it, and those that took it over a threshold.

    ``instead`` holds what stands there now, or ``NONE``.
    """
    rows = np.array(batch.before_saves, dtype=np.int64)
    before = np.array(batch.before, dtype=np.int64)
    crossed = np.searchsorted(_THRESHOLDS, before, "right") != np.searchsorted(
        _THRESHOLDS, instead, "right"
    )
    # A comment has no points, and a cell that was emptied crosses nothing.
    crossed &= (instead != NONE) & ~comment[rows]
    sums = np.zeros((len(keys), len(CORRECTIONS.columns)), dtype=np.int64)
    sums[:, 0] = np.bincount(rows[instead > before], minlength=len(keys))
    sums[:, 1] = np.bincount(rows[crossed], minlength=len(keys))
    used = np.flatnonzero(sums.any(axis=1)).tolist()
    return Change.of([keys[row] for row in used], sums[used])


def _reported(keys: Sequence[Key], events: Sequence[int]) -> Change:
    counts: Counter[Key] = Counter()
    for row, count in Counter(events).items():
        school, school_year, _grade, _subject, term, _kind = keys[row]
        counts[school, STREAM, school_year, term] += count
    return Change.count(counts)
