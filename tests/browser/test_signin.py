"""Somebody signs in: on the aggregator's page to see small numbers, on the gradebook's pages."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from edu import people, tokens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SESSION = "ioc-aggregator-session"
SUBJECTS_OF_THCS = 12
PHONE: ViewportSize = {"width": 390, "height": 844}


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


@pytest.fixture
def gradebook(suite: Any) -> str:
    """Return where the gradebook is, with the principal of a school in the list of people."""
    school = suite.played[0]
    place = (school.school_id, "Trường của trang kết quả")
    commune = (school.school_id, "Xã của trang kết quả")
    people.join(suite.home, *people.of_school("results", place, commune))
    return str(suite.run["services"]["gradebook"]["url"])


@pytest.fixture
def pupil(suite: Any, gradebook: str) -> str:
    """Return a pupil with a mark in mathematics."""
    token = tokens.token(suite.home, "auditor")
    sheet = next(one for one in suite.played[0].sheets if one.column.subject == "TOAN")
    answer = httpx.get(
        f"{gradebook}/v1/sheets/{sheet.sheet_id}", headers={"Authorization": f"Bearer {token}"}
    )
    cells = answer.raise_for_status().json()["cells"]
    return str(next(cell["pupil_id"] for cell in cells if cell["score"] is not None))


def beyond(page: Page) -> list[str]:
    """Name what stands beside the screen, once the new width is laid out."""
    found: list[str] = page.evaluate(
        """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
            const wide = document.documentElement.clientWidth;
            const all = [...document.querySelectorAll("body *")];
            const fits = document.documentElement.scrollWidth <= wide;
            done(fits ? [] : all.filter((one) => one.getBoundingClientRect().right > wide)
                .map((one) => `${one.tagName}#${one.id}.${one.className}`));
        })))"""
    )
    return found


def test_why_a_pupil_has_these_results(gradebook: str, pupil: str, browser: Browser) -> None:
    address = f"{gradebook}/results?pupil={pupil}"
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)

    page.goto(address)
    expect(page.locator("#message")).to_have_text("Hãy đăng nhập để xem kết quả.")
    page.get_by_role("link", name="Đăng nhập").click()
    page.get_by_role("listitem").filter(has_text="Trường của trang kết quả").get_by_role(
        "link"
    ).click()
    expect(page).to_have_url(address)
    expect(page.locator("#pupil")).to_contain_text("năm học")
    expect(page.locator("#rules")).to_contain_text("TT 22/2021/TT-BGDĐT")
    expect(page.locator("#subjects tr")).to_have_count(SUBJECTS_OF_THCS)
    expect(page.locator("#results")).to_be_focused()
    page.locator("#each summary").filter(has_text="Toán").click()
    maths = page.locator("#each li").filter(has_text="Toán, học kỳ I").first
    expect(maths).to_contain_text("TT 22/2021 Điều 9(1)b")
    page.set_viewport_size(PHONE)
    assert beyond(page) == []
    context.close()
    assert faults == []


def test_a_stranger_is_told_no_more_than_that_there_is_nothing(
    gradebook: str, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(f"{gradebook}/results")
    page.get_by_role("link", name="Đăng nhập").click()
    page.get_by_role("listitem").filter(has_text="Trường của trang kết quả").get_by_role(
        "link"
    ).click()
    expect(page.locator("#message")).to_have_text("Hãy nhập mã học sinh.")
    page.get_by_label("Mã học sinh").fill("00000000-0000-4000-8000-000000000000")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Không")
    expect(page.locator("#found")).to_be_hidden()
    page.close()


def test_the_score_book_is_the_first_thing_to_see(
    suite: Any, gradebook: str, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(f"{gradebook}/")
    expect(page).to_have_url(f"{gradebook}/book")
    expect(page.locator("#message")).to_have_text("Hãy đăng nhập để mở sổ điểm.")
    page.goto(f"{gradebook}/book?year={suite.ask('units')['period']}")
    page.get_by_role("link", name="Đăng nhập").click()
    page.get_by_role("listitem").filter(has_text="Trường của trang kết quả").get_by_role(
        "link"
    ).click()
    room = suite.played[0].school.rooms[0]
    page.get_by_label("Lớp").select_option(label=room.name)
    expect(page.locator("#grid tbody tr")).to_have_count(len(room.pupils))
    page.close()
