"""A guardian reads the own child's scores, and nothing that compares it with anybody."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from edu.testing import facts
from edu.testing.service import an_id

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

GUARDIAN = an_id("guardian of the first")


def test_a_guardian_sees_the_own_child_alone(school: Any, signs_in: Any) -> None:
    room = school.room(("regular", 1), ("midterm", 1))
    mine, other, *_ = room.pupils
    school.loop.run(school.hear(facts.linked(GUARDIAN, mine)))
    school.save(room.sheets["regular 1"], mine, "6,5")
    school.publish(*room.sheets.values())
    school.save(room.sheets["regular 1"], mine, "7", version=1, reason_code="remarked")
    school.save(room.sheets["regular 1"], other, "9,8")
    school.save(room.sheets["midterm 1"], mine, "8")
    for day, session, states in (
        ("2026-10-05", "morning", {mine: "with-leave", other: "without-leave"}),
        ("2026-10-05", "afternoon", {mine: "without-leave"}),
        ("2026-10-06", "morning", {mine: "late"}),
    ):
        absent = [{"pupil_id": one, "state": state} for one, state in states.items()]
        path = f"/classes/{room.class_id}/roll-calls/{day}/{session}"
        school.loop.run(school.put(path, {"version": 0, "absent": absent}))
    page: Page = signs_in(
        "Cha mẹ học sinh", f"{school.url}/child", viewport={"width": 390, "height": 844}
    )
    expect(page.locator("#child")).to_contain_text("Trần Văn An, lớp 6A")
    expect(page.get_by_role("row")).to_contain_text(["Môn", "Toán"])
    expect(page.locator("#terms tbody td")).to_have_text(["7", "8", ""])
    # Both sessions of one day are one day; late is none. What others missed stands nowhere.
    expect(page.locator("#absences")).to_contain_text("Năm học này con nghỉ 1 ngày")
    expect(page.locator("#missed tbody tr")).to_have_text(
        ["06/10/2026SángĐi muộn", "05/10/2026ChiềuNghỉ không phép", "05/10/2026SángNghỉ có phép"]
    )
    expect(page.locator("#changed li")).to_contain_text("Sửa 6,5 thành 7")
    text = page.locator("body").inner_text()
    assert "9,8" not in text
    assert "Bình" not in text
    assert "trung bình" not in text.lower()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My child's scores")
    expect(page.locator("#changed li")).to_contain_text("Corrected 6,5 to 7")
    page.goto(f"{school.url}/child?pupil={other}")  # whoever asks for another's gets the own
    expect(page.locator("#child")).to_contain_text("Trần Văn An")


def test_a_teacher_is_sent_to_the_score_book(school: Any, signs_in: Any) -> None:
    page: Page = signs_in("Giáo viên Toán", f"{school.url}/child")
    expect(page.locator("#message")).to_contain_text("Trang này dành cho cha mẹ học sinh")
