"""``gradebook.scores.v1``: sheets and saves become cells due, cells entered, sums, histograms.

This is the hot path: fifty million scores a year. Each save is decoded into the few fields that
select and change cells; everything after that is NumPy over the whole batch.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
import numpy as np
from msgspec import field
from numpy.typing import NDArray

from contracts import topics
from contracts.envelope import Envelope, Whole, quick
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import Assessment, ColumnKind, Grade, Subject, Term
from ioc_aggregator.intake.bulk import NONE, Bulk, integers
from ioc_aggregator.intake.folding import Folded, Sparse, key_fault
from ioc_aggregator.measures.cells import Change, Delta, Integers, Key
from ioc_aggregator.measures.families import BINS, CORRECTIONS, HISTOGRAM, REPORTED, SCORES

STREAM = topics.SCORES.name

_MOST = 1000
_Score = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]

if TYPE_CHECKING:
    _Grade: TypeAlias = str
    _Subject: TypeAlias = str
    _Term: TypeAlias = str
    _Kind: TypeAlias = str
else:
    # Of each text there is one object, and its hash is known: keys are found sooner.
    _Grade, _Subject, _Term, _Kind = (
        Literal[tuple(map(str, values))] for values in (Grade, Subject, Term, ColumnKind)
    )


class _Sheet(msgspec.Struct, gc=False):
    school_id: str
    school_year: str
    grade: _Grade
    subject: _Subject
    term: _Term
    kind: _Kind


class _Opened(_Sheet, gc=False):
    cells_due: _Count
    before_cells_due: _Count


class _Entered(_Sheet, gc=False):
    after: Annotated[list[_Score | None], msgspec.Meta(min_length=1)]
    before: Sparse[_Score]


class _Either(_Sheet, gc=False):
    """Both of them, for reading in bulk; values are judged all together, and absent ones fail."""

    after: msgspec.Raw = msgspec.Raw()
    before: Sparse[_Score] = field(default_factory=lambda: Sparse([0], []))
    cells_due: _Count | None = None
    before_cells_due: _Count | None = None


_OPENED = SheetOpened.type_name()
_ENTERED = ScoreEntered.type_name()
_DECODERS: dict[str, msgspec.json.Decoder[_Opened | _Entered]] = {
    _OPENED: msgspec.json.Decoder(_Opened),
    _ENTERED: msgspec.json.Decoder(_Entered),
}
_KEY: Callable[[_Sheet], Key] = attrgetter(*_Sheet.__struct_fields__)
_WIDTH = {str(s): 1 if s.assessment is Assessment.COMMENT else 10 for s in Subject}
"""How many units of a value fall into one bin."""
_COMMENT_VALUES = frozenset({0, 1, None})
_DUE, _COUNT, _CORRECTED, _SUM, _SQUARES = range(len(SCORES.columns))
_THRESHOLDS = np.array([500, 650, 800])
"""Where a correction is worth a look: the limits of Đạt, Khá and Tốt."""


class _Rows(dict[Key, int]):
    """The keys of a batch, numbered as they come."""

    def __missing__(self, key: Key) -> int:
        row = self[key] = len(self)
        return row


@dataclass(frozen=True, slots=True)
class _Saves:
    """The saves of a batch as columns."""

    rows: Integers
    """The row of each save."""
    lengths: Integers
    """How many values each has."""
    after: NDArray[np.int16]
    """The values of all saves in a row."""
    replacing: Integers
    """Of each value that was there before, the number of its save."""
    at: Integers
    """And its place in it."""
    before: NDArray[np.int16]

    @classmethod
    def of(
        cls,
        rows: Sequence[int],
        before: Sequence[Sparse[int]],
        after: NDArray[np.int16],
        lengths: Integers,
    ) -> "_Saves":
        """Make the columns; in each ``before`` are as many places as values."""
        counts = [len(one.at) for one in before]
        return cls(
            np.array(rows, dtype=np.int64),
            lengths,
            after,
            np.repeat(np.arange(len(rows)), counts),
            np.array([at for one in before for at in one.at], dtype=np.int64),
            np.array([value for one in before for value in one.value], dtype=np.int16),
        )


def fold(events: Sequence[Envelope]) -> Folded:
    """Add and take back: a save adds its new values and subtracts those it replaces."""
    folded = Folded()
    rows = _Rows()
    heard: list[int] = []
    due: list[tuple[int, int]] = []
    saves: list[_Entered] = []
    of_saves: list[int] = []
    for index, fact in folded.facts(events, _DECODERS):
        fault = _save_fault(fact) if isinstance(fact, _Entered) else None
        key = _KEY(fact)
        if fault is None and key not in rows:
            fault = key_fault(*key[:2])
        if fault is not None:
            folded.refuse(index, fault)
            continue
        heard.append(rows[key])
        if isinstance(fact, _Entered):
            of_saves.append(rows[key])
            saves.append(fact)
        else:
            due.append((rows[key], fact.cells_due - fact.before_cells_due))
    after = [NONE if value is None else value for save in saves for value in save.after]
    columns = _Saves.of(
        of_saves,
        [save.before for save in saves],
        np.array(after, dtype=np.int16),
        np.array([len(save.after) for save in saves], dtype=np.int64),
    )
    keys = list(rows)
    folded.delta = _delta(keys, _comment(keys), heard, due, columns)
    return folded


def fold_documents(documents: Sequence[Whole[_Either]]) -> Delta | None:
    """Do as :func:`fold` does for documents that it would count without exception; else None."""
    sheets = [one.data for one in documents]
    rows = _Rows()
    # Written out, because it takes a third less than _KEY, and these are millions.
    heard = [
        rows[one.school_id, one.school_year, one.grade, one.subject, one.term, one.kind]
        for one in sheets
    ]
    keys = list(rows)
    if any(key_fault(*key[:2]) for key in keys):
        return None
    saves, of_saves = sheets, heard
    due: list[tuple[int, int]] = []
    types = [one.type for one in documents]
    if types.count(_ENTERED) != len(types):
        saves, of_saves = [], []
        for row, kind, sheet in zip(heard, types, sheets, strict=True):
            if kind == _ENTERED:
                saves.append(sheet)
                of_saves.append(row)
            elif (
                kind == _OPENED
                and sheet.cells_due is not None
                and sheet.before_cells_due is not None
            ):
                due.append((row, sheet.cells_due - sheet.before_cells_due))
            else:
                return None
    before = [save.before for save in saves]
    if [len(one.at) for one in before] != [len(one.value) for one in before]:
        return None
    read = integers([save.after for save in saves])
    if read is None:
        return None
    columns = _Saves.of(of_saves, before, *read)
    comment = _comment(keys)
    return _delta(keys, comment, heard, due, columns) if _sound(comment, columns) else None


def _sound(comment: NDArray[np.bool_], saves: _Saves) -> bool:
    """Judge the values of all saves together, as :func:`_save_fault` does one save's."""
    after, before = saves.after, saves.before
    if after.max(initial=0) > _MOST:
        return False
    if comment.any():
        of_after = np.repeat(saves.rows, saves.lengths)
        of_before = saves.rows[saves.replacing]
        if (after[comment[of_after]] > 1).any() or (before[comment[of_before]] > 1).any():
            return False
    ascending = (np.diff(saves.at) > 0) | (np.diff(saves.replacing) > 0)
    return bool(ascending.all() and (saves.at < saves.lengths[saves.replacing]).all())


