"""`./edu demo [--once]`: from nothing to exact numbers, on a bare machine.

Starts broker, database and services, plays a small province's school day through the public HTTP
APIs, shows the page's address and the indicators, and recounts every number from the log. Then it
stays, so that the page can be looked at, until Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

import psutil

from edu.home import ROOT, Home

if TYPE_CHECKING:
    from edu.demo.playing import Played, Players

COMMUNES = 10
STRIDE = 9
"""Every ninth of the register's communes, so that the map has colour everywhere."""

MOVED_AFTER = timedelta(days=30)
FROM, TO, ROOM = 8, 9, "7A1"
"""The schools between which a pupil moves, by their places in the plan, and the class."""


def main(arguments: list[str]) -> int:
    """Play the day; 1 if a number is not what the log says."""
    parser = argparse.ArgumentParser(prog="./edu demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop when the numbers are shown")
    options = parser.parse_args(arguments)
    # The script that set everything up has become this process, so its age is the whole wait.
    began = psutil.Process().create_time()
    home = Home.default()
    temperature = "cold" if _is_cold(home, began) else "warm"
    ours = home.owner() is None
    # Both end it in order, also where a script started it in the background with SIGINT ignored.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    try:
        with ThreadPoolExecutor(1) as pool:
            started = pool.submit(_start) if ours else None
            from edu import verify  # noqa: PLC0415 - loads while the broker starts

            seconds = asyncio.run(_play(home, began, started))
        print(f"first number after {seconds:.1f} s ({temperature})", flush=True)
        code = verify.main([])
        if not options.once:
            signal.pause()
    except KeyboardInterrupt:
        print("stopping", flush=True)
        code = 0
    finally:
        if ours and home.owner() is not None:
            _stop()
    return code


def _is_cold(home: Home, began: float) -> bool:
    """Tell whether anything had to be fetched: the libraries, the broker or the database."""
    environment = ROOT / ".venv" / "pyvenv.cfg"
    fresh = environment.exists() and environment.stat().st_mtime >= began
    return fresh or not (home.cache / "artifacts").is_dir()


def _start() -> None:
    from edu import up  # noqa: PLC0415 - in a thread of its own

    print("starting broker, database and services", flush=True)
    up.detached([])


def _stop() -> None:
    from edu import down  # noqa: PLC0415 - at the end

    down.main([])


async def _play(home: Home, began: float, started: Future[None] | None) -> float:
    """Play the day and show what came of it; return after how long the first number was there."""
    from edu import people, register, tokens  # noqa: PLC0415 - loads while the broker starts
    from edu.client import Suite  # noqa: PLC0415
    from edu.demo import playing, province, showing  # noqa: PLC0415
    from edu.freshness import wait_until_counted  # noqa: PLC0415
    from edu.progress import progress  # noqa: PLC0415

    if started is not None:
        await asyncio.wrap_future(started)
    async with Suite(home) as suite:
        seen: list[float] = []
        watching = asyncio.create_task(showing.first_number(suite))
        watching.add_done_callback(lambda _: seen.append(time.time() - began))
        years = await register.school_years(suite)
        year = register.current(years)
        places = (await register.communes(suite))[::STRIDE][:COMMUNES]
        schools = province.province(int(year[:4]), len(places))
        pupils = sum(len(room.pupils) for school in schools for room in school.rooms)
        cells = sum(school.cells for school in schools)
        print(f"{len(schools)} schools, {pupils:,} pupils, {cells:,} cells to enter", flush=True)
        with progress("pupils and cells", pupils + cells) as done:
            day = playing.Day(year, years[year].isoformat())
            mint = cache(partial(tokens.token, home))
            players = playing.Players(suite, day, mint, done)
            played = await players.play(schools, places)
        school = played[0].school
        here = (places[school.commune], f"nơi có {school.name}")
        people.join(home, *people.of_school("demo", (played[0].school_id, school.name), here))
        await _move(players, played, years[year] + MOVED_AFTER)
        touched = await playing.correct(players, played)
        print(f"{touched} cells corrected, deleted and entered again, or excused; 1 pupil moved")
        await wait_until_counted(suite, suite.answered)
        await watching
        for line in await showing.table(suite):
            print(line)
        print(f"the page: {suite.url('ioc-aggregator')}/", flush=True)
        return seen[0]


async def _move(players: Players, played: list[Played], day: date) -> None:
    """Let one pupil change schools."""
    room = next(room for room in played[FROM].school.rooms if room.name == ROOM)
    pupil_id = played[FROM].pupils.get(room.pupils[0].code)
    if pupil_id is not None:
        await players.transfer(pupil_id, played[TO], day.isoformat())
