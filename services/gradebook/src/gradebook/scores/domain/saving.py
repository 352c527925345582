"""What a save does to the cells of a sheet: which change, which are refused, and why.

A cell's version counts its changes; 0 is a cell that nobody has touched. Whoever saves names the
version they saw, so that nobody overwrites what they did not see.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from contracts.lists import CorrectionReason, ScoreState
from gradebook.scores.domain import marks
from gradebook.scores.domain.marks import NotAMarkError, Scale


class Cell(NamedTuple):
    """A cell as it is."""

    version: int = 0
    value: int | None = None
    state: ScoreState | None = None

    @property
    def empty(self) -> bool:
        """Whether it has neither a value nor a state, so that filling it corrects nothing."""
        return self.value is None and self.state is None


UNTOUCHED = Cell()


class Entry(NamedTuple):
    """What somebody wants a cell to be."""

    pupil_id: str
    score: str | None
    state: ScoreState | None
    version: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an entry cannot be taken: where in it, what is wrong, how to put it right."""

    row: int
    field: str
    what: str
    how: str


class Change(NamedTuple):
    """A cell that becomes another."""

    row: int
    pupil_id: str
    before: Cell
    after: Cell


@dataclass(frozen=True, slots=True)
class Decision:
    """What a save would do. Nothing is done unless ``faults`` and ``stale`` are empty."""

    changes: Sequence[Change]
    faults: Sequence[Fault]
    stale: Sequence[int]
    """The rows whose cell has changed since its version was read."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why cells that had something are changed."""

    code: CorrectionReason | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Save:
    """What somebody wants some cells of one sheet to be."""

    sheet_id: str
    entries: Sequence[Entry]
    day: date | None
    """The school day on which the scores were given; today if it is not said."""
    reason: Reason
    where: str = ""
    """What the places of its errors begin with."""


def decide(
    save: Save, cells: Mapping[str, Cell], in_class: Collection[str], scale: Scale
) -> Decision:
    """Compare what is wanted with what is. A cell that is as wanted does not change.

    A pupil who left the class keeps the cells that were touched before: those can be corrected.
    """
    changes: list[Change] = []
    faults: list[Fault] = []
    stale: list[int] = []
    seen: set[str] = set()
    for row, entry in enumerate(save.entries):
        before = cells.get(entry.pupil_id, UNTOUCHED)
        wanted = _wanted(entry, row, scale)
        if entry.pupil_id in seen:
            faults.append(
                Fault(row, "pupil_id", "có hai dòng trong lần lưu này", "Bỏ một trong hai dòng.")
            )
        elif entry.pupil_id not in in_class and entry.pupil_id not in cells:
            faults.append(
                Fault(row, "pupil_id", "không học lớp này", "Tải lại danh sách lớp rồi nhập lại.")
            )
        elif isinstance(wanted, Fault):
            faults.append(wanted)
        elif wanted != (before.value, before.state):
            if entry.version != before.version:
                stale.append(row)
            else:
                after = Cell(before.version + 1, *wanted)
                changes.append(Change(row, entry.pupil_id, before, after))
        seen.add(entry.pupil_id)
    faults += [
        Fault(change.row, "score", "đã có điểm, muốn sửa hoặc xoá phải có lý do", _ADD_A_REASON)
        for change in changes
        if not change.before.empty and not _explains(save.reason)
    ]
    return Decision(changes, faults, stale)


_ADD_A_REASON = "Gửi kèm reason_code; với “other” thì ghi rõ ở reason."


def _explains(reason: Reason) -> bool:
    if reason.code is CorrectionReason.OTHER:
        return bool(reason.text and reason.text.strip())
    return reason.code is not None


def _wanted(entry: Entry, row: int, scale: Scale) -> tuple[int | None, ScoreState | None] | Fault:
    if entry.state is ScoreState.OTHER:
        return Fault(row, "state", "có trạng thái không dùng được", _STATES)
    value = None
    if entry.score is not None:
        try:
            value = marks.read(entry.score, scale)
        except NotAMarkError as error:
            return Fault(row, "score", f"điểm {error}", f"Nhập {scale.value}.")
    if entry.state is ScoreState.EXCUSED and value is not None:
        return Fault(row, "score", "được phép vắng nên chưa có điểm", "Bỏ điểm hoặc bỏ trạng thái.")
    if entry.state is ScoreState.ZERO_BY_RULE:
        if value not in (None, 0):
            return Fault(
                row, "score", "bị tính 0 theo quy chế nên không có điểm khác", "Bỏ điểm này."
            )
        value = 0
    return value, entry.state


_STATES = "Dùng “excused” (vắng có phép) hoặc “zero-by-rule” (0 điểm theo quy chế)."
