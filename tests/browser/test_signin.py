"""Somebody signs in on the page, sees the small numbers that concern them, and signs out."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SESSION = "ioc-aggregator-session"


def school_with_hidden_bins(suite: Any) -> str:
    """Give a school whose scores in Toán the public does not see in full."""
    for one in suite.played:
        told = suite.ask("histograms", subject="TOAN", unit=one.school_id)
        if not told["suppressed"] and None in told["counts"]:
            return str(one.school_id)
    raise AssertionError("nothing is hidden in this province")


def sees_all(page: Page, *, signed_in_as: str) -> None:
    expect(page.locator("#account span")).to_have_text(signed_in_as)
    expect(page.locator("#histogram .statistics")).not_to_be_empty()
    expect(page.locator("#histogram .bins-hidden")).to_be_empty()


def sees_what_the_public_sees(page: Page) -> None:
    expect(page.locator("#account span")).to_have_text("Trang công khai")
    expect(page.locator("#histogram .bins-hidden")).to_contain_text("cột bị giấu")


def test_whoever_signs_in_sees_what_concerns_them(suite: Any, browser: Browser) -> None:
    address = f"{suite.page}?unit={school_with_hidden_bins(suite)}&subject=TOAN"
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)

    page.goto(address)
    sees_what_the_public_sees(page)
    page.get_by_role("link", name="Đăng nhập").click()
    page.get_by_role("link", name="Chuyên viên Sở Giáo dục và Đào tạo").click()
    expect(page).to_have_url(address)
    sees_all(page, signed_in_as="Chuyên viên, toàn tỉnh")

    (session,) = [one for one in context.cookies() if one["name"] == SESSION]
    assert (session["httpOnly"], session["sameSite"]) == (True, "Lax")
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="English").click()
    expect(page.locator("#account span")).to_have_text("Officer, whole province")
    page.get_by_role("button", name="Tiếng Việt").click()

    page.get_by_role("button", name="Đăng xuất").click()
    sees_what_the_public_sees(page)
    assert [one for one in context.cookies() if one["name"] == SESSION] == []
    context.add_cookies([{"name": SESSION, "value": session["value"], "url": suite.page}])
    page.goto(address)
    sees_what_the_public_sees(page)
    context.close()
    assert faults == []


def test_whoever_turns_back_at_the_provider_finds_the_way(suite: Any, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{suite.page}?lang=en")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Không đăng nhập").click()
    expect(page.get_by_role("heading")).to_have_text("Đăng nhập không thành công")
    page.get_by_role("link", name="Đăng nhập lại").click()
    page.get_by_role("link", name="Hiệu trưởng").click()
    expect(page).to_have_url(f"{suite.page}?lang=en")
    expect(page.locator("#account span")).to_have_text("Principal, Trường THCS Tân Ninh (mẫu)")
    context.close()
