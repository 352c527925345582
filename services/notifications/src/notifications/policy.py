"""Who may do what in notifications. Whatever does not stand here is refused.

Who is whose guardian is this service's own fact, and who is a class's homeroom teacher it copies;
of a principal the token says at which school.
"""

from collections.abc import Collection, Mapping

from chassis.auth import ANY, WORKS_AT, Policy, Role

OWN = "own"
"""The guardian is the asker, or the subscriber is."""

HOMEROOM = "homeroom"
"""Is the homeroom teacher (giáo viên chủ nhiệm) of a pupil whom this is about."""

_Rule = Mapping[Role, str | Collection[str]]

_OFFICER: _Rule = {Role.DEPARTMENT_OFFICER: ANY}
_SCHOOL: _Rule = {
    Role.PRINCIPAL: WORKS_AT,
    Role.HOMEROOM_TEACHER: HOMEROOM,
    Role.TEACHER: HOMEROOM,
}
_GUARDIAN: _Rule = {Role.GUARDIAN: OWN}
_AUDITOR: _Rule = {Role.AUDITOR: ANY}
_PROGRAM: _Rule = {Role.SERVICE: ANY}

POLICY = Policy(
    {
        "guardians.manage": {**_SCHOOL, **_OFFICER},
        "guardians.read": {**_SCHOOL, **_OFFICER, **_GUARDIAN, **_AUDITOR},
        "guardians.erase": _OFFICER,
        "consents.record": {**_SCHOOL, **_OFFICER, **_GUARDIAN},
        # Nobody else decides when a guardian is disturbed.
        "preferences.set": {**_OFFICER, **_GUARDIAN},
        "messages.read": {**_SCHOOL, **_OFFICER, **_GUARDIAN, **_AUDITOR},
        "messages.open": _GUARDIAN,
        "messages.list": {Role.PRINCIPAL: WORKS_AT, **_OFFICER, **_AUDITOR},
        "receipts.deliver": _PROGRAM,
        "templates.read": {**_OFFICER, **_AUDITOR, **_PROGRAM, Role.PRINCIPAL: ANY},
        "webhooks.register": _PROGRAM,
        "webhooks.list": {**_PROGRAM, **_OFFICER, **_AUDITOR},
        "webhooks.manage": {Role.SERVICE: OWN, **_OFFICER},
        "webhooks.secret": {Role.SERVICE: OWN},
        "webhooks.read": {Role.SERVICE: OWN, **_OFFICER, **_AUDITOR},
    },
    concealed=(
        "guardians.manage",
        "guardians.read",
        "consents.record",
        "preferences.set",
        "messages.read",
        "messages.open",
        "webhooks.manage",
        "webhooks.secret",
        "webhooks.read",
    ),
)
