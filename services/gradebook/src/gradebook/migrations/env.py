"""Alembic's entry: which tables the migrations are about."""

from chassis.migrations import run
from gradebook.base import Base
from gradebook.classes import tables as _classes
from gradebook.history import tables as _history
from gradebook.roster import tables as _roster
from gradebook.scores import tables as _scores

__all__ = ["_classes", "_history", "_roster", "_scores"]

run(Base.metadata)
