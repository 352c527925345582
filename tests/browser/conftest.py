"""A whole suite with a small province in it, and Debian's Chromium to look at its page."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from edu import down, register, tokens, up
from edu.bootstrap import Caller
from edu.client import Suite
from edu.demo import playing, stage
from edu.demo.province import province as demonstrated
from edu.freshness import wait_until_counted
from edu.home import Home
from edu.testing.kept import Kept

CHROMIUM = shutil.which("chromium")
expect.set_options(timeout=30_000)  # what a test limits it says itself; five seconds are a hiccup
SCHOOLS = slice(8, 10)
"""Two lower-secondary schools of the demo's province: 400 pupils, 2,800 cells."""


@dataclass
class Province:
    """The running suite, seen from outside."""

    home: Home
    run: dict[str, Any]
    played: list[stage.Played]
    away: bool = False
    """Whether a test has taken the server away: then, and only then, requests may fail."""

    @contextmanager
    def taken_away(self) -> Iterator[psutil.Process]:
        """Give the aggregator's process to be ended or paused; the page may complain meanwhile."""
        self.away = True
        try:
            yield self.process("ioc-aggregator")
        finally:
            self.away = False

    @property
    def page(self) -> str:
        """Where the page is."""
        return f"{self.run['services']['ioc-aggregator']['url']}/"

    def ask(self, path: str, **parameters: Any) -> Any:
        """Ask the public API as the page does."""
        answer = httpx.get(self.page + path, params=parameters)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def indicator(self, name: str, **parameters: Any) -> Any:
        """Give one indicator of a place."""
        (found,) = self.ask("indicators", indicator=name, **parameters)["indicators"]
        return found

    def save(self, school: stage.Played, score: str) -> None:
        """Enter a score in mathematics for a pupil of this school who has none."""
        token = tokens.token(
            self.home, "teacher", subject=school.school.teacher("TOAN"), school=school.school_id
        )
        teacher = Caller(self.run["services"]["gradebook"]["url"], token)
        sheets = [sheet.sheet_id for sheet in school.sheets if sheet.column.subject == "TOAN"]
        sheet_id, empty = next(
            (sheet_id, cell)
            for sheet_id in sheets
            for cell in teacher.get(f"/v1/sheets/{sheet_id}")["cells"]
            if cell["score"] is None and cell["state"] is None
        )
        saved = playing.cell(empty["pupil_id"], score, version=empty["version"])
        teacher.send("PUT", f"/v1/sheets/{sheet_id}/cells", {"cells": [saved]})

    def process(self, service: str) -> psutil.Process:
        """Give the process of a service, to be paused: the supervisor sees it alive."""
        run = self.home.run()
        assert run is not None
        (pid,) = (one["pid"] for one in run["processes"] if one["name"] == service)
        return psutil.Process(pid)


@pytest.fixture(scope="module")
def chromium() -> str:
    """Return the browser, or say why nothing is run."""
    if CHROMIUM is None:
        pytest.skip("not run: there is no chromium (apt-get install chromium fonts-noto-core)")
    return CHROMIUM


@contextmanager
def _running(folder: Path) -> Iterator[Province]:
    """Run the suite in a folder of its own and play a school day in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDU_HOME", str(folder))
        home = Home.default()
        run = up.detached([])
        try:
            yield Province(home, run, asyncio.run(_play(home)))
        finally:
            down.main([])


@pytest.fixture(scope="session")
def province(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept[Province]]:
    """Keep one province for all pages that are looked at one after the other."""
    kept = Kept(pytestconfig, "province", lambda: _running(tmp_path_factory.mktemp("home")))
    yield kept
    kept.end()


async def _play(home: Home) -> list[stage.Played]:
    async with Suite(home) as suite:
        years = await register.school_years(suite)
        year = register.current(years)
        communes = await register.communes(suite)
        schools = demonstrated(int(year[:4]), len(communes))[SCHOOLS]
        day = stage.Day(year, years[year].isoformat())
        players = playing.Players(
            suite, day, cache(partial(tokens.token, home)), lambda _count: None
        )
        played = await players.play(schools, communes)
        await playing.correct(players, played)
        await wait_until_counted(suite, suite.answered)
        return played


@pytest.fixture(scope="module")
def browser(province: Kept[Province], chromium: str) -> Iterator[Browser]:
    """Start the browser after the suite: its driver occupies this thread's event loop."""
    province.get()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        started.close()


@pytest.fixture
def suite(province: Kept[Province], browser: Browser) -> Province:  # noqa: ARG001 - see there
    """Return the running province."""
    return province.get()


Opens = Callable[..., Page]


@pytest.fixture
def opens(suite: Province, browser: Browser) -> Iterator[Opens]:
    """Return the function that opens the page and waits for its numbers.

    What the page asks of anybody else, and whatever its console complains of, fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(query: str = "", *, width: int = 1920, height: int = 1080) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: _own(request.url))
        page.on("console", _complaint)
        page.goto(suite.page + query)
        page.wait_for_selector("html[data-state=ready]")
        page.wait_for_selector("#connection[data-connection=live]")
        return page

    def _complaint(said: ConsoleMessage) -> None:
        # While the server is away requests fail, and when it comes back it says 503 until its
        # state is loaded; nothing else may complain.
        refused = "net::ERR" in said.text or "status of 503" in said.text
        if said.type == "error" and not (suite.away and refused):
            faults.append(said.text)

    def _own(url: str) -> None:
        if not url.startswith(suite.page):
            faults.append(f"asks {url}")

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
