"""`./edu audit selftest [--seed S]` and `./edu audit verify`: the history of scores, tested.

`selftest` starts a gradebook and the aggregator in a folder of their own, draws as many edits over
HTTP as inspectors found at one school in January 2026, deletes and enters again among them, and
holds what the history says of them against an own model; then it verifies the chain, alters one
stored row behind the service's back, and looks for it. `verify` verifies the chain of the suite
that runs, with the key of its home, against what the aggregator witnessed.
"""

from __future__ import annotations

import argparse
import asyncio

from edu.audit import selftest
from edu.audit.fetching import public_key, whole_chain, witnessed
from edu.audit.verify_history import verify
from edu.client import Suite
from edu.home import Home
from edu.tokens import token

SEED = 20260104
"""The day on which the first of those edits was made."""


def main(arguments: list[str]) -> int:
    """Run one of them; 0 where everything holds."""
    parser = argparse.ArgumentParser(prog="./edu audit", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    testing = commands.add_parser("selftest", help="edits of a seed, the history, an own model")
    testing.add_argument("--seed", type=int, default=SEED)
    commands.add_parser("verify", help="the chain of the running suite")
    options = parser.parse_args(arguments)
    if options.command == "selftest":
        return selftest.run(options.seed)
    return asyncio.run(_verify(Home.default()))


async def _verify(home: Home) -> int:
    async with Suite(home) as suite:
        pages = await whole_chain(suite, token(home, "auditor"))
        kept = await witnessed(suite)
    verdict = verify(pages, public_key(home), kept)
    print(verdict)
    return 1 if verdict.faults else 0
