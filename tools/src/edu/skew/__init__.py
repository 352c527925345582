"""`./edu skew [SERVICE…]`: each service alone from the previous release, under traffic.

The suite runs on the embedded broker and database, with every schema at its newest revision, while
schools are registered, taught, charged and written about through the public HTTP APIs. Then each
service in turn stops, starts from the commit that `deploy/previous-release` names, works beside
the new ones, and comes back as it is now. What the old one wrote must be read by the new ones and
the reverse; no command may fail, no record may be parked, and at the end every number is recounted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
import time
from pathlib import Path

from contracts.topics import CONSUMERS
from edu.home import Home
from edu.skew.release import NotHereError, Release
from edu.skew.turn import Turn, take
from edu.suite import SERVICES
from edu.supervisor import Supervisor, chosen
from ioc_aggregator.measures.families import FAMILIES


def main(arguments: list[str]) -> int:
    """Give each service its turn, one line each; 1 if anything was refused, parked or unread."""
    parser = argparse.ArgumentParser(prog="./edu skew", description=__doc__)
    parser.add_argument("services", nargs="*", help="whose turn it is; all, if none is named")
    names = [entry.name for entry in chosen(parser.parse_args(arguments).services)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="edu-skew-") as folder:
        try:
            release = Release.named(Path(folder) / "release")
        except NotHereError as error:
            print(f"not run: {error}")
            return 0
        print(f"previous release {release.commit[:12]}, now {release.now[:12]}", flush=True)
        good = _run(Path(folder) / "home", release, names)
    print(f"skew: {'ok' if good else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return 0 if good else 1


def _run(folder: Path, release: Release, names: list[str]) -> bool:
    """Start the suite in a folder of its own, and end it whatever happens."""
    from edu import rebuild, verify  # noqa: PLC0415 - only this needs it
    from edu.bootstrap import furnish  # noqa: PLC0415

    # What the caller's environment gives is somebody's: this plays with data.
    for name in (
        "KAFKA_BOOTSTRAP_SERVERS",
        *(e.variable("DATABASE_URL") for e in SERVICES.values()),
    ):
        os.environ.pop(name, None)
    os.environ["EDU_HOME"] = str(folder)
    home = Home.default()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    with home.owned("edu skew"):
        suite = Supervisor(home, list(SERVICES.values()))
        try:
            suite.start()
            suite.tokens = furnish(home, suite.urls)
            suite.write_run()
            good = asyncio.run(_turns(suite, release, names))
            # What a new release counts beside, the old one has not counted in its turn: there, and
            # nowhere else, the state may differ from the log.
            new = sorted(FAMILIES.keys() - release.families())
            rebuilt = rebuild.main(["--accept", ",".join(new)] if new else [])
            return rebuilt == 0 and verify.main([]) == 0 and good
        finally:
            suite.stop()


async def _turns(suite: Supervisor, release: Release, names: list[str]) -> bool:
    from edu.freshness import wait_until_counted  # noqa: PLC0415 - only this needs it
    from edu.skew.traffic import traffic  # noqa: PLC0415

    good = True
    async with traffic(suite.home) as played:
        for name in names:
            turn = await take(suite, release, SERVICES[name], played)
            _show(turn, release)
            good = good and turn.good
        await played.ends()
        await wait_until_counted(played.client, played.client.answered)
    print(f"{played.schools} schools played, {played.commands:,} commands answered")
    return good


def _show(turn: Turn, release: Release) -> None:
    files = release.changed(SERVICES[turn.service])
    heard = f"{turn.read} events" if CONSUMERS[turn.service] else "it listens to nobody"
    print(
        f"{turn.service:15} {len(files)} files differ · old → new {turn.written} events, read by "
        f"{', '.join(turn.readers)} · new → old {heard} · {turn.answered} requests answered by "
        f"the old · {turn.failed} failed commands, {turn.parked} parked events",
        flush=True,
    )
    print(f"    {', '.join(files)}")
    for line in turn.wrong:
        print(f"    {line}")
