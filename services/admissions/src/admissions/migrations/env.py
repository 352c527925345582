"""Alembic's entry: which tables the migrations are about."""

from admissions.base import Base
from admissions.calendar import tables as _calendar
from admissions.enrolment import tables as _enrolment
from admissions.registry import tables as _registry
from chassis.migrations import run

__all__ = ["_calendar", "_enrolment", "_registry"]

run(Base.metadata)
