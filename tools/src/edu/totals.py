"""`./edu totals`: do the owners' own books and the statistics come to the same totals?

`./edu verify` recounts the log; what never reached the log it cannot miss. So counts and sums per
stream are asked of each owner's database, in one snapshot of it, and held against the sums of the
aggregator's cells. To be run every night, when little moves: a total that moves while it is looked
at is asked again, for half a minute. 1 if any differs; what its run gives no database of is named.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from edu.failure import Failure
from edu.home import Home
from edu.verify.dump import fetch
from edu.verify.recount import Cells

SECONDS = 30.0
PAUSE = 1.0

Totals: TypeAlias = dict[tuple[str, str], int]
"""What is counted, and the school year (none, where it lasts) → the total; zeros are left out."""


@dataclass(frozen=True, slots=True)
class Book:
    """A query of an owner's database, and the cells that its columns should come to.

    Its first column is the school year, or null. A cell that is taken away is named with a minus.
    """

    owner: str
    query: str
    columns: Mapping[str, tuple[str, ...]]
    lasts: bool = False
    """What it counts belongs to no school year: the statistics' years are summed up."""


BOOKS = (
    Book(
        "admissions",
        "SELECT school_year, count(*) AS pupils FROM ("
        "SELECT DISTINCT ON (pupil_id, school_year) school_year, step FROM enrolment_step "
        "ORDER BY pupil_id, school_year, version DESC) last WHERE step <> 'withdrawn' GROUP BY 1",
        {"pupils": ("pupils.count",)},
    ),
    Book(
        "gradebook",
        "SELECT school_year, sum(cells_due) AS cells_due FROM sheet GROUP BY 1",
        {"cells_due": ("scores.due",)},
    ),
    Book(
        "gradebook",
        "SELECT school_year, count(value) AS scores, sum(value) AS sum_of_scores, "
        "sum(value::bigint * value) AS sum_of_squares FROM cell JOIN sheet USING (sheet_id) "
        "GROUP BY 1",
        {
            "scores": ("scores.entered",),
            "sum_of_scores": ("scores.sum",),
            "sum_of_squares": ("scores.squares",),
        },
    ),
    Book(
        "gradebook",
        "SELECT school_year, count(before) AS corrections FROM cell_change "
        "JOIN sheet USING (sheet_id) GROUP BY 1",
        {"corrections": ("scores.corrected",)},
    ),
    Book(
        "gradebook",
        "SELECT school_year, sum(cardinality(pupil_ids)) AS roll_calls_due FROM roll_call "
        "GROUP BY 1",
        {"roll_calls_due": ("attendance.due",)},
    ),
    Book(
        "gradebook",
        "SELECT school_year, count(*) FILTER (WHERE state <> 'late') AS absences, "
        "count(*) FILTER (WHERE state = 'without-leave') AS unexcused, "
        "count(*) FILTER (WHERE state = 'late') AS late FROM roll_mark GROUP BY 1",
        {
            "absences": ("attendance.absent",),
            "unexcused": ("attendance.unexcused",),
            "late": ("attendance.late",),
        },
    ),
    Book(
        "payments",
        "SELECT i.school_year, count(*) AS charges, sum(c.gross - c.reduction) AS billed "
        "FROM charge c JOIN fee_item i USING (fee_item_id) WHERE NOT c.cancelled GROUP BY 1",
        {"charges": ("charges.charges",), "billed": ("charges.billed",)},
    ),
    Book(
        "payments",
        "SELECT i.school_year, sum(e.debit - e.credit) AS receivable FROM ledger_entry e "
        "JOIN charge c USING (charge_id) JOIN fee_item i USING (fee_item_id) "
        "WHERE e.kind = 'receivable' GROUP BY 1",
        {"receivable": ("charges.billed", "-settled.collected")},
    ),
    Book(
        "payments",
        "SELECT NULL, count(*) AS channels FROM channel WHERE enabled",
        {"channels": ("channels.channels",)},
        lasts=True,
    ),
    Book(
        "notifications",
        "SELECT NULL, count(*) AS links FROM guardian_link WHERE active AND school_id IS NOT NULL",
        {"links": ("links.links",)},
        lasts=True,
    ),
    Book(
        "notifications",
        "SELECT NULL, count(*) FILTER (WHERE state = 'delivered') AS messages_delivered, "
        "count(*) FILTER (WHERE state <> 'delivered') AS messages_failed FROM message "
        "JOIN letter USING (letter_id) "
        "WHERE NOT left_out AND state IN ('delivered', 'failed', 'unknown')",
        {
            "messages_delivered": ("sendings.delivered",),
            "messages_failed": ("sendings.failed",),
        },
        lasts=True,
    ),
    Book(
        "notifications",
        "SELECT NULL, sum(cost) AS cost_of_messages FROM letter "
        "WHERE EXISTS (SELECT FROM message m WHERE m.letter_id = letter.letter_id "
        "AND NOT m.left_out)",
        {"cost_of_messages": ("sendings.cost",)},
        lasts=True,
    ),
)


