"""What is typed reaches the server once, whatever the line, the session or somebody else does."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from .keys import COLUMNS, SAVED, all_saved, cell, has, open_book, typed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


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
    context.set_offline(True)
    page.unroute_all(behavior="ignoreErrors")
    page.close()
    context.set_offline(False)

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


def test_what_is_typed_while_a_save_is_on_its_way_is_not_lost(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/cells", hold_the_first)
    cell(page, 0, 0).click()
    with page.expect_request("**/cells"):
        typed(page, "8⏎")
        page.keyboard.press("Control+s")
    has(page, 0, 0, "8", "sending")
    cell(page, 0, 0).click()
    typed(page, "9⏎6⏎")
    held[0].continue_()
    has(page, 1, 0, "6", "saved")
    has(page, 0, 0, "9", "reason")  # the 8 is saved by now: to change it takes a reason
    page.locator("#why").click()
    page.get_by_role("dialog").get_by_role("button", name="Lưu").click()
    expect(page.locator("#status")).to_have_text(SAVED)
    one = school.cell(room.sheets["regular 1"], room.pupils[0])
    assert [change["after"] for change in one["history"]] == ["8", "9"]


def test_a_session_that_ended_keeps_what_was_typed(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room, anew=True)
    page.context.clear_cookies()
    cell(page, 0, 0).click()
    typed(page, "8⏎")
    page.keyboard.press("Control+s")
    expect(page.locator("#status")).to_contain_text("Phiên đăng nhập đã hết: 1 ô được giữ")
    page.locator("#enter").click()
    page.get_by_role("link", name="Giáo viên Toán", exact=True).click()
    has(page, 0, 0, "8", "saved")
    one = school.cell(room.sheets["regular 1"], room.pupils[0])
    assert len(one["history"]) == 1


def test_what_the_server_refuses_stays_in_its_cell(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    school.teach(room, "other")
    cell(page, 0, 0).click()
    typed(page, "8⏎")
    page.keyboard.press("Control+s")
    has(page, 0, 0, "8", "refused")
    page.reload()  # the class is no longer theirs: no other one is shown in its place
    expect(page.locator("#message")).to_contain_text("không mở được lớp")
    expect(page.locator("#grid tbody tr")).to_have_count(0)
    expect(page.locator("#elsewhere")).to_have_text("1 ô chưa gửi ở bảng khác")
    school.teach(room, "teacher", "other")
    page.locator("#elsewhere").click()
    has(page, 0, 0, "8", "refused")
    page.locator("#todo").click()
    expect(page.locator("#cell-state")).not_to_be_empty()
    page.get_by_role("button", name="Gửi lại").click()
    has(page, 0, 0, "8", "saved")


def test_two_tabs_show_and_send_the_same(school: Any, signs_in: Any) -> None:
    room = school.room(*COLUMNS)
    page = open_book(signs_in, room)
    context: BrowserContext = page.context
    context.route("**/cells", lambda route: route.abort())
    cell(page, 0, 0).click()
    typed(page, "8⏎")
    page.keyboard.press("Control+s")
    has(page, 0, 0, "8", "waiting")
    second = context.new_page()
    second.goto(room.url)
    has(second, 0, 0, "8", "waiting")
    context.unroute("**/cells")
    cell(second, 1, 0).click()
    typed(second, "7⏎")
    all_saved(second)
    expect(page.locator("#status")).to_have_text(SAVED)
    has(page, 1, 0, "7", "saved")
    one = school.cell(room.sheets["regular 1"], room.pupils[0])
    assert len(one["history"]) == 1
