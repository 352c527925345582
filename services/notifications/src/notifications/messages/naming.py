"""The names that join a message's values when it is said."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from chassis.database import Session
from notifications.register.queries import Names, enrolments, school_names
from notifications.templates.queries import Content, Person, Surroundings

_SCHOOL = "Nhà trường"
"""Stands for a school whose name has not come yet."""


class Naming(NamedTuple):
    """Pupils and schools by their ids; a pupil without a name is not there."""

    people: Mapping[str, Person]
    schools: Mapping[str, str]

    def knows(self, content: Content) -> bool:
        """Tell whether every pupil in it has a name."""
        return all(pupil_id in self.people for pupil_id in content.pupils())

    def around(self, school_id: str) -> Surroundings:
        """Give what joins a message about this school."""
        return Surroundings(self.schools.get(school_id, _SCHOOL), self.schools, self.people)


async def naming(session: Session, names: Names, said: Collection[tuple[str, Content]]) -> Naming:
    """Give all names in these messages, each with the school that it is about."""
    pupil_ids = {pupil_id for _, content in said for pupil_id in content.pupils()}
    called = await names.of(session, pupil_ids)
    sit = await enrolments(session, pupil_ids)
    school_ids = {school_id for school_id, _ in said}
    school_ids |= {school_id for _, content in said for school_id in content.schools()}
    known = await school_names(session, school_ids)
    return Naming(
        people={
            pupil_id: Person(state.name, sit[pupil_id].class_name if pupil_id in sit else None)
            for pupil_id, state in called.items()
            if state.name is not None
        },
        schools={school_id: known.get(school_id, _SCHOOL) for school_id in school_ids},
    )
