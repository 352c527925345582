"""The page of every indicator, in Chromium, on numbers that the service itself answers."""

import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.async_api import Page, async_playwright, expect

from chassis.database import Database
from chassis.signin import Signin
from contracts.event import Event
from edu.testing.service import served, settings_of
from ioc_aggregator import dashboard
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.settings import Settings

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
Opens = Callable[..., Awaitable[Page]]


@pytest.fixture
async def opens(app: FastAPI, store: Database) -> AsyncIterator[Opens]:
    """Open the page as somebody who may see everything, or as the public."""
    if CHROMIUM is None:
        pytest.skip("not run: there is no chromium (apt-get install chromium fonts-noto-core)")
    url = store.engine.url.render_as_string(hide_password=False)
    Signin(settings_of(Settings, url), store).install(app)
    dashboard.install(app)
    faults: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/indicators.html"
        async with served(app, listening), async_playwright() as driver:
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=arguments)

            async def open_page(
                query: str = "", *, public: bool = False, width: int = 1280
            ) -> Page:
                bearer = {} if public else {"Authorization": "Bearer auditor"}
                page = await browser.new_page(
                    viewport={"width": width, "height": 900}, extra_http_headers=bearer
                )
                page.on("pageerror", lambda error: faults.append(str(error)))
                await page.goto(address + query)
                await expect(page.locator("#N04 .value")).not_to_be_empty()
                return page

            yield open_page
            await browser.close()
    assert faults == []


@pytest.fixture
async def restated(days: Callable[..., Any], make: Any, two_schools: list[Event]) -> None:
    """Friday's messages: twenty before the week closes, ten on Monday, one today."""
    await days(
        two_schools,
        [],
        [make.delivered(11, [1] * 20, day=FRIDAY)],
        [make.delivered(11, [1] * 3, day=FRIDAY), make.delivered(12, [2] * 7, day=FRIDAY)],
        sources=("admissions", "gradebook", "notifications"),
    )


@pytest.mark.usefixtures("restated")
async def test_it_is_searched_and_every_indicator_explains_itself(opens: Opens) -> None:
    page = await opens()
    await expect(page.locator("tbody tr[id]")).to_have_count(len(CATALOGUE))
    await page.get_by_role("searchbox").fill("tin nhắn")
    shown = await page.locator("tbody tr[id]").count()
    assert 0 < shown < len(CATALOGUE)
    await expect(page.get_by_role("status")).to_have_text(f"{shown} dòng")
    await page.get_by_role("searchbox").fill("N04")
    await page.locator("#N04 summary").press("Enter")
    details = page.locator("#N04 details")
    await expect(details.locator("dt")).to_have_text(["Tử số", "Đơn vị tính", "Căn cứ"])
    await expect(details.get_by_role("rowheader", name="Xã Hai")).to_be_visible()
    # Nothing of the school year is closed yet.
    await expect(details.locator(".restated")).to_have_count(0)


@pytest.mark.usefixtures("restated")
async def test_a_closed_number_shows_who_restated_it_when_and_by_how_much(
    opens: Opens, log: Any, make: Any
) -> None:
    await log.append(make.delivered(12, [1], day=FRIDAY))
    await log.engine.turn()
    page = await opens("?period=2026-W47")
    await expect(page.locator("#period")).to_have_value("2026-W47")
    await expect(page.locator("#period option:checked")).to_have_text("Tuần 47 năm 2026")
    await page.locator("#N52 summary").click()
    details = page.locator("#N52 details")
    await expect(details).to_contain_text(
        "Chốt hết ngày 22/11/2026: 20. Nay là 31, sau các điều chỉnh dưới đây."
    )
    await expect(details.locator("table.restated tbody tr")).to_have_text(
        [
            "23/11/2026 20 → 30 Trường 11: 20 → 23 (Liên lạc) Trường 12: 0 → 7 (Liên lạc)",
            "hôm nay 30 → 31 Trường 12: 7 → 8 (Liên lạc)",
        ],
        use_inner_text=True,
    )
    # An open row goes on being filled, and its places keep their own numbers.
    await expect(page.locator("#N52 > .value")).to_have_text("31")
    await page.locator("#language").click()
    await expect(details).to_contain_text("Closed at the end of 22/11/2026: 20.")
    await page.locator("#language").click()
    await page.locator("#N04 summary").click()
    await expect(page.locator("#N04 details")).to_contain_text("Từ đó không có điều chỉnh.")
    narrow = await opens("?period=2026-W47", width=390)
    await narrow.locator("#N52 summary").click()
    await expect(narrow.locator("#N52 table.restated")).to_be_visible()
    assert await narrow.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.usefixtures("restated")
async def test_the_public_is_told_of_no_week(opens: Opens) -> None:
    page = await opens("?period=2026-W47", public=True)
    await page.locator("#N52 summary").click()
    details = page.locator("#N52 details")
    await expect(details).to_contain_text("Chốt hết ngày 22/11/2026: dưới 5*.")
    await expect(details).not_to_contain_text("Trường 11")
