"""`./edu rebuild`: count the log again beside the running aggregator, compare, and switch."""

from __future__ import annotations

import asyncio

from chassis.database import Database
from edu.failure import Failure
from edu.home import Home
from edu.progress import progress
from edu.supervisor import running
from ioc_aggregator.rebuild import job

AGGREGATOR = "ioc-aggregator"


def main(arguments: list[str]) -> int:
    """Do what the aggregator's own command does, with a bar; 1 where cells differ."""
    asked = job.options("./edu rebuild").parse_args(arguments)
    run = running(Home.default())
    if AGGREGATOR not in run["databases"]:
        raise Failure("No aggregator runs here. Start it with `./edu up`.")
    database = Database(run["databases"][AGGREGATOR], application="ioc-rebuild")
    return asyncio.run(job.run(asked, database, [run["kafka"]["bootstrap"]], shown=progress))
