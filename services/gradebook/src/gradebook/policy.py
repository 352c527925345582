"""Who may do what in the gradebook. Whatever does not stand here is refused.

Who teaches a subject and who is a class's homeroom teacher are the gradebook's own facts, whose
guardian somebody is are notifications'; of a principal the token says at which school.
"""

import re
from collections.abc import Collection, Mapping

from chassis.auth import ANY, WORKS_AT, Policy, Principal, Role
from chassis.guardianships import GUARDIAN_OF

TEACHES = "teaches"
"""Teaches this subject in this class; in what concerns the class as a whole, any subject of it."""

HOMEROOM = "homeroom"
"""Is the homeroom teacher (giáo viên chủ nhiệm) of this class."""

_Rule = Mapping[Role, str | Collection[str]]

_EVERYWHERE: _Rule = {Role.DEPARTMENT_OFFICER: ANY, Role.SERVICE: ANY}
_ADMINISTRATION: _Rule = {Role.PRINCIPAL: WORKS_AT, **_EVERYWHERE}
_READERS: _Rule = {**_ADMINISTRATION, Role.AUDITOR: ANY}
_TEACHERS: _Rule = dict.fromkeys((Role.TEACHER, Role.HOMEROOM_TEACHER), (TEACHES, HOMEROOM))
_HOMEROOM: _Rule = dict.fromkeys((Role.TEACHER, Role.HOMEROOM_TEACHER), HOMEROOM)

POLICY = Policy(
    {
        "classes.open": _ADMINISTRATION,
        "classes.change": _ADMINISTRATION,
        "classes.place": _ADMINISTRATION,
        "classes.assign": _ADMINISTRATION,
        "classes.read": {**_TEACHERS, **_READERS},
        "pupils.list": _READERS,
        # A school's own columns are its teachers' and its principal's, and nobody else's.
        "scores.enter": {
            Role.TEACHER: TEACHES,
            Role.HOMEROOM_TEACHER: TEACHES,
            Role.PRINCIPAL: WORKS_AT,
        },
        # The papers of an examination come from the department, and no school may change them.
        "exams.enter": _EVERYWHERE,
        "scores.read": {**_TEACHERS, **_READERS, Role.GUARDIAN: GUARDIAN_OF},
        # Who asks is told of the own children alone.
        "children.list": {Role.GUARDIAN: ANY},
        # Who stands before the class calls its roll: whoever teaches anything there, or leads it.
        "attendance.mark": {**_TEACHERS, Role.PRINCIPAL: WORKS_AT},
        "attendance.read": {**_TEACHERS, **_READERS, Role.GUARDIAN: GUARDIAN_OF},
        "devices.keep": _ADMINISTRATION,
        # Guardians see what is published, and from then on whatever is corrected.
        "scores.publish": {
            Role.TEACHER: TEACHES,
            Role.HOMEROOM_TEACHER: TEACHES,
            Role.PRINCIPAL: WORKS_AT,
        },
        "windows.set": {Role.PRINCIPAL: WORKS_AT, Role.DEPARTMENT_OFFICER: ANY},
        "windows.read": {
            **dict.fromkeys((Role.TEACHER, Role.HOMEROOM_TEACHER), WORKS_AT),
            **_READERS,
        },
        "books.plan": _ADMINISTRATION,
        "books.review": {
            **dict.fromkeys((Role.TEACHER, Role.HOMEROOM_TEACHER), TEACHES),
            **_READERS,
        },
        "books.supervise": _READERS,
        "books.lock": {
            Role.TEACHER: TEACHES,
            Role.HOMEROOM_TEACHER: TEACHES,
            Role.PRINCIPAL: WORKS_AT,
        },
        # Whoever confirms is never whoever asked.
        "reopenings.request": {
            Role.TEACHER: TEACHES,
            Role.HOMEROOM_TEACHER: TEACHES,
            Role.PRINCIPAL: WORKS_AT,
        },
        "reopenings.request-class": {**_HOMEROOM, Role.PRINCIPAL: WORKS_AT},
        "reopenings.decide": {Role.PRINCIPAL: WORKS_AT, Role.DEPARTMENT_OFFICER: ANY},
        "reopenings.read": _READERS,
        "terms.close": {Role.PRINCIPAL: WORKS_AT},
        "conduct.enter": _HOMEROOM,
        "conduct.reassess": {Role.PRINCIPAL: WORKS_AT},
        "conduct.read": {**_HOMEROOM, **_READERS},
        # Primary's levels of subjects, qualities and competences (TT 27/2020).
        "assessments.enter": _HOMEROOM,
        "assessments.read": {**_HOMEROOM, **_READERS},
        # Also what was changed in columns of others stands there: no guardian reads it.
        "history.read": {**_TEACHERS, **_READERS},
        # The chain of all schools, link by link, for whoever verifies it.
        "history.verify": {Role.DEPARTMENT_OFFICER: ANY, Role.SERVICE: ANY, Role.AUDITOR: ANY},
        # They hold all subjects: whoever teaches one reads that one's row.
        "results.read": {**_HOMEROOM, **_READERS, Role.GUARDIAN: GUARDIAN_OF},
        "results.survey": _READERS,
    },
    concealed=(
        "classes.change",
        "classes.place",
        "classes.assign",
        "classes.read",
        "scores.enter",
        "scores.read",
        "attendance.mark",
        "attendance.read",
        "scores.publish",
        "books.plan",
        "books.review",
        "books.lock",
        "reopenings.request",
        "reopenings.request-class",
        "reopenings.decide",
        "terms.close",
        "conduct.enter",
        "conduct.reassess",
        "conduct.read",
        "assessments.enter",
        "assessments.read",
        "history.read",
        "results.read",
    ),
)

_PERSON_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def person(principal: Principal) -> str | None:
    """Give the id under which ``principal`` can teach or stand in the history of a score."""
    return principal.subject if _PERSON_ID.fullmatch(principal.subject) else None
