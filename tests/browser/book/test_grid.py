"""The score book of a class: a grid with the keys of a spreadsheet."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from .keys import COLUMNS, SAVED, all_saved, cell, has, keep_back, let_go, open_book, typed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_column_is_typed_saved_and_there_after_a_reload(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    expect(page.locator("#grid thead th")).to_have_text(
        [
            "Học sinh",
            *(f"{one} 0/4" for one in ("TX1 Thường xuyên 1", "TX2 Thường xuyên 2", "GK Giữa kỳ")),
        ]
    )
    expect(page.locator("#grid tbody th").first).to_contain_text("Trần Văn An")
    keep_back(page)
    cell(page, 0, 0).click()
    typed(page, "8,5⏎7⏎10⏎p⏎")
    expect(page.locator("#grid thead small").first).to_have_text("4/4")
    has(page, 0, 0, "8,5", "waiting")
    let_go(page)
    all_saved(page)
    has(page, 0, 0, "8,5", "saved")
    has(page, 3, 0, "P", "saved")
    assert school.scores(room.sheets["regular 1"]) == ["8.5", "7", "10", None]
    one = school.cell(room.sheets["regular 1"], room.pupils[3])
    assert (one["state"], one["version"]) == ("excused", 1)
    page.reload()
    has(page, 0, 0, "8,5")
    has(page, 3, 0, "P")


def test_the_keys_are_those_of_a_spreadsheet(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    keep_back(page)
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "5")
    expect(grid).to_have_attribute("aria-colcount", "4")
    expect(page.get_by_role("rowheader")).to_have_count(4)
    expect(page.locator("#grid input[tabindex='0']")).to_have_count(1)
    for _ in range(30):  # from the top of the page into the grid, without a mouse
        if page.evaluate("document.activeElement.matches('#grid input')"):
            break
        page.keyboard.press("Tab")
    expect(cell(page, 0, 0)).to_be_focused()
    for keys, row, column in (
        (["ArrowDown", "ArrowRight"], 1, 1),
        (["Enter"], 2, 1),
        (["Shift+Enter"], 1, 1),
        (["Tab", "Tab"], 2, 0),
        (["Shift+Tab"], 1, 2),
        (["Home"], 1, 0),
        (["End"], 1, 2),
        (["Control+End"], 3, 2),
        (["Control+Home"], 0, 0),
        (["PageDown"], 3, 0),
        (["Control+ArrowUp"], 0, 0),
    ):
        for key in keys:
            page.keyboard.press(key)
        expect(cell(page, row, column)).to_be_focused()
    expect(page.locator("#grid input[tabindex='0']")).to_have_count(1)
    typed(page, "8")
    page.keyboard.press("Escape")  # gives the cell up
    has(page, 0, 0, "")
    typed(page, "85")
    page.keyboard.press("F2")  # the arrows move in the text from here on
    page.keyboard.press("ArrowLeft")
    typed(page, ",⏎")
    has(page, 0, 0, "8,5", "waiting")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    has(page, 0, 0, "")
    page.keyboard.press("Control+End")
    page.keyboard.press("Tab")  # past the last cell Tab leaves
    expect(grid.locator("input:focus")).to_have_count(0)
    cell(page, 0, 0).focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")  # and so it does after Escape
    expect(grid.locator("input:focus")).to_have_count(0)


def test_a_block_from_a_spreadsheet_is_pasted_whole(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    block = "8,5\t7\t9,25\r\n10,5\t\t6\r\n\t5,0\t0\r\n9\t8\t7\t6\r\n4\t3\t2\r\n"
    page.evaluate("text => navigator.clipboard.writeText(text)", block)
    cell(page, 0, 0).click()
    page.keyboard.press("Control+v")
    # What is no mark stays in its cell and says why; what has no place is named.
    has(page, 0, 2, "9,25", "wrong")
    has(page, 1, 0, "10,5", "wrong")
    expect(cell(page, 1, 0)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#message")).to_contain_text("4 giá trị không có chỗ")
    expect(page.locator("#message")).to_contain_text("6; 4; 3; 2")
    page.keyboard.press("Control+s")
    for row, column, text in ((0, 0, "8,5"), (2, 1, "5"), (1, 2, "6")):
        has(page, row, column, text, "saved")
    expect(page.locator("#todo")).to_have_text("2 ô cần sửa")
    assert school.scores(room.sheets["regular 1"]) == ["8.5", None, None, "9"]
    assert school.scores(room.sheets["midterm 1"]) == [None, "6", "0", "7"]
    page.reload()  # not even what is wrong is lost
    has(page, 1, 0, "10,5", "wrong")
    page.locator("#todo").click()
    expect(cell(page, 1, 0)).to_be_focused()
    expect(page.locator("#cell-state")).to_contain_text("lớn hơn 10")
    typed(page, "1⏎")
    cell(page, 0, 2).click()
    typed(page, "9,3⏎")
    all_saved(page)
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "8,5\t7\t9,3\n1\t\t6\n\t5\t0\n9\t8\t7"


def test_a_block_that_brings_the_names_goes_by_them(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    lines = ["STT\tHọ và tên\tTX1", "1\tPhạm  dũng\t4", "2\tAi Đó\t5", "3\tTrần Văn An\t9,5"]
    page.evaluate("text => navigator.clipboard.writeText(text)", "\n".join(lines))
    keep_back(page)
    cell(page, 2, 0).click()
    page.keyboard.press("Control+v")
    has(page, 3, 0, "4", "waiting")
    has(page, 0, 0, "9,5", "waiting")
    has(page, 2, 0, "")
    expect(page.locator("#message")).to_contain_text("Ai Đó 5")
    page.keyboard.press("Control+z")
    has(page, 3, 0, "")


def test_several_cells_are_filled_and_emptied_at_once(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    page.evaluate("navigator.clipboard.writeText('7')")
    keep_back(page)
    cell(page, 0, 0).click()
    for key in ("Shift+ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("#grid td[aria-selected=true]")).to_have_count(4)
    page.keyboard.press("Control+v")
    for row in (0, 1):
        for column in (0, 1):
            has(page, row, column, "7", "waiting")
    page.keyboard.press("Delete")
    has(page, 1, 1, "")
    page.get_by_label("Gõ nhanh").check()
    cell(page, 0, 0).click()
    typed(page, "85⏎10⏎")
    has(page, 0, 0, "8,5", "waiting")
    has(page, 1, 0, "10", "waiting")


def test_a_saved_mark_is_corrected_with_a_reason(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    sheet, (pupil, *_) = room.sheets["regular 1"], room.pupils
    school.save(sheet, pupil, "6")
    page = open_book(signs_in, room)
    cell(page, 0, 0).click()
    typed(page, "7⏎")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Vì sao sửa 1 ô đã có điểm?")
    page.keyboard.press("Escape")  # later
    has(page, 0, 0, "7", "reason")
    expect(cell(page, 1, 0)).to_be_focused()
    page.reload()
    page.get_by_role("button", name="1 ô cần lý do").click()
    dialog.locator("[name=code]").select_option("other")
    dialog.get_by_role("button", name="Lưu").click()
    expect(dialog).to_be_visible()  # another reason has to be told
    dialog.get_by_label("Ghi rõ").fill("Cộng sai")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text(SAVED)
    one = school.cell(sheet, pupil)["history"][-1]
    assert (one["what"], one["before"], one["after"]) == ("corrected", "6", "7")
    assert (one["reason_code"], one["reason"]) == ("other", "Cộng sai")
    cell(page, 0, 0).click()
    page.keyboard.press("Shift+F2")
    past = page.get_by_role("dialog")
    expect(past.get_by_role("listitem")).to_contain_text(["Sửa 6 thành 7", "Nhập 6"])
    expect(past).to_contain_text("Lý do khác: Cộng sai")
    past.get_by_role("button", name="Đóng").click()
    expect(cell(page, 0, 0)).to_be_focused()


def test_a_step_is_taken_back_before_and_after_it_was_saved(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    keep_back(page)
    cell(page, 0, 0).click()
    typed(page, "8⏎7⏎")
    page.keyboard.press("Control+z")
    has(page, 1, 0, "")
    page.keyboard.press("Control+y")
    has(page, 1, 0, "7", "waiting")
    let_go(page)
    all_saved(page)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    all_saved(page)
    has(page, 0, 0, "", "saved")
    last = school.cell(room.sheets["regular 1"], room.pupils[0])["history"][-1]
    assert (last["what"], last["before"], last["reason_code"]) == ("deleted", "8", "entry-error")


def test_who_may_not_enter_reads_and_is_told_why(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    school.save(room.sheets["regular 1"], room.pupils[0], "6")
    page = open_book(signs_in, room, "Giáo viên chủ nhiệm")
    cell(page, 0, 0).click()
    typed(page, "9⏎")
    has(page, 0, 0, "6")
    expect(page.locator("#cell-state")).to_contain_text("chỉ giáo viên dạy môn này")
    expect(page.locator("#opening")).to_be_hidden()


def test_a_column_is_opened_where_there_is_none(school: Any, signs_in: Any) -> None:
    room = school.room()
    page = open_book(signs_in, room)
    expect(page.locator("#message")).to_contain_text("Chưa có cột điểm nào")
    page.locator("#open").click()
    expect(page.locator("#grid thead th")).to_have_count(2)
    page.locator("#new").select_option(label="Cuối kỳ")
    page.locator("#open").click()
    expect(page.locator("#grid thead th").nth(2)).to_contain_text("CK")


def test_a_phone_scrolls_the_grid_and_not_the_page(school: Any, signs_in: Any) -> None:
    columns = [("regular", number) for number in range(1, 5)] + [("midterm", 1), ("endterm", 1)]
    room = school.room(*columns)
    page = open_book(signs_in, room, viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cell(page, 0, 5).tap()
    expect(cell(page, 0, 5)).to_be_focused()
    expect(cell(page, 0, 5)).to_have_attribute("inputmode", "decimal")
    name = page.locator("#grid tbody th").first.bounding_box()
    box = cell(page, 0, 5).bounding_box()
    assert name is not None
    assert box is not None
    assert name["x"] + name["width"] <= box["x"]  # the name stays beside the cell
    assert box["x"] + box["width"] <= 390
    typed(page, "8⏎")
    page.get_by_role(
        "button", name="P: vắng có phép", exact=True
    ).tap()  # no letters among the keys
    all_saved(page)
    has(page, 1, 5, "P", "saved")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_both_languages_and_every_control_has_a_name(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Score book")
    expect(page.locator("#status")).to_have_text("Everything is saved.")
    assert "lang=en" in page.url
    text = page.locator("body").inner_text()
    assert re.findall(r"(?:Học sinh|Hoàn tác|Lớp|Năm học|Đăng)", text) == []
    nameless = page.locator("button, select, input, a[href]").evaluate_all(
        "nodes => nodes.filter(node => node.checkVisibility() && !(node.ariaLabel"
        " || node.textContent.trim() || node.labels?.length)).map(node => node.outerHTML)"
    )
    assert nameless == []
