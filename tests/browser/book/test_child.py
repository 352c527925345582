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
    page: Page = signs_in(
        "Cha mẹ học sinh", f"{school.url}/child", viewport={"width": 390, "height": 844}
    )
    expect(page.locator("#child")).to_contain_text("Trần Văn An, lớp 6A")
    expect(page.get_by_role("row")).to_contain_text(["Môn", "Toán"])
    expect(page.locator("tbody td")).to_have_text(["7", "8", ""])
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
