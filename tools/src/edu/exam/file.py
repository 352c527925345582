"""The result file: read whole, with every fault named by row and column, before anything is sent.

One row is one candidate. ``SBD`` (số báo danh) is the candidate's number; a column named after a
subject of the upper-secondary examination holds scores from 0 to 10 with at most two decimals, or
nothing where the candidate did not sit the paper. ``STT`` and ``MA_TINH`` are not used, nor are the
totals of admission groups (``A00`` … ``D01``).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contracts.lists import Assessment, Level, Subject
from edu.failure import Failure

CANDIDATE = "SBD"
UNUSED = frozenset({"STT", "MA_TINH"})
SUBJECTS = frozenset(
    str(subject)
    for subject in Subject
    if subject.assessment is Assessment.SCORE and Level.THPT in subject.levels
)
SHOWN = 50

_TOTAL = re.compile(r"[A-Z][0-9]{2}")
_CANDIDATE = re.compile(r"[0-9]{1,12}")
_SCORE = re.compile(r"(?:[0-9](?:\.[0-9]{1,2})?|10(?:\.0{1,2})?)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row: the number, and the score in hundredths of every paper that was sat."""

    number: str
    scores: dict[str, int]


@dataclass(frozen=True, slots=True)
class ExamFile:
    """A file without a fault. ``digest`` is the SHA-256 of its bytes."""

    digest: str
    subjects: tuple[str, ...]
    candidates: tuple[Candidate, ...]

    @property
    def scores(self) -> int:
        """How many papers were sat."""
        return sum(len(candidate.scores) for candidate in self.candidates)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, and what to write instead."""

    row: int
    column: str | None
    what: str
    how: str

    def __str__(self) -> str:
        """Give the line that a person reads."""
        where = f"row {self.row}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.what}. {self.how}."


class FileRefused(Failure):
    """The file has faults; nothing of it was sent anywhere."""

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        """Show the first faults and count the rest."""
        self.faults = tuple(faults)
        lines = [f"  {fault}" for fault in faults[:SHOWN]]
        if len(faults) > SHOWN:
            lines.append(f"  … and {len(faults) - SHOWN} more")
        count = f"{len(faults)} fault" + ("s" if len(faults) > 1 else "")
        super().__init__(f"{path} was refused, nothing was written: {count}\n" + "\n".join(lines))


def read(path: Path) -> ExamFile:
    """Read and check the whole file.

    Raises:
        FileRefused: it has at least one fault; all of them are named.
        Failure: it cannot be opened.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.") from None
    reading = _Reading()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        reading.fault(row, None, "the text is not UTF-8", "Save the file as CSV UTF-8")
    else:
        reading.read(text)
    if reading.faults:
        raise FileRefused(path, reading.faults)
    digest = hashlib.sha256(content).hexdigest()
    return ExamFile(digest, tuple(reading.subjects.values()), tuple(reading.candidates))


@dataclass(slots=True)
class _Reading:
    """One pass over a file: what was understood of it, and every fault."""

    faults: list[Fault] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    subjects: dict[int, str] = field(default_factory=dict)
    """The column's place → the subject's code."""
    number_at: int | None = None
    width: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    """The candidate's number → its first row."""

    def fault(self, row: int, column: str | None, what: str, how: str) -> None:
        self.faults.append(Fault(row, column, what, how))

    def read(self, text: str) -> None:
        lines = _lines(text, self)
        header = next(lines, None)
        if header is None:
            self.fault(1, None, "the file is empty", f"The first row names the columns: {_WANTED}")
            return
        self.header(*header)
        if self.faults:
            return
        for row, cells in lines:
            self.row(row, cells)
        if not self.candidates and not self.faults:
            self.fault(2, None, "there is no candidate", "Write one row for each candidate")

    def header(self, row: int, names: list[str]) -> None:
        self.width = len(names)
        if len(names) == 1 and ";" in names[0]:
            what, how = "the columns are separated by semicolons", "Save it as CSV with commas"
            self.fault(row, None, what, how)
            return
        for at, name in enumerate(names):
            if name and name in names[:at]:
                self.fault(row, name, "the column stands twice", "Remove one of the two")
            elif name == CANDIDATE:
                self.number_at = at
            elif name in SUBJECTS:
                self.subjects[at] = name
            elif name not in UNUSED and not _TOTAL.fullmatch(name):
                what = f"the column {name!r} is not known" if name else "the column has no name"
                self.fault(row, name or f"number {at + 1}", what, f"Known columns: {_WANTED}")
        if self.number_at is None:
            what, how = "the column is missing", "It holds the candidates' numbers (số báo danh)"
            self.fault(row, CANDIDATE, what, how)
        if not self.subjects:
            self.fault(row, None, "no column is a subject", f"Known columns: {_WANTED}")

    def row(self, row: int, cells: list[str]) -> None:
        if len(cells) != self.width:
            what = f"there are {len(cells)} cells where the first row has {self.width}"
            self.fault(row, None, what, "Leave an empty cell between two commas")
            return
        assert self.number_at is not None  # noqa: S101 - the header was accepted
        number = self.number(row, cells[self.number_at])
        scores = {
            subject: score
            for at, subject in self.subjects.items()
            if cells[at] and (score := self.score(row, subject, cells[at])) is not None
        }
        if number is not None:
            self.candidates.append(Candidate(number, scores))

    def number(self, row: int, text: str) -> str | None:
        if not _CANDIDATE.fullmatch(text):
            what = f"{text!r} is no candidate's number" if text else "the number is missing"
            self.fault(row, CANDIDATE, what, "Write 1 to 12 digits")
            return None
        first = self.rows.setdefault(text, row)
        if first != row:
            what = f"candidate {text} stands in row {first} already"
            self.fault(row, CANDIDATE, what, "Write each candidate once")
            return None
        return text

    def score(self, row: int, subject: str, text: str) -> int | None:
        if not _SCORE.fullmatch(text):
            how = "Write a number from 0 to 10 with a point and at most two decimals, or nothing"
            self.fault(row, subject, f"{text!r} is no score", how)
            return None
        whole, _, decimals = text.partition(".")
        return int(whole) * 100 + int(decimals.ljust(2, "0"))


_WANTED = ", ".join((CANDIDATE, *sorted(SUBJECTS)))


def _lines(text: str, reading: _Reading) -> Iterator[tuple[int, list[str]]]:
    """Yield every row that is not blank with the number that a spreadsheet shows for it."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in rows:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield rows.line_num, stripped
    except csv.Error as error:
        reading.fault(rows.line_num, None, str(error), "Quote a cell that holds a comma or a quote")
