"""What is kept of the benchmarks: rows as JSON, and the page that is drawn from them."""

from __future__ import annotations

from collections.abc import Sequence

from edu.bench.figures import NotRun, Report, Row
from edu.home import ROOT

KEPT = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = """# Figures

Drawn by `./edu bench --write` from [benchmarks.json](benchmarks.json); do not edit. Each command
below measures its row again, on a broker and a database of its own: one embedded Kafka, and one
PostgreSQL with `fsync` on.

{machine}

A figure is the median of its runs, and the raw one that of the same runs: a busy machine slows
both, so hold them against each other. *Others* is the share of the processors that work of others
took meanwhile. A percentile is taken within each run.

| figure | median | mark | goal | met | raw | runs | others | command | day, commit |
|---|---|---|---|---|---|---|---|---|---|
"""

FAVOURS = """
## The other engines, and what favours whom

FastStream with its defaults, Quix Streams and Kafka Streams read the same records of the same
topic, each as a process of its own on the processor that the aggregator has, and count the same:
count, sum, sum of squares and 101 bins for each school, grade, subject, term and kind of column,
with a check of the sequences. What each of them counted is held against the simulator's numbers
(`recount_equal`). The ratio is ours over theirs, run by run; ours is the rebuild.

- *For them*: FastStream and Quix Streams keep what they count in memory and lose it with it; here
  both add up whole batches with NumPy, as ours does. Kafka Streams has its store in memory behind
  its cache, a changelog in Kafka, at least once: a kill may count twice. They read only what they
  count. Their clock starts when they may begin to read: neither their start nor their joining of
  a group counts.
- *For us*: a rebuild names its partitions and their ends itself, without a group, and reads
  through librdkafka. Kafka Streams begins with a cold virtual machine; how fast its last half
  went stands among the notes.
- *What only ours does*: it reads and judges every envelope, counts two families more, and writes
  what it has counted into PostgreSQL together with the positions, so that it counts exactly once.

One processor each, on this machine: with more of them, Kafka Streams and Quix Streams would take
more, and so would more members of our group.
"""


def keep(report: Report) -> None:
    """Put the rows in their places among those kept, and draw the page anew."""
    kept = (
        merged(Report.model_validate_json(KEPT.read_bytes()), report) if KEPT.exists() else report
    )
    KEPT.write_text(kept.model_dump_json(indent=1) + "\n", "utf-8")
    PAGE.write_text(drawn(kept), "utf-8")


def merged(kept: Report, fresh: Report) -> Report:
    """Replace what was measured again; rows that could not run now do not push out figures."""
    rows = {one.name: one for one in kept.rows}
    for one in fresh.rows:
        if isinstance(one, Row) or not isinstance(rows.get(one.name), Row):
            rows[one.name] = one
    return Report(machine=fresh.machine, rows=list(rows.values()))


def drawn(report: Report) -> str:
    """Draw the page."""
    machine = report.machine
    where = (
        f"{machine.processors} processors ({machine.processor}), {machine.memory_gib} GiB, "
        f"{machine.system}, Python {machine.python}, Kafka {machine.kafka}, "
        f"PostgreSQL {machine.postgres}."
    )
    lines = [_line(one) for one in report.rows]
    notes = [note for one in report.rows if isinstance(one, Row) for note in _notes(one)]
    beside = ["", "## What was measured beside them", "", *notes] if notes else []
    return HEAD.format(machine=where) + "\n".join([*lines, *beside]) + "\n" + FAVOURS


def _line(one: Row | NotRun) -> str:
    if isinstance(one, NotRun):
        cells = [one.title, f"not run: {one.not_run}", *[""] * 6, f"`{one.command}`", ""]
        return f"| {' | '.join(cells)} |"
    sign = "≥" if one.at_least else "≤"
    raw = "" if one.raw_median is None else f"{_digits(one.raw_median)} ({one.raw})"
    return (
        "| "
        + " | ".join(
            (
                one.title,
                f"**{_digits(one.median)}** {one.unit}",
                f"{sign} {_digits(one.mark)}",
                "" if one.goal is None else f"{sign} {_digits(one.goal)}",
                "yes" if one.met else "**no**",
                raw,
                " · ".join(map(_digits, one.runs)),
                f"{one.others:.0f} %",
                f"`{one.command}`",
                f"{one.at[:10]}, {one.commit}",
            )
        )
        + " |"
    )


def _digits(value: float) -> str:
    """Write a figure without an exponent, and without the error of its last binary digit."""
    return f"{value:,.12g}"


def _notes(one: Row) -> list[str]:
    return [
        f"- {one.title}: {what} {value if isinstance(value, str) else _digits(value)}"
        for what, value in one.notes.items()
    ]


def table(rows: Sequence[Row | NotRun]) -> str:
    """Write the rows for a terminal, one line each."""
    lines = []
    for one in rows:
        if isinstance(one, NotRun):
            lines.append(f"not run  {one.name}: {one.not_run}")
            continue
        sign = "≥" if one.at_least else "≤"
        beside = "" if one.raw_median is None else f", raw {_digits(one.raw_median)}"
        lines.append(
            f"{'ok' if one.met else 'MISSED':8} {one.name} {_digits(one.median)} {one.unit} "
            f"(mark {sign} {_digits(one.mark)}{beside}; others took {one.others:.0f} %)"
        )
        lines += [f"         {what}: {value}" for what, value in one.notes.items()]
    return "\n".join(lines)
