"""`./edu demo [--once | --report [--scale PART]]`: from nothing to exact numbers.

On a bare machine it starts broker, database and all services, plays a small province's school day
through the public HTTP APIs, shows the indicators, what arrived at guardians and at a subscriber,
and the page's address, and recounts every number from the log. Then it stays, so that the page can
be looked at, until Ctrl-C. `--report` is another play: the published numbers of whole years.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil

from edu.home import ROOT, Home

if TYPE_CHECKING:
    from edu.client import Suite
    from edu.demo.playing import Story
    from edu.demo.stage import Played
    from edu.people import Person

COMMUNES = 10


def main(arguments: list[str]) -> int:
    """Play the day; 1 if a number is not what the log says."""
    parser = argparse.ArgumentParser(prog="./edu demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop when the numbers are shown")
    parser.add_argument("--report", action="store_true", help="the published table, from events")
    parser.add_argument(
        "--scale", type=_part, default=1.0, metavar="PART", help="with --report: of the province"
    )
    options = parser.parse_args(arguments)
    # Both end it in order, also where a script started it in the background with SIGINT ignored.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    if options.report:
        from edu.demo import report  # noqa: PLC0415 - another play altogether

        return report.main(options.scale)
    # The script that set everything up has become this process, so its age is the whole wait.
    began = psutil.Process().create_time()
    home = Home.default()
    temperature = "cold" if _is_cold(home, began) else "warm"
    ours = home.owner() is None
    try:
        with ThreadPoolExecutor(1) as pool:
            started = pool.submit(_start) if ours else None
            from edu import rebuild, totals, verify  # noqa: PLC0415 - load while the broker starts

            seconds = asyncio.run(_play(home, began, started))
        print(f"first number after {seconds:.1f} s ({temperature})", flush=True)
        code = rebuild.complete(home) or totals.main([]) or verify.main([])
        if not options.once:
            signal.pause()
    except KeyboardInterrupt:
        print("stopping", flush=True)
        code = 0
    finally:
        if ours:
            _stop(home)
    return code


def _part(text: str) -> float:
    """Read a part of the province: more than nothing, at most all of it."""
    part = float(text)
    if not 0 < part <= 1:
        raise argparse.ArgumentTypeError("a part is above 0 and at most 1, such as 0.01")
    return part


def _is_cold(home: Home, began: float) -> bool:
    """Tell whether anything had to be fetched: the libraries, the broker or the database."""
    environment = ROOT / ".venv" / "pyvenv.cfg"
    fresh = environment.exists() and environment.stat().st_mtime >= began
    return fresh or not (home.cache / "artifacts").is_dir()


def _start() -> None:
    from edu import up  # noqa: PLC0415 - in a thread of its own

    print("starting broker, database and services", flush=True)
    up.detached([])


def _stop(home: Home) -> None:
    """End it without a word: verify's is the last."""
    from edu import down  # noqa: PLC0415 - at the end

    if (owner := home.owner()) is not None:
        down.stop(home, owner)


async def _play(home: Home, began: float, started: Future[None] | None) -> float:
    """Play the day and show what came of it; return after how long the first number was there."""
    from edu import people, register  # noqa: PLC0415 - loads while the broker starts
    from edu.client import Suite  # noqa: PLC0415
    from edu.demo import playing, province, rolls, showing  # noqa: PLC0415
    from edu.freshness import wait_until_counted  # noqa: PLC0415
    from edu.progress import progress  # noqa: PLC0415

    if started is not None:
        await asyncio.wrap_future(started)
    async with Suite(home) as suite:
        seen: list[float] = []
        watching = asyncio.create_task(showing.first_number(suite))
        watching.add_done_callback(lambda _: seen.append(time.time() - began))
        year = register.current(await register.school_years(suite))
        schools = province.province(int(year[:4]), COMMUNES)
        pupils, cells, families = (
            sum(getattr(school, name) for school in schools)
            for name in ("pupils", "cells", "families")
        )
        print(
            f"{len(schools)} schools, {pupils:,} pupils, {cells:,} cells to enter, "
            f"{families} guardians and charges (the first class of each school)"
        )
        rooms = sum(len(school.rooms) for school in schools)
        states = rolls.outcome(rooms, len(schools))
        print(
            f"{rooms} roll-calls: {states['without-leave']} absent without leave, "
            f"{states['with-leave']} with leave, {states['late']} late, after {len(schools)} "
            f"corrections"
        )
        total = pupils + cells + 2 * families
        with progress("pupils, cells, guardians, charges", total) as done:
            story = await playing.play(suite, home, schools, done)
        first = story.schools[0]
        here = (first.place, f"nơi có {first.school.name}")
        people.join(
            home,
            *people.of_school("demo", (first.school_id, first.school.name), here),
            _homeroom_teacher(first),
        )
        print(
            f"{story.touched} cells corrected, deleted and entered again, or excused; "
            f"{story.moved} pupil moved"
        )
        messages = await _messages(suite, home, story)
        await wait_until_counted(suite, suite.answered)
        await watching
        for line in await showing.table(suite):
            print(line)
        print(messages)
        print(f"the roll-call: {suite.url('gradebook')}/roll-call")
        print(f"the page: {suite.url('ioc-aggregator')}/", flush=True)
        return seen[0]


def _homeroom_teacher(played: Played) -> Person:
    """Give who calls the roll of the first class, to be chosen on the sign-in page."""
    from edu.demo.province import named  # noqa: PLC0415 - loaded by now
    from edu.people import Person  # noqa: PLC0415

    room = played.school.met
    return Person(
        "demo-homeroom",
        f"Giáo viên chủ nhiệm lớp {room.name}",
        played.school.name,
        "homeroom-teacher",
        named("homeroom", room.class_id),
        played.school_id,
    )


async def _messages(suite: Suite, home: Home, story: Story) -> str:
    """Wait until all that guardians and the subscriber have to hear has arrived; say how much."""
    from edu.demo import arrivals, contact  # noqa: PLC0415 - loaded by now
    from edu.letterbox import Letterbox  # noqa: PLC0415
    from edu.progress import progress  # noqa: PLC0415

    if suite.letterbox is None:
        return "messages: go to the mail server that NOTIFICATIONS_SMTP_HOST names"
    wanted = story.letters.total() + story.stage.facts.total()
    with progress("letters and webhook calls", wanted) as more:
        found = await arrivals.arrived(Letterbox.of(home), story, more)
    await contact.unsubscribe(story.stage)
    # What became of the letters was written down before the last of these calls.
    now = datetime.now(UTC)
    suite.answered |= {"notifications": now, "payments": now}
    return (
        f"messages: {found.letters.total():,} e-mails arrived, "
        f"{found.calls.total():,} webhook calls arrived and verified"
    )
