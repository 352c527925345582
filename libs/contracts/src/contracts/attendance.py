"""Facts of attendance (điểm danh): a roll-call of a class, and a pupil's absences of a year."""

from collections import Counter
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from contracts import topics
from contracts.columns import Sparse
from contracts.event import Event
from contracts.ids import ClassId, Count, PersonId, PupilId, SchoolId, SchoolYear
from contracts.lists import Grade, OpenEnum

MAX_PUPILS = 200
"""The most pupils of one class; its roll-call is one fact."""


class Session(OpenEnum):
    """Buổi học."""

    MORNING = "morning"
    """Buổi sáng."""
    AFTERNOON = "afternoon"
    """Buổi chiều."""
    OTHER = "other"


class Absence(OpenEnum):
    """How a pupil was not simply there."""

    WITH_LEAVE = "with-leave"
    """Vắng có phép."""
    WITHOUT_LEAVE = "without-leave"
    """Vắng không phép."""
    LATE = "late"
    """Đi muộn: the pupil was there, and is no absence in statistics."""
    OTHER = "other"


class AttendanceMarked(Event):
    """The roll-call of one class and session, or a correction of it.

    Only pupils whose state this fact changes stand in rows: present = ``pupils_due`` less the
    absent ones.
    """

    NAME: ClassVar[str] = "attendance-marked"
    TOPIC: ClassVar[topics.Topic] = topics.ATTENDANCE
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    class_id: ClassId
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    day: date
    session: Session
    marked_by: PersonId | None
    """Who called the roll; null where devices at the door did (điểm danh thông minh)."""
    pupils_due: Annotated[int, Field(ge=0, le=MAX_PUPILS)]
    """How many pupils the class has in this session."""
    before_pupils_due: Annotated[int, Field(ge=0, le=MAX_PUPILS)]
    """What was due before this fact: 0 for the first roll-call of the session."""
    pupils: Annotated[tuple[PupilId, ...], Field(max_length=MAX_PUPILS)]
    after: Annotated[tuple[Absence | None, ...], Field(max_length=MAX_PUPILS)]
    """Null where the pupil is present."""
    before: Sparse[Absence]
    """What the pupil counted as before, where not as present."""

    @model_validator(mode="after")
    def _is_a_roll_call(self) -> Self:
        if len(self.pupils) != len(self.after):
            raise ValueError("pupils and after differ in length")
        if self.pupils and Counter(self.pupils).most_common(1)[0][1] > 1:
            raise ValueError("a pupil stands twice")
        if self.before.at and self.before.at[-1] >= len(self.pupils):
            raise ValueError("before names a row that is not there")
        return self


class AbsencesCounted(Event):
    """How many sessions a pupil has missed in the school year, with leave or without.

    One a day at most: TT 22/2021 Art. 12 counts by a plan of one session a day, whatever the school
    teaches in the afternoon. The gradebook says it whenever the number passes 30 or 45 in either
    direction (more than 45 hold a pupil back), so no reader has to count pupils. Where a pupil who
    had passed one moves, the school or grade before is told 0, and the new one the number.
    """

    NAME: ClassVar[str] = "absences-counted"
    TOPIC: ClassVar[topics.Topic] = topics.ATTENDANCE
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "pupil_id"

    pupil_id: PupilId
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    day: date
    absences: Count
    before_absences: Count
    """What the fact before said; 0 at first."""
