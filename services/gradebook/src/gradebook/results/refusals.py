"""Why there are no results, in a person's words."""

from chassis.errors import NotFound
from gradebook.classes.queries import ClassRoom


def no_rule_set(room: ClassRoom) -> NotFound:
    """Say that the law of a class and school year is not kept here."""
    return NotFound(
        "no-rule-set",
        f"{room.grade.vietnamese}, năm học {room.school_year}: sổ điểm này không tính kết quả "
        "theo quy định của khối lớp và năm học ấy.",
    )
