"""`./edu test [unit|wire|all|simulation|traps|fuzz]`: chooses tests by what they need.

The rest is pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys

from edu.home import ROOT

WORKERS = min(4, (os.cpu_count() or 1) + 1)
"""One more than there are cores: most tests wait, and each worker has a broker of its own."""

# Files in their own order: those with few tests, which xdist would begin last, are the long ones.
SIDE_BY_SIDE = ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]

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
