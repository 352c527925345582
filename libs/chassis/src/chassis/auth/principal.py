"""Who asks: the roles that exist, and what a verified token says about its bearer."""

from dataclasses import dataclass
from enum import StrEnum

WORKS_AT = "works-at"
"""The relation to an object whose school is the token's school."""


class Role(StrEnum):
    """The closed list of roles that a token may carry."""

    TEACHER = "teacher"
    HOMEROOM_TEACHER = "homeroom-teacher"
    PRINCIPAL = "principal"
    CASHIER = "cashier"
    """Thủ quỹ: keeps the cash, and so by law not the books (Luật Kế toán 88/2015, Art. 52)."""
    DEPARTMENT_OFFICER = "department-officer"
    GUARDIAN = "guardian"
    SERVICE = "service"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: the subject of a verified token, and what its issuer vouches for."""

    subject: str
    roles: frozenset[Role]
    school: str | None = None
    unit: str | None = None

    def relations_to_school(self, school_id: str) -> frozenset[str]:
        """Return the relations that the token alone proves."""
        return frozenset({WORKS_AT}) if self.school == school_id else frozenset()
