"""Who may do what in admissions."""

from chassis.auth import ANY, WORKS_AT, Policy, Role

_OFFICER = {Role.DEPARTMENT_OFFICER: ANY}
_OWN_SCHOOL = _OFFICER | {Role.PRINCIPAL: WORKS_AT}

POLICY = Policy(
    {
        # Names of communes and schools are no secret; a token is asked for all the same.
        "register.read": dict.fromkeys(Role, ANY),
        "register.write": _OFFICER,
        "register.import": _OFFICER | {Role.SERVICE: ANY},
        "calendar.write": _OFFICER,
        "pupils.enrol": _OWN_SCHOOL | {Role.SERVICE: ANY},
        # The school that a pupil is at lets the pupil go; the receiving one cannot take.
        "pupils.transfer": _OWN_SCHOOL,
        "pupils.withdraw": _OWN_SCHOOL,
        "pupils.erase": _OFFICER,
        "pupils.read": _OWN_SCHOOL | {Role.AUDITOR: ANY},
    },
    concealed={"pupils.transfer", "pupils.withdraw", "pupils.read"},
)
