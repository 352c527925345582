"""`./edu verify`: is every number the aggregator shows what the log says?

It takes one dump, reads the log with its own reader exactly to the dump's positions, and counts
everything again by rules of its own: nothing of the services, the chassis or the contracts is
imported (an import rule), so a mistake there cannot hide itself here. A record that the aggregator
parked although it counts is a difference like any other. The same is then done at the end of each
of the last days, and wherever a period closed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator

from edu.failure import Failure
from edu.home import Home
from edu.verify import closes
from edu.verify.comparing import Verdict, compare
from edu.verify.documents import DayEnd
from edu.verify.dump import Dump, fetch
from edu.verify.log import Log, Record
from edu.verify.recount import Recount
from edu.verify.self_test import plant

SHOWN = 20


def main(arguments: list[str]) -> int:
    """Verify the running suite; 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="./edu verify", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument("--self-test", action="store_true", help="plant two faults and find them")
    parsed = parser.parse_args(arguments)
    run = Home.default().run()
    if run is None or "ioc-aggregator" not in run["services"]:
        raise Failure("No aggregator runs here. Start it with `./edu up`.")
    url: str = run["services"]["ioc-aggregator"]["url"]
    dump = fetch(url.rstrip("/"), run["tokens"]["auditor"])
    log = Log(run["kafka"]["bootstrap"], dump.positions)
    recount = Recount()
    recount.take(_watched(log, dump))
    if parsed.self_test:
        return _self_test(dump, recount, log)
    verdict = compare(dump, recount, log)
    ends = closes.chosen(recount.ends)
    token = run["tokens"]["auditor"]
    for end, past in closes.compared(
        ends, log.bootstrap, lambda day: fetch(url.rstrip("/"), token, day)
    ):
        verdict = verdict.and_of(f"at the end of {end.day}", past)
    _print(verdict, recount, log, ends, as_json=parsed.json)
    return 1 if verdict.differences else 0


def _print(
    verdict: Verdict, recount: Recount, log: Log, ends: list[DayEnd], *, as_json: bool
) -> None:
    """Print what differs, and the line that says how much was compared."""
    differences = verdict.differences
    summary = (
        f"verify: {verdict.compared} cells compared from {recount.records} records, "
        f"{len(differences)} differ"
    )
    if as_json:
        listed = [
            {"cell": one.cell, "ours": one.ours, "theirs": one.theirs}
            for one in differences[:SHOWN]
        ]
        counts = {
            "cells": verdict.compared,
            "records": recount.records,
            "duplicates": recount.duplicates,
            "closes": [{"day": end.day, "closed": end.closed} for end in ends],
            "differ": len(differences),
            "differences": listed,
        }
        print(json.dumps(counts, ensure_ascii=False, indent=1, default=str))
        print(summary, file=sys.stderr)
        return
    for lane, begin in sorted(log.begins.items()):
        if begin:
            print(f"note: {lane[0]}/{lane[1]} begins at offset {begin}; the rest has expired")
    if ends:
        periods = sum(len(end.closed) for end in ends)
        print(f"closes: {len(ends)} of {len(recount.ends)} ends of days, {periods} closed periods")
    for one in differences[:SHOWN]:
        print(f"differs: {one}")
    if len(differences) > SHOWN:
        print(f"… and {len(differences) - SHOWN} more")
    print(summary)


def _self_test(dump: Dump, recount: Recount, log: Log) -> int:
    plants = plant(dump, recount, log)
    for one in plants:
        print(f"{'found' if one.found else 'NOT FOUND'}: {one.what}")
    found = sum(one.found for one in plants)
    print(f"{len(plants)} planted, {found} found")
    return 0 if len(plants) == found == 2 else 1  # noqa: PLR2004 - a cell and an entry


def _watched(log: Log, dump: Dump) -> Iterable[Record]:
    """Show a bar while the log is read, where somebody is looking."""
    if not sys.stderr.isatty():
        return log
    return _with_bar(log, sum(dump.positions.values()))


def _with_bar(log: Log, total: int) -> Iterator[Record]:
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second, only for people
    from rich.progress import track  # noqa: PLC0415

    yield from track(
        log, "counting the log again", total, console=Console(stderr=True), transient=True
    )
