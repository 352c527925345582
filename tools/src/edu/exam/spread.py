"""The fixed rule by which an examination's candidates become schools, classes and papers.

1. Candidates stand in the order of the file. Each :data:`SCHOOL_SIZE` of them in turn are one
   synthetic upper-secondary school; the schools take the communes in turn.
2. Inside a school, candidates who sat the same papers stand together (a subject that was sat
   before one that was not, in the order of the file's columns), among them in the order of the
   file; each :data:`CLASS_SIZE` of them in turn are one class of grade 12. Upper-secondary schools
   form their classes by chosen subjects, too, and it halves the number of papers.
3. Each class has one paper (a score sheet of kind ``exam``) per subject that any of it sat, due
   for exactly those who did.

Schools and pupils go by codes that begin with the file's SHA-256; every id that is ours to choose,
and every Idempotency-Key, is a UUIDv5 of that SHA-256 and of what it names. The same file therefore
names the same things however often it is sent, and two files share none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

from edu.exam.file import Candidate, ExamFile

SCHOOL_SIZE = 900
CLASS_SIZE = 45
GRADE = "12"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pupil:
    """A candidate as a pupil of a school."""

    code: str
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class ExamClass:
    """A class and its pupils, in the order of the rule."""

    class_id: str
    name: str
    pupils: tuple[Pupil, ...]

    def papers(self, subjects: Sequence[str]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
        """Yield each subject that somebody sat with (code, hundredths) of everybody who did."""
        for subject in subjects:
            sat = [
                (pupil.code, pupil.candidate.scores[subject])
                for pupil in self.pupils
                if subject in pupil.candidate.scores
            ]
            if sat:
                yield subject, sat


@dataclass(frozen=True, slots=True)
class ExamSchool:
    """A synthetic school; ``number`` counts from 1."""

    number: int
    code: str
    name: str
    classes: tuple[ExamClass, ...]

    @property
    def pupils(self) -> Iterator[Pupil]:
        """Everybody, class by class."""
        return (pupil for each in self.classes for pupil in each.pupils)


class Names:
    """The codes and ids that belong to one file and to nothing else."""

    def __init__(self, digest: str) -> None:
        """``digest`` is the SHA-256 of the file."""
        self._space = uuid5(NAMESPACE_URL, f"urn:edu:exam:{digest}")
        self._mark = digest[:16]

    def of(self, *what: object) -> str:
        """Give the id of what these words name in this file."""
        return str(uuid5(self._space, "/".join(map(str, what))))

    def code(self, text: str) -> str:
        """Give the code that ``text`` has in this file."""
        return f"{self._mark}-{text}"


def spread(file: ExamFile, names: Names) -> list[ExamSchool]:
    """Apply the rule."""
    return [
        ExamSchool(
            number=number,
            code=names.code(f"{number:03d}"),
            name=f"THPT Điểm thi số {number} ({names.code('')[:6]})",
            classes=tuple(_classes(file.subjects, candidates, number, names)),
        )
        for number, candidates in enumerate(_runs(file.candidates, SCHOOL_SIZE), 1)
    ]


def _classes(
    subjects: Sequence[str], candidates: Sequence[Candidate], school: int, names: Names
) -> Iterator[ExamClass]:
    def papers_missed(candidate: Candidate) -> tuple[bool, ...]:
        return tuple(subject not in candidate.scores for subject in subjects)

    together = sorted(candidates, key=papers_missed)
    for number, members in enumerate(_runs(together, CLASS_SIZE), 1):
        yield ExamClass(
            class_id=names.of("class", school, number),
            name=f"12A{number}",
            pupils=tuple(Pupil(names.code(member.number), member) for member in members),
        )


def _runs(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
