"""The copies that a service would keep, as small as can be, in a real database."""

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.columns import NAMES, Id
from chassis.database import Database
from chassis.persons import EnrolmentCopy, SubjectKeyCopy


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Root of the tables of no service."""


class School(Base, table=True):
    school_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    name: str


class Placement(Base, table=True):
    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    version: int
    class_id: str | None = Field(sa_type=Id)


class Pupil(EnrolmentCopy, Base, table=True):
    pass


class SubjectKey(SubjectKeyCopy, Base, table=True):
    __tablename__ = "subject_key"


class Copies:
    """The database, and the tables in it."""

    School, Placement, Pupil, SubjectKey = School, Placement, Pupil, SubjectKey

    def __init__(self, database: Database) -> None:
        self.database = database


@pytest.fixture
async def copies(database: Callable[[str], str]) -> AsyncIterator[Copies]:
    opened = Database(database("copies"), application="test")
    async with opened.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield Copies(opened)
    await opened.close()
