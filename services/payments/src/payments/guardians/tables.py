"""The copy. A row is as its newest fact says; no row refers to another."""

from sqlmodel import Index

from chassis.guardianships import GuardianshipCopy
from payments.base import Base


class Guardianship(GuardianshipCopy, Base, table=True):
    """Whether somebody is a pupil's guardian."""

    __table_args__ = (Index(None, "pupil_id"),)
