"""What `./edu up` leaves behind: enough of a province for each token to have something to do."""

from __future__ import annotations

from edu.home import Home
from edu.tokens import named_id, token


def furnish(home: Home, urls: dict[str, str]) -> dict[str, str]:
    """Make units, school year, school, class and teacher through the services' public doors."""
    school = named_id("school")
    return {
        "teacher": token(home, "teacher", school=school),
        "principal": token(home, "principal", school=school),
        "department-officer": token(home, "department-officer"),
        "auditor": token(home, "auditor"),
        "service": token(home, "service"),
    }
