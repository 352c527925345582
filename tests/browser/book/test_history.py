"""Whoever inspects a class sees what deleting and entering again did, on one page."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WHY = {"reason_code": "other", "reason": "nhập nhầm dòng"}


def edited(school: Any) -> Any:
    """Let one score be deleted and entered lower, another deleted and entered as it was."""
    room = school.room(("regular", 1))
    sheet = room.sheets["regular 1"]
    first, second, third, _ = room.pupils
    for pupil in (first, second, third):
        school.save(sheet, pupil, "8")
    for pupil, score in ((first, "4,5"), (second, "8")):
        school.save(sheet, pupil, None, version=1, **WHY)
        school.save(sheet, pupil, score, version=2)
    return room


@pytest.mark.parametrize("width", [1920, 390])
def test_the_true_effect_and_every_change(school: Any, signs_in: Any, width: int) -> None:
    room = edited(school)
    url = f"{school.url}/history?class_id={room.class_id}"
    page: Page = signs_in("Giáo viên chủ nhiệm", url, viewport={"width": width, "height": 1080})
    expect(page.locator("#summary > div").first).to_have_text("Số lần sửa1")
    effects = page.locator("#effects tr")
    expect(effects).to_have_count(2)
    expect(effects.nth(0)).to_contain_text("Trần Văn An")
    expect(effects.nth(0).locator("td")).to_contain_text(
        ["Toán · HK I · ĐĐGtx 1", "8", "4,5", "giảm", "1", "2"]
    )
    expect(effects.nth(1)).to_contain_text("không đổi")
    expect(page.locator("#changes tr")).to_have_count(7)
    newest = page.locator("#changes tr").nth(2)
    expect(newest).to_contain_text("nhập lại sau khi xoá")
    expect(newest).to_contain_text("▼ 8")
    expect(page.locator("#changes")).to_contain_text("khác: nhập nhầm dòng")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_a_selection_stands_in_the_address(school: Any, signs_in: Any) -> None:
    room = edited(school)
    page: Page = signs_in("Giáo viên chủ nhiệm", f"{school.url}/history")
    expect(page.locator("#message")).to_have_text("Hãy nhập mã lớp, hoặc mã trường và năm học.")
    page.get_by_label("Mã lớp").fill(room.class_id)
    page.get_by_label("bỏ lần nhập đầu tiên").check()
    page.get_by_role("button", name="Xem").click()
    expect(page).to_have_url(f"{school.url}/history?class_id={room.class_id}&edited=true")
    expect(page.locator("#changes tr")).to_have_count(4)
    page.locator("#changes tr").first.get_by_role("link").click()
    expect(page.locator("[name=teacher_id]")).not_to_have_value("")
    expect(page.locator("#changes tr")).to_have_count(4)
    page.goto(f"{school.url}/history?class_id={room.pupils[0]}")
    expect(page.locator("#message")).to_contain_text("Không tìm thấy")
