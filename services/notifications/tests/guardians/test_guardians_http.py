"""Guardians over HTTP: who may do what, what is kept, and what is told to others."""

from typing import Any

GUARDIAN_ID = "019a0000-0000-7000-8000-000000000001"


async def test_a_guardian_is_registered_linked_and_told_of(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    found = await book.get(f"/guardians/{guardian_id}")
    assert (found["name"], found["email"], found["phone"]) == (
        "Trần Văn Bình",
        "binh@example.com",
        "+84912345678",
    )
    assert found["consents"] == ["enrolment", "fees", "scores"]
    assert found["reachable"] == ["email"]
    [pupil] = found["pupils"]
    assert pupil["name"] == "Nguyễn Thị Ánh"
    [told] = await book.outbox("guardian-linked")
    assert told.topic == "notifications.guardians.v1"
    assert told.key == pupil["pupil_id"]
    assert told.data["after"] == {"school_id": pupil["school_id"], "grade": "6"}
    assert told.data["before"] is None
    assert told.data["version"] == 1