def _delta(
    keys: Sequence[Key],
    comment: NDArray[np.bool_],
    heard: Sequence[int],
    due: Sequence[tuple[int, int]],
    saves: _Saves,
) -> Delta:
    """Add up: ``heard`` has the row of each event, ``due`` the cells that sheets gained."""
    sums, bins = _sums(comment, saves)
    for row, cells in due:
        sums[row, _DUE] += cells
    changes = {
        SCORES.name: Change.of(keys, sums),
        HISTOGRAM.name: Change.of(keys, bins),
        REPORTED.name: _reported(keys, heard),
    }
    if len(saves.before):
        changes[CORRECTIONS.name] = _corrections(keys, comment, saves)
    return Delta(changes)


BULK = Bulk(quick(_Either), fold_documents)


def _save_fault(save: _Entered) -> str | None:
    if (fault := save.before.fault(len(save.after))) is not None:
        return fault
    if _WIDTH[save.subject] == 1 and not (
        _COMMENT_VALUES.issuperset(save.after) and _COMMENT_VALUES.issuperset(save.before.value)
    ):
        return "a comment subject knows only 1 (Đạt) and 0 (Chưa đạt)"
    return None


def _comment(keys: Sequence[Key]) -> NDArray[np.bool_]:
    """Mark the rows of subjects that are assessed by comment."""
    return np.array([_WIDTH[key[3]] == 1 for key in keys], dtype=np.bool_)


def _sums(comment: NDArray[np.bool_], saves: _Saves) -> tuple[Integers, Integers]:
    """Give per row of the batch the five sums, and the 101 bins."""
    size = len(comment)
    rows, after = np.repeat(saves.rows, saves.lengths), saves.after
    entered = after != NONE
    if not entered.all():
        rows, after = rows[entered], after[entered]
    before_rows, before = saves.rows[saves.replacing], saves.before
    sums = np.zeros((len(SCORES.columns), size), dtype=np.int64)
    for way, at, values in ((np.add.at, rows, after), (np.subtract.at, before_rows, before)):
        # The values of a save stand together: one addition each, not one for every value.
        starts = np.flatnonzero(np.diff(at, prepend=-1))
        if len(starts):
            squares = values.astype(np.int32) ** 2
            heads = at[starts]
            way(sums[_COUNT], heads, np.diff(starts, append=len(at)))
            way(sums[_SUM], heads, np.add.reduceat(values, starts, dtype=np.int64))
            way(sums[_SQUARES], heads, np.add.reduceat(squares, starts, dtype=np.int64))
    sums[_CORRECTED] = np.bincount(before_rows, minlength=size)
    cells = size * BINS
    bins = np.bincount(_cells(rows, after, comment), minlength=cells)
    if len(before):
        bins -= np.bincount(_cells(before_rows, before, comment), minlength=cells)
    return sums.T, bins.reshape(size, BINS)


def _cells(rows: Integers, values: NDArray[np.int16], comment: NDArray[np.bool_]) -> Integers:
    """Give where each value is counted among the bins of all rows."""
    bins = values // np.int16(10)
    if comment.any():
        bins = np.where(comment[rows], values, bins)
    return rows * BINS + bins


def _corrections(keys: Sequence[Key], comment: NDArray[np.bool_], saves: _Saves) -> Change:
    """Count the saves over a value that raised it, and those that took it over a threshold."""
    rows, before = saves.rows[saves.replacing], saves.before
    first = np.cumsum(saves.lengths) - saves.lengths
    instead = saves.after[first[saves.replacing] + saves.at]
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


def _reported(keys: Sequence[Key], heard: Sequence[int]) -> Change:
    counts: Counter[Key] = Counter()
    for (school, school_year, _, _, term, _), count in zip(
        keys, np.bincount(heard, minlength=len(keys)).tolist() if heard else (), strict=True
    ):
        counts[school, STREAM, school_year, term] += count
    return Change.count(counts)
