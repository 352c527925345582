"""Who may see what the public may not. Without a token every query answers with its public view."""

from chassis.auth import ANY, Policy, Role

READ_IN_FULL = "numbers.read-in-full"
READ_DUMP = "dump.read"

POLICY = Policy(
    {
        READ_IN_FULL: {
            Role.DEPARTMENT_OFFICER: ANY,
            Role.SERVICE: ANY,
            Role.AUDITOR: ANY,
        },
        READ_DUMP: {Role.AUDITOR: ANY, Role.SERVICE: ANY},
    }
)
