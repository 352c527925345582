"""A teacher calls the roll on a phone while the link drops: it is kept there, and sent once."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PHONE: ViewportSize = {"width": 390, "height": 844}
DAY = "2026-10-05"
TEACHER = "Giáo viên chủ nhiệm"


class Roll:
    """A class's roll-call: on the page of a teacher, and as the API has it."""

    def __init__(self, school: Any, signs_in: Any) -> None:
        self.school, self.signs_in = school, signs_in
        self.room = school.room()
        self.path = f"/classes/{self.room.class_id}/roll-calls/{DAY}/morning"
        self.address = (
            f"{school.url}/roll-call?class={self.room.class_id}&day={DAY}&session=morning"
        )

    def opened(self) -> Page:
        """Open the page on a phone."""
        page: Page = self.signs_in(TEACHER, self.address, viewport=PHONE)
        expect(page.locator("#pupils li")).to_have_count(len(self.room.pupils))
        return page

    def history(self) -> list[int]:
        """Give how many pupils each save changed."""
        read = self.school.loop.run(self.school.get(self.path))
        return [len(save["changes"]) for save in read["history"]]

    def states(self) -> list[str | None]:
        """Give what each pupil counts as, in the order of names."""
        read = self.school.loop.run(self.school.get(self.path))
        return [one["state"] for one in read["pupils"]]

    def called_elsewhere(self, version: int, **absent: str) -> None:
        """Let the principal call the roll."""
        rows = [{"pupil_id": one, "state": state} for one, state in absent.items()]
        self.school.loop.run(self.school.put(self.path, {"version": version, "absent": rows}))


@pytest.fixture
def roll(school: Any, signs_in: Any) -> Roll:
    return Roll(school, signs_in)


def choose(page: Page, row: int, state: str) -> None:
    page.locator("#pupils li").nth(row).get_by_text(state, exact=True).click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Lưu điểm danh").click()


def says(page: Page, text: str) -> None:
    expect(page.locator("#state")).to_contain_text(text)


def nothing_is_kept(page: Page) -> None:
    # Asked again and again from here: the page's own policy lets nobody evaluate within it.
    until = time.monotonic() + 30
    while page.evaluate("localStorage.length"):
        assert time.monotonic() < until
        page.wait_for_timeout(50)


def test_the_roll_is_called_by_the_keyboard_alone(roll: Roll) -> None:
    page = roll.opened()
    expect(page.locator("#school")).to_contain_text("Chưa: ")
    expect(page.get_by_role("group", name="Trần Văn An")).to_be_visible()
    # One stop for each pupil; arrows choose.
    page.locator("#pupils input").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#count")).to_have_text("Có mặt 3/4, có phép 0, không phép 1, đi muộn 1")
    page.keyboard.press("Enter")
    says(page, "Đã lưu lúc")
    assert roll.states() == ["without-leave", "late", None, None]
    expect(page.locator("#class-name")).to_contain_text("đã điểm danh")
    page.locator("#past summary").click()
    expect(page.locator("#history li")).to_contain_text("Trần Văn An: có mặt → không phép")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_could_not_be_sent_is_kept_and_sent_once(roll: Roll) -> None:
    page = roll.opened()
    page.context.set_offline(True)
    choose(page, 0, "Có phép")
    save(page)
    says(page, "Chưa gửi: mất kết nối.")
    assert roll.history() == []
    page.context.set_offline(False)
    page.reload()  # before or after the page has sent it itself
    nothing_is_kept(page)
    assert (roll.history(), roll.states()[0]) == ([1], "with-leave")


def test_a_save_whose_answer_was_lost_is_not_made_twice(roll: Roll) -> None:
    page = roll.opened()
    answers: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "PUT" and not answers:
            answers.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/roll-calls/**", lose)
    choose(page, 1, "Đi muộn")
    save(page)
    says(page, "Đã lưu lúc")
    page.unroute_all(behavior="wait")
    assert answers == [200]
    assert roll.history() == [1]


def test_who_was_quicker_is_shown_and_a_person_decides(roll: Roll) -> None:
    page = roll.opened()
    roll.called_elsewhere(0, **{roll.room.pupils[3]: "late"})
    choose(page, 0, "Không phép")
    save(page)
    says(page, "Người khác vừa điểm danh buổi này.")
    page.get_by_role("button", name="Giữ bản của tôi").click()
    says(page, "Đã lưu lúc")
    assert roll.states() == ["without-leave", None, None, None]
    roll.called_elsewhere(2)
    choose(page, 1, "Có phép")
    save(page)
    page.get_by_role("button", name="Dùng bản mới").click()
    says(page, "Đang hiện bản mới.")
    expect(page.locator("#count")).to_have_text("Có mặt 4/4, có phép 0, không phép 0, đi muộn 0")
    assert roll.history() == [1, 2, 1]


def test_what_was_called_of_one_class_goes_out_from_another(roll: Roll) -> None:
    page = roll.opened()
    other = roll.school.room()
    page.context.set_offline(True)
    choose(page, 2, "Không phép")
    save(page)
    says(page, "Chưa gửi")
    page.context.set_offline(False)
    page.goto(roll.address.replace(roll.room.class_id, other.class_id))
    expect(page.locator(f"option[value='{roll.room.class_id}']")).to_contain_text("✓")
    nothing_is_kept(page)
    assert roll.states()[2] == "without-leave"