def main(arguments: list[str]) -> int:
    """Compare the totals of the running suite."""
    parser = argparse.ArgumentParser(prog="./edu totals", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the totals as JSON")
    parsed = parser.parse_args(arguments)
    run = Home.default().run()
    if run is None or "ioc-aggregator" not in run["services"]:
        raise Failure("No aggregator runs here. Start it with `./edu up`.")
    url, token = run["services"]["ioc-aggregator"]["url"].rstrip("/"), run["tokens"]["auditor"]
    databases: dict[str, str] = run["databases"]
    owned, counted = settled(
        lambda: asyncio.run(of_owners(databases)),
        lambda: of_statistics(fetch(url, token).cells, databases),
    )
    differing = [name for name in owned | counted if owned.get(name, 0) != counted.get(name, 0)]
    missing = sorted({book.owner for book in BOOKS} - databases.keys())
    if parsed.json:
        print(
            json.dumps(
                {
                    "totals": [
                        {
                            "total": name,
                            "school_year": year or None,
                            "owner": owned.get((name, year), 0),
                            "statistics": counted.get((name, year), 0),
                        }
                        for name, year in sorted(owned | counted)
                    ],
                    "not_run": missing,
                }
            )
        )
        return 1 if differing else 0
    for name in sorted(owned | counted):
        mark = "  differs" if name in differing else ""
        left, right = owned.get(name, 0), counted.get(name, 0)
        print(f"{' '.join(name):40} {left:>16,} {right:>16,}{mark}")
    for owner in missing:
        print(f"not run: {owner}, which has no database here")
    print(f"totals: {len(owned | counted)} compared, {len(differing)} differ")
    return 1 if differing else 0


def settled(
    owners: Callable[[], Totals],
    statistics: Callable[[], Totals],
    *,
    seconds: float = SECONDS,
    pause: float = PAUSE,
) -> tuple[Totals, Totals]:
    """Ask both until they agree, or the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        owned, counted = owners(), statistics()
        if owned == counted or time.monotonic() >= deadline:
            return owned, counted
        time.sleep(pause)


async def of_owners(databases: Mapping[str, str]) -> Totals:
    """Ask each owner's database, all its books in one snapshot."""
    import asyncpg  # noqa: PLC0415 - not for `edu --help`

    totals: Totals = {}
    for owner in dict.fromkeys(book.owner for book in BOOKS if book.owner in databases):
        connection = await asyncpg.connect(databases[owner])
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                for book in (book for book in BOOKS if book.owner == owner):
                    for year, *values in await connection.fetch(book.query):
                        for name, value in zip(book.columns, values, strict=True):
                            if value:
                                totals[name, year or ""] = int(value)
        finally:
            await connection.close()
    return totals


def of_statistics(cells: Cells, databases: Mapping[str, str]) -> Totals:
    """Sum the aggregator's cells as the books of these owners do."""
    sums: dict[tuple[str, str], int] = {}
    for (family, key, value), count in cells.items():
        cell = (f"{family}.{value}", dict(key).get("school_year", ""))
        sums[cell] = sums.get(cell, 0) + count
    totals: Totals = {}
    for book in BOOKS:
        if book.owner not in databases:
            continue
        for name, terms in book.columns.items():
            for term in terms:
                sign = -1 if term.startswith("-") else 1
                for (summed, year), count in sums.items():
                    if summed == term.removeprefix("-"):
                        at = (name, "" if book.lasts else year)
                        totals[at] = totals.get(at, 0) + sign * count
    return {at: total for at, total in totals.items() if total}
