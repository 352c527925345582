"""Roll-calls with their marks and every save, absences of a year, devices and what they saw."""

from datetime import date, datetime

from sqlalchemy import ARRAY, DateTime
from sqlmodel import Field, Index

from chassis.columns import Id, code
from contracts.attendance import Absence, Session
from contracts.lists import Grade
from gradebook.base import Base

_MOMENT = DateTime(timezone=True)


class RollCall(Base, table=True):
    """The roll-call of a class and session as it stands. The class's lock guards it."""

    __tablename__ = "roll_call"
    __table_args__ = (Index(None, "school_id", "day"),)

    class_id: str = Field(primary_key=True, sa_type=Id)
    day: date = Field(primary_key=True)
    session: Session = Field(primary_key=True, sa_type=code(Session))
    school_id: str = Field(sa_type=Id)
    school_year: str
    grade: Grade = Field(sa_type=code(Grade))
    version: int
    pupil_ids: list[str] = Field(sa_type=ARRAY(Id))
    """Whom it was called of."""
    marked_by: str | None = Field(sa_type=Id)
    """Null where devices made it."""
    marked_at: datetime = Field(sa_type=_MOMENT)
    late_after: datetime | None = Field(default=None, sa_type=_MOMENT)
    """Since when who came was late; null once a person has called it."""


class RollMark(Base, table=True):
    """A pupil who was not simply there."""

    __tablename__ = "roll_mark"
    __table_args__ = (Index(None, "pupil_id", "school_year"),)

    class_id: str = Field(primary_key=True, sa_type=Id)
    day: date = Field(primary_key=True)
    session: Session = Field(primary_key=True, sa_type=code(Session))
    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str
    state: Absence = Field(sa_type=code(Absence))


class RollSave(Base, table=True):
    """One save of a roll-call, as columns. The database refuses to alter or delete a row."""

    __tablename__ = "roll_save"

    class_id: str = Field(primary_key=True, sa_type=Id)
    day: date = Field(primary_key=True)
    session: Session = Field(primary_key=True, sa_type=code(Session))
    version: int = Field(primary_key=True)
    pupils_due: int
    pupils: list[str] = Field(sa_type=ARRAY(Id))
    before: list[Absence | None] = Field(sa_type=ARRAY(code(Absence)))
    after: list[Absence | None] = Field(sa_type=ARRAY(code(Absence)))
    marked_by: str | None = Field(sa_type=Id)
    marked_at: datetime = Field(sa_type=_MOMENT)


class AbsenceCount(Base, table=True):
    """On how many days of a school year a pupil was absent; there from the first roll-call on."""

    __tablename__ = "absence_count"

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    absences: int
    told: int
    """What the last fact said of the school and grade below; 0 if there was none."""
    school_id: str = Field(sa_type=Id)
    grade: Grade = Field(sa_type=code(Grade))


class Device(Base, table=True):
    """A device at which pupils check in, with its secret under the master key."""

    __table_args__ = (Index(None, "school_id"),)

    device_id: str = Field(primary_key=True, sa_type=Id)
    school_id: str = Field(sa_type=Id)
    name: str
    wrapped_key: str
    key_id: str
    registered_at: datetime = Field(sa_type=_MOMENT)


class Arrival(Base, table=True):
    """When a pupil first checked in at a school for a session."""

    school_id: str = Field(primary_key=True, sa_type=Id)
    day: date = Field(primary_key=True)
    session: Session = Field(primary_key=True, sa_type=code(Session))
    pupil_id: str = Field(primary_key=True, sa_type=Id)
    at: datetime = Field(sa_type=_MOMENT)
    device_id: str = Field(sa_type=Id)
