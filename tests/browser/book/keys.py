"""What a person does with the keyboard, and what they see of a cell."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

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


def keep_back(page: Page) -> None:
    """Let the page send nothing from here on: it takes turns with other tabs by a lock."""
    page.evaluate(
        """() => new Promise((held) => navigator.locks.request("edu-book-sending", () => {
            held();
            return new Promise((release) => { window.release = release; });
        }))"""
    )


def let_go(page: Page) -> None:
    """Let it send again."""
    page.evaluate("window.release()")


def all_saved(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator("#status")).to_have_text(SAVED)


def open_book(signs_in: Any, room: Any, person: str = "Giáo viên Toán", **options: Any) -> Page:
    page: Page = signs_in(person, room.url, **options)
    expect(page.locator("#grid tbody tr")).to_have_count(len(room.pupils))
    return page
