"""The score book of a class: typed, pasted, taken back, sent once, whatever the line does."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

COLUMNS = (("regular", 1), ("regular", 2), ("midterm", 1))
SAVED = "Đã lưu tất cả."


def cell(page: Page, row: int, column: int) -> Locator:
    return page.locator(f"#grid input[data-row='{row}'][data-column='{column}']")


def has(page: Page, row: int, column: int, text: str, state: str = "") -> None:
    """Wait until a cell shows this text and stands in this state."""
    expect(cell(page, row, column)).to_have_value(text)
    expect(cell(page, row, column).locator("..")).to_have_attribute("data-state", state)


def typed(page: Page, keys: str) -> None:
    """Press keys as a person would; ⏎ is Enter, ⇥ is Tab."""
    names = {"⏎": "Enter", "⇥": "Tab"}
    for key in keys:
        page.keyboard.press(names.get(key, key))


def all_saved(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator("#status")).to_have_text(SAVED)


def open_book(signs_in: Any, room: Any, person: str = "Giáo viên Toán", **options: Any) -> Page:
    page: Page = signs_in(person, room.url, **options)
    expect(page.locator("#grid tbody tr")).to_have_count(len(room.pupils))
    return page


def test_a_column_is_typed_saved_and_there_after_a_reload(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    expect(page.locator("#grid thead th")).to_have_text(
        ["Học sinh", "TX1 Thường xuyên 1", "TX2 Thường xuyên 2", "GK Giữa kỳ"]
    )
    expect(page.locator("#grid tbody th").first).to_contain_text("Trần Văn An")
    cell(page, 0, 0).click()
    typed(page, "8,5⏎7⏎10⏎p⏎")
    has(page, 0, 0, "8,5", "waiting")
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


def test_a_lost_answer_saves_nothing_twice(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    sent: list[tuple[str, str | None]] = []

    def lose(route: Route) -> None:
        """Let the first request reach the server, and keep its answer from the page."""
        sent.append((route.request.headers["idempotency-key"], route.request.post_data))
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/cells", lose)
    cell(page, 0, 0).click()
    typed(page, "8⏎")
    page.keyboard.press("Control+s")
    has(page, 0, 0, "8", "saved")
    expect(page.locator("#status")).to_have_text(SAVED)
    assert len(sent) == 2
    assert sent[0] == sent[1]
    one = school.cell(room.sheets["regular 1"], room.pupils[0])
    assert [change["after"] for change in one["history"]] == ["8"]


def test_what_was_typed_without_a_line_is_sent_after_the_tab_was_closed(
    school: Any, signs_in: Any
) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    context: BrowserContext = page.context
    sent: list[str] = []

    def lose(route: Route) -> None:
        sent.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort()

    page.route("**/cells", lose)
    cell(page, 0, 0).click()
    typed(page, "8⏎")
    page.keyboard.press("Control+s")
    expect(page.locator("#status")).to_contain_text("Mất kết nối: 1 ô được giữ")
    typed(page, "7⏎")
    page.keyboard.press("Control+s")
    has(page, 1, 0, "7", "waiting")
    page.close()

    again = context.new_page()
    keys: list[str] = []
    again.on(
        "request",
        lambda one: keys.append(one.headers["idempotency-key"]) if "/cells" in one.url else None,
    )
    again.goto(room.url)
    has(again, 1, 0, "7", "saved")
    expect(again.locator("#status")).to_have_text(SAVED)
    assert keys[0] == sent[0]
    assert len(keys) == 2
    for pupil in room.pupils[:2]:
        one = school.cell(room.sheets["regular 1"], pupil)
        assert len(one["history"]) == 1
    again.reload()
    has(again, 0, 0, "8")
    assert len(keys) == 2


def test_who_signs_in_next_at_the_computer_sends_nothing_of_it(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room, anew=True)  # this session is going to end
    page.route("**/cells", lambda route: route.abort())
    cell(page, 0, 0).click()
    typed(page, "8⏎")
    has(page, 0, 0, "8", "waiting")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Đăng xuất").click()
    page.unroute("**/cells")
    page.locator("#enter").click()
    page.get_by_role("link", name="Giáo viên Toán khác").click()
    expect(page.locator("#grid tbody tr")).to_have_count(4)
    has(page, 0, 0, "")
    cell(page, 1, 0).click()
    typed(page, "6⏎")
    all_saved(page)
    assert school.scores(room.sheets["regular 1"]) == [None, "6", None, None]
    page.get_by_role("button", name="Đăng xuất").click()
    page.locator("#enter").click()
    page.get_by_role("link", name="Giáo viên Toán", exact=True).click()
    has(page, 0, 0, "8", "saved")
    one = school.cell(room.sheets["regular 1"], room.pupils[0])
    assert [change["after"] for change in one["history"]] == ["8"]


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
    page.route("**/cells", lambda route: route.abort())
    cell(page, 0, 0).click()
    typed(page, "8⏎7⏎")
    page.keyboard.press("Control+z")
    has(page, 1, 0, "")
    page.keyboard.press("Control+y")
    has(page, 1, 0, "7", "waiting")
    page.unroute("**/cells")
    all_saved(page)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    has(page, 0, 0, "", "waiting")
    all_saved(page)
    last = school.cell(room.sheets["regular 1"], room.pupils[0])["history"][-1]
    assert (last["what"], last["before"], last["reason_code"]) == ("deleted", "8", "entry-error")


@pytest.mark.parametrize(("button", "ends"), [("mine", "9"), ("theirs", "5")])
def test_two_who_changed_a_cell_are_told(
    school: Any, signs_in: Any, button: str, ends: str
) -> None:
    room = school.room(*COLUMNS)
    sheet, (pupil, *_) = room.sheets["regular 1"], room.pupils
    page = open_book(signs_in, room)
    school.save(sheet, pupil, "5")
    cell(page, 0, 0).click()
    typed(page, "9⏎8⏎")
    page.keyboard.press("Control+s")
    has(page, 0, 0, "9", "disputed")
    has(page, 1, 0, "8", "saved")  # what nobody disputes is not held up
    page.get_by_role("button", name="1 ô cần sửa").click()
    expect(page.locator("#cell-state")).to_contain_text("đã được đổi thành “5”")
    page.locator(f"#{button}").click()
    if button == "mine":
        page.get_by_role("dialog").get_by_role("button", name="Lưu").click()
    expect(page.locator("#status")).to_have_text(SAVED)
    expect(cell(page, 0, 0)).to_have_value(ends)
    assert school.cell(sheet, pupil)["score"] == ends


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
    all_saved(page)


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
