"""What a class or a pupil takes beside the compulsory subjects."""

from sqlalchemy import ARRAY
from sqlmodel import Field

from chassis.columns import Id, code
from contracts.lists import Subject
from gradebook.base import Base


class SubjectPlan(Base, table=True):
    """The plan of a class, or of one pupil whose plan is another (kế hoạch môn học)."""

    __tablename__ = "subject_plan"

    whose: str = Field(primary_key=True, sa_type=Id)
    """A class, or a pupil."""
    school_year: str = Field(primary_key=True)
    chosen: list[Subject] = Field(sa_type=ARRAY(code(Subject)))
    optional: list[Subject] = Field(sa_type=ARRAY(code(Subject)))
    topics: list[Subject] = Field(sa_type=ARRAY(code(Subject)))
    exempt: list[Subject] = Field(sa_type=ARRAY(code(Subject)))
    individual: bool
