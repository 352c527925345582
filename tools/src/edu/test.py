"""`./edu test [unit|wire|all|simulation|traps|fuzz]`: chooses tests by what they need.

The rest is pytest.
"""

from __future__ import annotations

import subprocess
import sys

from edu.home import ROOT

SIDE_BY_SIDE = [
    *("-n", "logical", "--maxprocesses", "4", "--dist", "loadfile"),
    # Files in their own order: those with few tests, which xdist would begin last, take long.
    "--no-loadscope-reorder",
]
"""One worker a core: each has a broker and a database of its own, and most tests wait for those."""

KINDS = {
    "unit": [*SIDE_BY_SIDE, "-m", "not wire and not browser and not fuzz and not chaos"],
    "wire": [*SIDE_BY_SIDE, "-m", "(wire or chaos) and not browser and not fuzz"],
    "all": [*SIDE_BY_SIDE, "--durations=15"],
    "simulation": ["tests/simulation", "-q", "--seeds", "2000"],
    "fuzz": ["-m", "fuzz", "-s", "-q"],
    "traps": ["-p", "edu.traps", "-qq", "--no-header", "-rN"],
}


def main(arguments: list[str]) -> int:
    """Run the tests of one kind (all, if none is named) with any further options of pytest."""
    kind, options = "all", arguments
    if arguments and arguments[0] in KINDS:
        kind, options = arguments[0], arguments[1:]
    if kind == "traps":
        from edu.traps import files  # noqa: PLC0415 - it imports pytest

        options = [*options, *files()]
    command = [sys.executable, "-P", "-m", "pytest", *KINDS[kind], *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode
