"""`./edu proof [kills …] [--seed S] [--kills N]`: the aggregator counts exactly once.

Each proof has a broker and a database of its own and prints one line; the truth that it holds the
aggregator to is its generator's, or the file's, never the log's.
"""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from edu import topics
from edu.bench.stage import Stage, stage
from edu.failure import Failure
from edu.proof import examination, kills, members
from edu.testing.examination import REAL, make_up

AGGREGATOR = "ioc-aggregator"
KILLS = 100
CANDIDATES = 35_000
"""As many as the real file has, where it is not beside this checkout."""


def main(arguments: list[str]) -> int:
    """Prove what is named, or everything; 1 where something is not so."""
    parser = argparse.ArgumentParser(prog="./edu proof", description=__doc__)
    parser.add_argument("proofs", nargs="*", metavar="PROOF", help=f"one of {', '.join(PROOFS)}")
    parser.add_argument("--seed", type=int, help="what everything is drawn from; else by lot")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how many; {KILLS} if not said")
    parser.add_argument("--file", type=Path, help="an examination's file; the real one, if there")
    parsed = parser.parse_args(arguments)
    if unknown := [name for name in parsed.proofs if name not in PROOFS]:
        raise Failure(f"No proof is called {unknown[0]}. There are: {', '.join(PROOFS)}.")
    seed = secrets.randbelow(1 << 31) if parsed.seed is None else parsed.seed
    holds = True
    for name in parsed.proofs or PROOFS:
        began = time.monotonic()
        print(f"{name}: seed {seed}", flush=True)
        with stage() as here:
            holds &= PROOFS[name](here, seed, parsed)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return 0 if holds else 1


def _kills(here: Stage, seed: int, asked: argparse.Namespace) -> bool:
    database = here.database(AGGREGATOR)
    found = kills.prove(here.home.folder, here.bootstrap, database, seed=seed, kills=asked.kills)
    for difference in found.differences:
        print(f"differs: {difference}")
    print(found.detail())
    print(found.line(), flush=True)
    return found.proved


def _members(here: Stage, seed: int, _: argparse.Namespace) -> bool:
    def fresh(count: int) -> str:
        topics.reset(here.bootstrap)
        return here.database(AGGREGATOR, f"members_{count}")

    found = members.prove(here.home.folder, here.bootstrap, fresh, seed=seed)
    for fault in found.faults:
        print(f"differs: {fault}")
    print(found.line(), flush=True)
    return found.proved


def _exam(here: Stage, seed: int, asked: argparse.Namespace) -> bool:
    path: Path = asked.file or REAL
    if not path.exists():
        print(f"not run on the real file, which is not there: {CANDIDATES} candidates made up")
        path = make_up(here.home.folder / "made-up.csv", CANDIDATES, seed=seed)
    database = here.database(AGGREGATOR)
    found = examination.prove(here.home.folder, here.bootstrap, database, path=path, seed=seed)
    print(found.line(), flush=True)
    return found.proved


PROOFS: Mapping[str, Callable[[Stage, int, argparse.Namespace], bool]] = {
    "kills": _kills,
    "members": _members,
    "exam": _exam,
}
