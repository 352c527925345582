"""The page shows what the API says, moves when that moves, and says so when it does not."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Opens = Callable[..., Page]
SHARES = {"percent": (100, "%"), "per-mille": (1000, "‰")}
SHOWN_STALE_WITHIN = 15.0
PAUSED = 60_000
"""How long a test waits, in milliseconds, for a process that it paused to be missed or back."""


def grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def written(number: dict[str, Any], unit: str) -> str:
    """Write a number as people here read it, from integers alone."""
    if number["suppressed"]:
        return "dưới 5*"
    numerator, denominator = number["numerator"], number["denominator"]
    if unit not in SHARES:
        return grouped(numerator)
    if not denominator:
        return "—"
    scale, sign = SHARES[unit]
    tenths = (20 * scale * numerator + denominator) // (2 * denominator)
    if numerator < denominator:
        tenths = min(tenths, 10 * scale - 1)
    return f"{grouped(tenths // 10)},{tenths % 10}{sign}"


def fraction(number: dict[str, Any]) -> str:
    return f"{grouped(number['numerator'])} / {grouped(number['denominator'])}"


def coverage(number: dict[str, Any]) -> str:
    return f"{grouped(number['schools_reported'])}/{grouped(number['schools_expected'])}"


def tile(page: Page, indicator: str) -> Locator:
    return page.locator(f".tile[data-indicator={indicator}]")


def rows(page: Page) -> dict[str, list[str]]:
    """Read the table of places as a person does: name, value with its fraction, n/N."""
    cells = page.locator("#places tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('th, b, small, .coverage')]"
        ".map(cell => cell.textContent))"
    )
    return {name: rest for name, *rest in cells}


def full_name(place: dict[str, Any]) -> str:
    prefix = {"ward": "Phường ", "commune": "Xã "}.get(place["kind"], "")
    return f"{prefix}{place['name']}"


@pytest.mark.parametrize("indicator", ["N04", "N26", "N28"])
def test_every_number_is_the_one_of_the_api(suite: Any, opens: Opens, indicator: str) -> None:
    page = opens(f"?indicator={indicator}")
    told = suite.indicator(indicator)
    unit = told["unit"]["code"]
    shown = tile(page, indicator)
    expect(shown.locator(".name")).to_have_text(told["name"]["vi"])
    expect(shown.locator(".big")).to_have_text(written(told["number"], unit))
    if unit in SHARES:
        expect(shown.locator(".fraction")).to_have_text(fraction(told["number"]))
    expect(shown.locator(".coverage")).to_have_text(f"{coverage(told['number'])} trường")
    expect(shown.locator(".stamp")).to_have_text(re.compile(r"^tính đến \d\d:\d\d:\d\d$"))
    assert len(told["children"]) == 96
    assert {name: (cells[0], cells[-1]) for name, cells in rows(page).items()} == {
        full_name(child): (written(child, unit), coverage(child)) for child in told["children"]
    }


def test_the_histogram_and_its_table_are_those_of_the_api(suite: Any, opens: Opens) -> None:
    page = opens("?subject=VAN&grade=7")
    year = suite.ask("units")["period"]
    told = suite.ask("histograms", subject="VAN", grade="7", school_year=year)
    panel = page.locator("#histogram")
    count, mean = panel.locator("dd").nth(0), panel.locator("dd").nth(1)
    expect(count).to_have_text(grouped(told["count"]))
    hundredths = (2 * told["sum"] + told["count"]) // (2 * told["count"])
    expect(mean).to_have_text(f"{hundredths // 100},{hundredths % 100:02d}")
    expect(panel.get_by_role("img")).to_have_attribute("aria-label", re.compile("Ngữ văn"))
    panel.get_by_role("button", name="Xem bảng").press("Enter")
    shown = panel.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    assert [number for _, number in shown] == [
        "dưới 5*" if number is None else grouped(number) for number in told["counts"] if number != 0
    ]
    expect(page.locator("#hidden-note")).to_be_visible()


def test_a_place_is_opened_by_click_and_left_by_its_path(suite: Any, opens: Opens) -> None:
    page = opens()
    commune = next(child for child in suite.indicator("N26")["children"] if child["denominator"])
    page.locator(f'.commune[href="?unit={commune["unit_id"]}"]').click()
    expect(page.locator("#path li")).to_have_text(["Tây Ninh", full_name(commune)])
    expect(tile(page, "N26").locator(".big")).to_have_text(written(commune, "percent"))
    school = next(
        child
        for child in suite.indicator("N26", unit=commune["unit_id"])["children"]
        if child["denominator"]
    )
    page.locator("#places").get_by_role("link", name=school["name"]).click()
    expect(page.locator("#path li")).to_have_text(["Tây Ninh", full_name(commune), school["name"]])
    expect(tile(page, "N26").locator(".fraction")).to_have_text(fraction(school))
    expect(page.locator("#places tbody th").first).to_have_text("Lớp 6")
    page.go_back()
    expect(page.locator("#path li")).to_have_count(2)
    page.locator("#path").get_by_role("link", name="Tây Ninh").click()
    expect(page.locator("#path li")).to_have_count(1)
    expect(page.locator("#places tbody tr")).to_have_count(96)


def test_a_place_is_opened_by_the_keyboard(opens: Opens) -> None:
    page = opens()
    skip = page.get_by_role("link", name="Bỏ qua, đến bảng số liệu")
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    map_entry = page.locator(".commune[tabindex='0']")
    expect(map_entry).to_have_count(1)
    for _ in range(40):
        page.keyboard.press("Tab")
        if map_entry.evaluate("link => link === document.activeElement"):
            break
    expect(map_entry).to_be_focused()
    first = map_entry.get_attribute("href")
    page.keyboard.press("ArrowDown")
    expect(map_entry).to_be_focused()
    assert map_entry.get_attribute("href") != first
    name = (map_entry.get_attribute("aria-label") or "").partition(":")[0]
    page.keyboard.press("Enter")
    expect(page.locator("#path li").last).to_have_text(name)
    expect(page.locator("#summary")).to_contain_text(name)
    page.locator("#path a").first.press("Enter")
    search = page.get_by_role("searchbox")
    search.fill("tan hoa")
    expect(page.locator("#places tbody tr")).to_have_count(1)
    page.locator("#places tbody a").press("Enter")
    expect(page.locator("#path li").last).to_have_text("Xã Tân Hoà")
    expect(page.locator("#places")).to_be_focused()


def test_a_school_is_found_by_its_name_from_anywhere(suite: Any, opens: Opens) -> None:
    page = opens()
    name = suite.played[0].school.name
    page.get_by_role("searchbox").fill(name.removeprefix("Trường ").lower())
    page.locator(".elsewhere").get_by_role("link", name=name).click()
    expect(page.locator("#path li").last).to_have_text(name)


def test_a_save_in_a_school_arrives_without_a_reload(suite: Any, opens: Opens) -> None:
    page = opens()
    page.evaluate("window.same = true")
    shown = tile(page, "N26").locator(".fraction")
    before = suite.indicator("N26")["number"]
    expect(shown).to_have_text(fraction(before))
    suite.save(suite.played[0], "7.5")
    expect(shown).to_have_text(
        fraction(before | {"numerator": before["numerator"] + 1}), timeout=10_000
    )
    expect(shown).to_have_class(re.compile("changed"))
    expect(page.locator("#ticker li").first).to_contain_text(suite.played[0].school.name)
    assert page.evaluate("window.same") is True


def test_it_takes_up_again_where_a_broken_connection_left_off(suite: Any, opens: Opens) -> None:
    page = opens()
    page.evaluate("window.same = true")
    shown = tile(page, "N26").locator(".fraction")
    before = suite.indicator("N26")["number"]
    expect(shown).to_have_text(fraction(before))
    with suite.taken_away() as aggregator:
        aggregator.kill()
        suite.save(suite.played[1], "7.5")
        expect(shown).to_have_text(
            fraction(before | {"numerator": before["numerator"] + 1}), timeout=PAUSED
        )
        expect(page.locator("#connection")).to_have_attribute(
            "data-connection", "live", timeout=PAUSED
        )
    assert page.evaluate("window.same") is True


def test_a_stopped_gradebook_turns_its_tiles_old(suite: Any, opens: Opens) -> None:
    page = opens()
    entered, pupils = tile(page, "N26"), tile(page, "N04")
    expect(entered).to_have_attribute("data-state", "fresh")
    gradebook = suite.process("gradebook")
    gradebook.suspend()
    began = time.monotonic()
    try:
        expect(entered.locator(".stamp")).to_have_text(
            re.compile(r"^cũ từ \d\d:\d\d$"), timeout=SHOWN_STALE_WITHIN * 1000
        )
        assert time.monotonic() - began <= SHOWN_STALE_WITHIN
        expect(tile(page, "N28")).to_have_attribute("data-state", "stale")
        expect(page.locator("#map")).to_have_attribute("data-state", "stale")
        expect(pupils).to_have_attribute("data-state", "fresh")
        # The page judges by its own clock and may be a moment ahead of the server.
        while (told := suite.indicator("N26"))["state"] != "stale":
            assert time.monotonic() - began <= SHOWN_STALE_WITHIN
        expect(entered.locator(".fraction")).to_have_text(fraction(told["number"]))
    finally:
        gradebook.resume()
    expect(entered).to_have_attribute("data-state", "fresh", timeout=PAUSED)


def test_a_silent_server_is_noticed_by_the_page_itself(suite: Any, opens: Opens) -> None:
    page = opens()
    before = tile(page, "N04").locator(".big").text_content()
    with suite.taken_away() as aggregator:
        aggregator.suspend()
        began = time.monotonic()
        try:
            for indicator in ("N04", "N26", "N28", "N71"):
                expect(tile(page, indicator)).to_have_attribute(
                    "data-state", "stale", timeout=SHOWN_STALE_WITHIN * 1000
                )
            assert time.monotonic() - began <= SHOWN_STALE_WITHIN
            expect(page.locator("#connection")).to_contain_text("Mất kết nối", timeout=PAUSED)
            assert tile(page, "N04").locator(".big").text_content() == before
        finally:
            aggregator.resume()
        expect(page.locator("#connection")).to_have_text("Trực tiếp", timeout=PAUSED)
    expect(tile(page, "N04")).to_have_attribute("data-state", "fresh", timeout=PAUSED)


def test_a_phone_needs_no_sideways_scrolling(suite: Any, opens: Opens) -> None:
    commune = next(child for child in suite.indicator("N26")["children"] if child["denominator"])
    for place in ("", f"?unit={commune['unit_id']}", f"?unit={suite.played[0].school_id}"):
        page = opens(place, width=390, height=844)
        expect(page.locator("#places tbody tr").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        beyond = page.locator("main *").evaluate_all(
            "nodes => nodes.filter(node => !node.closest('svg')"
            " && node.getBoundingClientRect().right > innerWidth + 1).length"
        )
        assert beyond == 0


def test_a_wall_shows_everything_at_once(opens: Opens) -> None:
    page = opens()
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height == 1080
    for panel in ("#map", "#places", "#histogram", "#ticker", "footer"):
        box = page.locator(panel).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height


def test_it_is_asked_in_english_too(suite: Any, opens: Opens) -> None:
    page = opens()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    number = suite.indicator("N04")["number"]
    expect(tile(page, "N04").locator(".big")).to_have_text(f"{number['numerator']:,}")
    assert "lang=en" in page.url
    assert re.findall(r"(?:tính đến|trường|Xem )", page.locator("body").inner_text()) == []


def test_nothing_moves_for_whoever_asked_for_that(opens: Opens) -> None:
    page = opens()
    page.emulate_media(reduced_motion="reduce")
    durations = page.evaluate(
        "['.land', '.commune path'].map(name =>"
        " getComputedStyle(document.querySelector(name)).transitionDuration)"
    )
    assert set(durations) == {"0s"}


NAMELESS = """nodes => nodes.filter(node => node.checkVisibility()).filter(node => !(
    node.getAttribute('aria-label') || node.textContent.trim() ||
    (node.labels && node.labels.length)
)).map(node => node.outerHTML)"""
UNMARKED = """() => {
    const style = getComputedStyle(document.activeElement);
    const after = getComputedStyle(document.activeElement, '::after');
    const path = document.activeElement.querySelector('path');
    const marked = [style.outlineStyle, after.outlineStyle].some(line => line !== 'none') ||
        (path && parseFloat(getComputedStyle(path).strokeWidth) >= 4);
    return marked ? null : document.activeElement.outerHTML;
}"""


def test_it_can_be_used_without_seeing_it_or_a_mouse(opens: Opens) -> None:
    page = opens()
    controls = page.locator("button, select, input, a[href]")
    assert controls.evaluate_all(NAMELESS) == []
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    levels = page.locator("h1, h2, h3").evaluate_all("nodes => nodes.map(node => node.tagName)")
    assert levels[0] == "H1"
    assert levels.count("H1") == 1
    for panel in ("#map", "#places", "#histogram", "#ticker"):
        label = page.locator(panel).get_attribute("aria-labelledby")
        expect(page.locator(f"#{label}")).not_to_be_empty()
    expect(page.locator("#summary")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#places th[aria-sort]")).to_have_count(1)
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate(UNMARKED) is None
