"""Who may see what the public may not. Without a token every query answers with its public view."""

from chassis.auth import ANY, WORKS_AT, Policy, Role

READ_IN_FULL = "numbers.read-in-full"
READ_DUMP = "dump.read"

IN_OWN_UNIT = "in-own-unit"
"""The relation to a place within the unit of the token; to every place, where it names none."""

POLICY = Policy(
    {
        READ_IN_FULL: {
            Role.DEPARTMENT_OFFICER: IN_OWN_UNIT,
            Role.PRINCIPAL: WORKS_AT,
            Role.TEACHER: WORKS_AT,
            Role.HOMEROOM_TEACHER: WORKS_AT,
            Role.SERVICE: ANY,
            Role.AUDITOR: ANY,
        },
        READ_DUMP: {Role.AUDITOR: ANY, Role.SERVICE: ANY},
    }
)
