"""`./edu bench [NAME…]`: measures, on a real broker and a durable database, and says what came out.

Every figure is the median of several runs, with what the raw client does in the same run beside it:
a machine that is slow today slows both. What cannot run here says why. `--write` puts the rows into
docs/benchmarks.json and draws docs/benchmarks.md from all that stands there.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime
from zoneinfo import ZoneInfo

from edu.bench import page
from edu.bench.figures import FEWEST_RUNS, Bench, Effort, NotHere, NotRun, Report, Row, row
from edu.bench.machine import Watch, this_machine
from edu.failure import Failure
from edu.home import ROOT

# name: what it takes. Only those asked for load.
BENCHES = {
    "relay": "how fast a backlog leaves the outbox",
    "ack": "how long after its commit an event is safe in Kafka",
    "consuming": "how fast a backlog is read into a database",
    "feed": "how long after its commit a command is in a number on the feed",
    "sheets": "a sheet of 40 saved over HTTP",
    "gradebook": "saving, results and history on top of 15 million cells",
    "starting": "how long a service takes until it is ready",
    "aggregator": "how fast the log is counted again, and what that takes",
    "memory": "what the services hold after half an hour of load",
    "demo": "from a fresh clone to the first number",
}
NOT_PLAIN = frozenset({"memory", "aggregator", "gradebook"})
"""These take long; they run only by their names."""


def main(arguments: list[str]) -> int:
    """Measure; 1 when a figure misses its mark."""
    parser = argparse.ArgumentParser(
        prog="./edu bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:10} {purpose}" for name, purpose in BENCHES.items()),
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="if none is named, all that are soon done"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--write", action="store_true", help="keep it: docs/benchmarks.md")
    parser.add_argument("--runs", type=int, default=FEWEST_RUNS, help="how often: %(default)s")
    parser.add_argument("--part", type=float, default=1.0, help="of the load; 0.01 only tries it")
    parser.add_argument("--minutes", type=float, default=30.0, help="of load, for memory")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="FIGURE", help="of the figures named"
    )
    options = parser.parse_args(arguments)
    names = options.names or [name for name in BENCHES if name not in NOT_PLAIN]
    if unknown := [name for name in names if name not in BENCHES]:
        raise Failure(f"No benchmark is called {unknown[0]}. There are: {', '.join(BENCHES)}.")
    whole = options.runs >= FEWEST_RUNS and options.part == 1.0
    if options.write and not whole:
        raise Failure(f"Only whole benchmarks are kept: --part 1 and at least {FEWEST_RUNS} runs.")
    effort = Effort(options.runs, options.part, options.minutes, frozenset(options.only))
    # Both end it in order: what was measured by then is kept.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    rows = [one for name in names for one in measured(name, effort)]
    report = Report(machine=this_machine(), rows=rows)
    if options.write:
        page.keep(report)
    print(report.model_dump_json(indent=1) if options.json else page.table(report.rows))
    return 1 if any(isinstance(one, Row) and not one.met for one in rows) else 0


def measured(name: str, effort: Effort) -> Iterator[Row | NotRun]:
    """Run one benchmark; a row for each of its figures, whatever happens."""
    bench: Bench = importlib.import_module(f"edu.bench.{name}").BENCH
    command = f"./edu bench {name}"
    if name == "memory":
        command += f" --minutes {effort.minutes:g}"
    figures = [one for one in bench.figures if effort.wants([one])]
    at = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).isoformat(timespec="minutes")
    watch = Watch()
    try:
        # What a service or a migration says must not stand between the rows.
        with redirect_stdout(sys.stderr):
            found = bench.measure(effort)
    except (NotHere, Failure, KeyboardInterrupt) as reason:
        why = str(reason) or f"stopped before it was done; others took {watch.others():.0f} %"
        print(f"{name}: not run: {why}", file=sys.stderr)
        for figure in figures:
            yield NotRun(name=figure.name, title=figure.title, not_run=why, command=command)
        return
    others, commit = watch.others(), _commit()
    for figure in figures:
        part = found[figure.name]
        if isinstance(part, NotHere):
            why = str(part)
            yield NotRun(name=figure.name, title=figure.title, not_run=why, command=command)
            continue
        yield row(figure, part, others=others, command=command, at=at, commit=commit)


def _commit() -> str:
    """Name what was measured; `+` says that the checkout differs from it."""
    described = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "libs", "services")
    return f"{described}+" if changed else described


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
