"""What a pupil takes, what primary assesses without marks, and the results that were decided."""

from datetime import datetime

from sqlalchemy import ARRAY, DateTime, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from chassis.columns import Id, code
from contracts.lists import Grade, Sex, Subject, Term
from contracts.results import Completion, Conduct, PrimaryResult, Promotion, StudyResult, Title
from gradebook.base import Base
from gradebook.results.domain.primary_book import Period


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


class PrimaryAssessment(Base, table=True):
    """What a primary pupil was assessed as in one period, by the codes of the law's levels."""

    __tablename__ = "primary_assessment"
    __table_args__ = (Index(None, "class_id", "period"),)

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    period: Period = Field(primary_key=True, sa_type=code(Period))
    class_id: str = Field(sa_type=Id)
    version: int
    subjects: dict[str, str] = Field(sa_type=JSONB)
    qualities: dict[str, str] = Field(sa_type=JSONB)
    competences: dict[str, str] = Field(sa_type=JSONB)
    tests: dict[str, int] = Field(sa_type=JSONB)
    """Only of what was tested anew after support; every other test stands in its column."""
    outstanding: bool
    recognised: bool
    """What teacher and class say for Học sinh tiêu biểu (Art. 13)."""
    changed_by: str = Field(sa_type=Id)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))


class PromotionDecision(Base, table=True):
    """What the principal decides where the law leaves promotion to the principal."""

    __tablename__ = "promotion_decision"

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    promotes: bool
    decided_by: str = Field(sa_type=Id)
    decided_at: datetime = Field(sa_type=DateTime(timezone=True))


class Decided(Base, table=True):
    """A pupil's results of a term or the year (CN), as they were last decided and said."""

    __tablename__ = "decided_result"
    __table_args__ = (Index(None, "class_id", "term"),)

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    term: Term = Field(primary_key=True, sa_type=code(Term))
    class_id: str = Field(sa_type=Id)
    school_id: str = Field(sa_type=Id)
    grade: Grade = Field(sa_type=code(Grade))
    sex: Sex = Field(sa_type=code(Sex))
    ethnic_minority: bool
    averages: dict[str, int] = Field(sa_type=JSONB)
    """Hundredths by subject; without a key: none yet."""
    study: StudyResult | None = Field(sa_type=code(StudyResult))
    adjusted: bool
    """Whether Art. 9(3) raised it."""
    conduct: Conduct | None = Field(sa_type=code(Conduct))
    title: Title | None = Field(sa_type=code(Title))
    promotion: Promotion | None = Field(sa_type=code(Promotion))
    completion: Completion | None = Field(sa_type=code(Completion))
    primary_result: PrimaryResult | None = Field(sa_type=code(PrimaryResult))
    retests: list[Subject] = Field(sa_type=ARRAY(code(Subject)))
    rule_set: str
    """The law, with every point that was not read by its default, under which it was decided."""
    decided_by: str = Field(sa_type=Id)
    decided_at: datetime = Field(sa_type=DateTime(timezone=True))
