"""What travels between a person's screen, or a device, and the roll-calls."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chassis.http import RequestModel, Words
from contracts.attendance import MAX_PUPILS, Absence
from contracts.attendance import Session as Half
from contracts.ids import PupilId
from contracts.lists import Grade

DeviceName = Annotated[Words, StringConstraints(min_length=1, max_length=100)]
"""Such as "Cổng chính"."""


class AbsentBody(RequestModel):
    """A pupil who is not simply there."""

    pupil_id: PupilId
    state: Absence


class RollCallBody(RequestModel):
    """A whole roll-call: who is not named is there."""

    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """The version that was read; 0 if nobody had called the roll."""
    absent: Annotated[list[AbsentBody], Field(max_length=MAX_PUPILS)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class AbsentAnswer(_Answer):
    """A pupil who is not simply there."""

    pupil_id: str
    state: Absence


class CalledAnswer(_Answer):
    """The roll-call as it is now."""

    class_id: str
    day: date
    session: Half
    version: int
    pupils_due: int
    absent: Sequence[AbsentAnswer]


class LineAnswer(_Answer):
    """A pupil of the list; `state` null: there, or nobody called the roll yet."""

    pupil_id: str
    name: str
    state: Absence | None
    checked_in_at: datetime | None
    """When a device saw them first."""


class ChangedAnswer(_Answer):
    """A pupil counted otherwise from this save on; null: there."""

    pupil_id: str
    before: Absence | None
    after: Absence | None


class SaveAnswer(_Answer):
    """One save of the roll-call: who, when, what it changed."""

    version: int
    by: str | None
    """Null: devices."""
    at: datetime
    changes: Sequence[ChangedAnswer]


class RollCallAnswer(_Answer):
    """The roll-call of a class and session with its list and its history."""

    class_id: str
    name: str
    school_year: str
    grade: Grade
    day: date
    session: Half
    version: int
    """0: nobody called the roll yet."""
    pupils: Sequence[LineAnswer]
    history: Sequence[SaveAnswer]


class OutcomeAnswer(_Answer):
    """How a class's roll-call came out."""

    version: int
    pupils_due: int
    absent: int
    unexcused: int
    late: int
    marked_by: str | None
    marked_at: datetime


class ClassRollAnswer(_Answer):
    """A class, and its roll-call; null: not called yet."""

    class_id: str
    name: str
    grade: Grade
    homeroom_teacher_id: str | None
    roll_call: OutcomeAnswer | None


class SchoolRollsAnswer(_Answer):
    """The classes of a school in a session, as far as the asker may see them."""

    school_id: str
    day: date
    session: Half
    called: int
    waiting: int
    """How many have not called the roll yet."""
    classes: Sequence[ClassRollAnswer]


class MissedAnswer(_Answer):
    """A session that a pupil missed, or came late to."""

    day: date
    session: Half
    state: Absence


class AttendanceAnswer(_Answer):
    """A pupil's absences of a school year."""

    pupil_id: str
    name: str
    school_year: str
    absences: int | None
    """Days with an absence, with leave or not (TT 22/2021 Điều 12); null: no roll was called."""
    limit: int
    """More than these hold a pupil back."""
    missed: Sequence[MissedAnswer]


class NewDevice(RequestModel):
    """A device at which pupils of a school check in."""

    name: DeviceName


class DeviceAnswer(_Answer):
    """A device; its secret is read with `GET /v1/devices/{id}/secret`."""

    device_id: str
    school_id: str
    name: str
    registered_at: datetime


class DeviceList(_Answer):
    """The devices of a school."""

    devices: Sequence[DeviceAnswer]


class SecretAnswer(_Answer):
    """A device's secret, as Standard Webhooks writes it."""

    device_id: str
    secret: str


class CheckInBody(RequestModel):
    """A pupil was seen."""

    pupil_id: PupilId
    at: AwareDatetime


class CloseBody(RequestModel):
    """A session's check-in is over: the roll is called of what the devices saw."""

    day: date
    session: Half
    late_after: AwareDatetime
    """Whoever checked in after this moment came late."""


class CheckInsBody(RequestModel):
    """What a device saw, and whether that was all of a session."""

    check_ins: Annotated[list[CheckInBody], Field(max_length=500)]
    close: CloseBody | None = None


class IgnoredAnswer(_Answer):
    """A check-in that is nobody's here: which, and why."""

    row: int
    why: str


class CheckInsAnswer(_Answer):
    """What became of a device's message."""

    taken: int
    ignored: Sequence[IgnoredAnswer]
    called: Sequence[str]
    """The classes whose roll was called of it."""
    corrected: Sequence[str]
    """The classes in whose roll-call somebody turned out to have come late."""
