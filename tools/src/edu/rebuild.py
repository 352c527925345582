"""`./edu rebuild`: count the log again beside the running aggregator, compare, and switch."""

from __future__ import annotations

import asyncio
import json

from edu.failure import Failure
from edu.home import Home
from edu.supervisor import ask, running

AGGREGATOR = "ioc-aggregator"
PARTS = "families"
"""The part of ``/readyz`` that says whether everything was counted from the log's beginning."""


def complete(home: Home) -> int:
    """Count what an older release has passed over, if anything; 1 where something else differs."""
    _, answer = ask(f"{running(home)['services'][AGGREGATOR]['url']}/readyz")
    part = next(one for one in json.loads(answer)["parts"] if one["name"] == PARTS)
    if part["state"] == "ok":
        return 0
    print(f"{AGGREGATOR}: {part['detail']}", flush=True)
    _, _, options = part["mend"].partition(" rebuild ")
    return main(options.split())


def main(arguments: list[str]) -> int:
    """Do what the aggregator's own command does, with a bar; 1 where cells differ."""
    # A second to load, which whoever only asks whether anything is lacking does not pay.
    from chassis.database import Database  # noqa: PLC0415
    from edu.progress import progress  # noqa: PLC0415
    from ioc_aggregator.rebuild import job  # noqa: PLC0415

    asked = job.options("./edu rebuild").parse_args(arguments)
    run = running(Home.default())
    if AGGREGATOR not in run["databases"]:
        raise Failure("No aggregator runs here. Start it with `./edu up`.")
    database = Database(run["databases"][AGGREGATOR], application="ioc-rebuild")
    return asyncio.run(job.run(asked, database, [run["kafka"]["bootstrap"]], shown=progress))
