"""From the last mark to the closed term: columns published and opened again, a term closed."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from edu.testing.facts import YEAR

from .keys import cell, has, open_book

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PHONE = {"width": 390, "height": 844}
PRINCIPAL, HOMEROOM, TEACHER = "Hiệu trưởng", "Giáo viên chủ nhiệm", "Giáo viên Toán"
EIGHT = [f"Nguyễn Văn {letter}" for letter in "ABCDEGHK"]
MARKS = ["6", "6.5", "7", "7.5", "8", "6", "7", "8"]


def planned(school: Any, names: list[str], *, last: int) -> Any:
    """Open a class whose term has all its marks, but for ``last`` pupils of the last column."""
    room = school.room(names=names)
    body = {"term": "HK1", "due_on": "2027-01-10", "subjects": [{"subject": "TOAN"}]}
    path = f"/classes/{room.class_id}"
    school.loop.run(school.put(f"{path}/assessment-plan", body))
    found = school.loop.run(school.get(f"{path}/sheets", params={"term": "HK1"}))["sheets"]
    for at, sheet in enumerate(found):
        room.sheets[f"{sheet['kind']} {sheet['position']}"] = sheet["sheet_id"]
        # The first column is equal from top to bottom, which somebody should look at.
        marks = [MARKS[0] if at == 0 else mark for mark in MARKS]
        some = room.pupils[: -last or None] if at == len(found) - 1 else room.pupils
        rows = zip(some, marks, strict=False)
        cells = [{"pupil_id": one, "score": mark, "version": 0} for one, mark in rows]
        school.loop.run(school.put(f"/sheets/{sheet['sheet_id']}/cells", {"cells": cells}))
    return room


def opened(signs_in: Any, school: Any, room: Any, person: str, **options: Any) -> Page:
    """Open the page of the class and term as somebody who says yes to every question."""
    url = f"{school.url}/closing?year={YEAR}&class={room.class_id}&term=HK1"
    page: Page = signs_in(person, url, **options)
    page.on("dialog", lambda dialog: dialog.accept())
    expect(page.locator("#books tbody tr").first).to_be_visible()
    return page


def says(page: Page, text: str) -> None:
    expect(page.locator("#message")).to_contain_text(text)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def test_a_term_is_closed_step_by_step(school: Any, signs_in: Any) -> None:
    room = planned(school, EIGHT, last=1)
    page = opened(signs_in, school, room, PRINCIPAL)
    expect(page.locator("#steps")).to_contain_text("Môn chưa nhập đủ: 1")
    expect(page.locator("#books tbody tr").first).to_contain_text("47/48 ô, còn 1")
    expect(page.locator("#school summary")).to_contain_text("chưa nhập đủ")

    # What is missing is named, and no book is locked before somebody has looked.
    button(page, "Xem lại và khoá…: Toán").click()
    expect(page.locator("#review-found")).to_contain_text("Cuối kỳ: Nguyễn Văn K")
    expect(page.locator("#lock")).to_be_disabled()
    page.keyboard.press("Escape")
    school.save(room.sheets["endterm 1"], room.pupils[-1], "7")
    button(page, "Xem lại và khoá…: Toán").press("Enter")
    seen = page.get_by_label("Cả cột cùng một điểm")
    expect(page.locator("#lock")).to_be_disabled()
    seen.press("Space")
    page.locator("#lock").press("Enter")
    says(page, "Đã khoá sổ môn Toán.")
    expect(page.locator("#books tbody tr").first).to_contain_text("đã khoá lúc")

    button(page, "Công bố mọi cột đã có điểm (6)").click()
    says(page, "Đã công bố 6 cột")
    expect(page.locator("#steps")).to_contain_text("Cột đã công bố: 6/6")
    button(page, "Khoá sổ Học kỳ I").click()
    expect(page.locator("#refused")).to_contain_text("Còn 8 học sinh chưa có kết quả rèn luyện")

    # The homeroom teacher, on a phone.
    other = opened(signs_in, school, room, HOMEROOM, viewport=PHONE)
    expect(button(other, "Khoá sổ Học kỳ I")).to_be_hidden()
    expect(button(other, "Xem lại và khoá")).to_be_hidden()
    levels = other.locator("#conduct select")
    expect(levels).to_have_count(8)
    for at in range(8):
        levels.nth(at).select_option("good")
    other.get_by_label("Nguyễn Văn A, Nhận xét").fill("Chăm ngoan")
    expect(other.locator("#conduct-status")).to_have_text("Chưa lưu: 8 học sinh.")
    other.keyboard.press("Enter")
    says(other, "Đã lưu rèn luyện của 8 học sinh.")
    assert other.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    button(page, "Khoá sổ Học kỳ I").click()
    says(page, "Đã khoá sổ Học kỳ I")
    expect(page.locator("#closed dd").first).to_have_text("8")
    expect(page.locator("#conduct tbody tr").first).to_contain_text("Chăm ngoan")

    written_again(page, other)


def written_again(page: Page, other: Page) -> None:
    """What was closed is written again only when a second person confirms."""
    other.reload()
    expect(other.locator("#conduct-note")).to_have_text("Học kỳ đã khoá sổ: không ghi được nữa.")
    other.locator("#reopen-conduct").click()
    other.locator("dialog[open] select").select_option("late")
    button(other, "Gửi đề nghị").click()
    says(other, "Đã gửi đề nghị mở lại rèn luyện và nhận xét.")
    page.reload()
    asked = page.locator("#reopenings article").filter(has_text="Chưa nhập kịp")
    expect(asked).to_contain_text("Rèn luyện và nhận xét")
    asked.get_by_role("button", name="Xác nhận mở lại").click()
    says(page, "Đã trả lời đề nghị mở lại")
    other.reload()
    expect(other.locator("#conduct-note")).to_contain_text("được mở lại đến")
    expect(other.locator("#conduct select")).to_have_count(8)


def test_whoever_was_quicker_with_a_remark_is_shown(school: Any, signs_in: Any) -> None:
    room = planned(school, EIGHT[:2], last=0)
    pages = [opened(signs_in, school, room, HOMEROOM) for _ in range(2)]
    for page, text in zip(pages, ("Tiến bộ", "Chăm ngoan"), strict=True):
        page.get_by_label("Nguyễn Văn A, Nhận xét").fill(text)
    first, second = pages
    button(first, "Lưu rèn luyện").click()
    says(first, "Đã lưu rèn luyện của 1 học sinh.")
    button(second, "Lưu rèn luyện").click()
    expect(second.locator(".theirs:visible")).to_contain_text("nhận xét: Tiến bộ")
    expect(second.get_by_label("Nguyễn Văn A, Nhận xét")).to_have_value("Chăm ngoan")
    button(second, "Lưu rèn luyện").click()
    says(second, "Đã lưu rèn luyện của 1 học sinh.")
    first.reload()
    expect(first.get_by_label("Nguyễn Văn A, Nhận xét")).to_have_value("Chăm ngoan")


def test_a_column_is_published_and_withdrawn_where_it_is_typed(school: Any, signs_in: Any) -> None:
    room = school.room(("regular", 1))
    page = open_book(signs_in, room)
    page.on("dialog", lambda dialog: dialog.accept())
    cell(page, 0, 0).focus()
    state, head = page.locator("#column-state"), page.locator("#grid thead th").nth(1)
    expect(state).to_contain_text("Chưa công bố cho phụ huynh.")
    button(page, "Công bố cột").press("Enter")
    expect(state).to_contain_text("Đã công bố cho phụ huynh lúc")
    expect(head).to_contain_text("đã công bố")
    expect(button(page, "Rút công bố")).to_be_focused()
    path = f"/sheets/{room.sheets['regular 1']}"
    assert school.loop.run(school.get(path))["published"]
    page.keyboard.press("Enter")
    says(page, "Đã rút công bố cột Thường xuyên 1.")
    expect(head).not_to_contain_text("đã công bố")
    assert not school.loop.run(school.get(path))["published"]
    # Whoever only reads the column has no such buttons.
    other = open_book(signs_in, room, HOMEROOM)
    cell(other, 0, 0).focus()
    expect(other.locator("#column-state")).to_contain_text("Chưa công bố")
    expect(other.locator("#column button:visible")).to_have_count(0)


def test_a_locked_column_opens_when_a_second_person_confirms(school: Any, signs_in: Any) -> None:
    room = planned(school, EIGHT[:4], last=0)
    path = f"/classes/{room.class_id}/books/TOAN/HK1/lock"
    school.loop.run(school.post(path, {}))
    page = open_book(signs_in, room)
    cell(page, 0, 0).focus()
    expect(cell(page, 0, 0)).not_to_be_editable()
    expect(page.locator("#column-state")).to_contain_text("học kỳ này đã khoá.")
    button(page, "Đề nghị mở lại…").press("Enter")
    page.get_by_label("Mở trong bao nhiêu giờ").fill("2")
    page.keyboard.press("Enter")
    says(page, "Đã gửi đề nghị mở lại Thường xuyên 1.")
    expect(page.locator("#column-state")).to_contain_text("chờ người thứ hai xác nhận")

    other = open_book(signs_in, room, PRINCIPAL)
    cell(other, 0, 0).focus()
    expect(other.locator("#pending")).to_contain_text("trong 2 giờ")
    button(other, "Xác nhận mở lại").press("Enter")
    expect(other.locator("#column-state")).to_contain_text("Được mở lại đến")
    # Whoever comes back to the first page finds the column open, and the others as they were.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#column-state")).to_contain_text("Được mở lại đến")
    expect(cell(page, 0, 0)).to_be_editable()
    expect(cell(page, 0, 1)).not_to_be_editable()
    has(page, 0, 0, "6")
