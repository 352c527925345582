"""The year of the province, stream by stream, and what has to be counted of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edu.simulator import admissions, fees, letters, marks, people, register, rolls
from edu.simulator.documents import Writer
from edu.simulator.province import Province
from edu.simulator.register import Tally, school_days

Done = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Stream:
    """A part of the year that is written in one go."""

    title: str
    total: int
    """How much of what the title names there is."""
    write: Callable[[Writer, Tally, Done], None]
    """Writes it, adds to the tally, says how much more is done."""


def streams(here: Province, scores: int) -> Sequence[Stream]:
    """Give all parts in the order in which they are written; ``scores``: how many cells."""
    them = people.people(here)
    columns = marks.slots(here, scores)
    cells = sum(room.size for slot in columns for room in here.rooms_of(slot.grade))

    def register_(writer: Writer, tally: Tally, done: Done) -> None:
        register.write(writer, here, tally)
        done(len(here.schools))

    def marks_(writer: Writer, tally: Tally, done: Done) -> None:
        truth = marks.write(writer, here, columns, done)
        for sums in truth.cells.values():
            for at, name in enumerate(("due", "entered", "corrected", "sum", "squares")):
                tally["scores", name] += int(sums[:, at].sum())

    return (
        Stream("schools", len(here.schools), register_),
        Stream(
            "pupils", here.pupils, lambda w, tally, done: people.write(w, here, them, tally, done)
        ),
        Stream(
            "roll-calls",
            len(here.rooms) * len(school_days()),
            lambda w, tally, done: rolls.write(w, here, them, tally, done),
        ),
        Stream(
            "messages",
            letters.wanted(here),
            lambda w, tally, done: letters.write(w, here, tally, done),
        ),
        Stream(
            "pupils' fees", here.pupils, lambda w, tally, done: fees.write(w, here, tally, done)
        ),
        Stream(
            "applications",
            admissions.total(here),
            lambda w, tally, done: admissions.write(w, here, tally, done),
        ),
        Stream("scores", cells, marks_),
    )
