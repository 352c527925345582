"""From a fresh clone to the first number of the demo: with nothing in any cache, and once more.

What is cloned is the last commit of this checkout. `./edu demo` itself says how long it took.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from edu.bench.figures import Bench, Effort, Figure, Measured
from edu.bench.stage import folder
from edu.failure import Failure
from edu.home import ROOT
from edu.progress import progress

RAW = "the clone alone"
COLD = Figure("demo-cold", "clone → first number, nothing in any cache", "s", mark=60, raw=RAW)
WARM = Figure("demo-warm", "the demo once more → first number", "s", mark=20)
SAID = re.compile(r"first number after ([0-9.]+) s \((cold|warm)\)")
WITHIN = 900


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Clone and play, run by run, each in a folder and with caches of its own."""
    cold, warm = Measured(), Measured()
    with progress("demo: demos", 2 * effort.runs) as more:
        for _ in range(effort.runs):
            with folder() as path:
                began = time.perf_counter()
                clone = path / "clone"
                _run(["git", "clone", "--quiet", str(ROOT), str(clone)], path, {})
                cloned = time.perf_counter() - began
                for temperature, measured in (("cold", cold), ("warm", warm)):
                    seconds = _first_number(clone, path / "caches", temperature)
                    measured.runs.append(seconds + (cloned if temperature == "cold" else 0.0))
                    more(1)
                cold.raw.append(cloned)
    return {COLD.name: cold, WARM.name: warm}


def _first_number(clone: Path, caches: Path, temperature: str) -> float:
    """Play the demo and read what it says; it must have been as cold or warm as it should."""
    names = ("XDG_CACHE_HOME", "UV_CACHE_DIR", "PIP_CACHE_DIR")
    environment = {name: str(caches / name) for name in names}
    said = _run(["./edu", "demo", "--once"], clone, environment)
    found = SAID.search(said)
    if found is None or found[2] != temperature:
        raise Failure(f"The demo does not say that it was {temperature}:\n{said[-2000:]}")
    return float(found[1])


def _run(command: list[str], where: Path, more: Mapping[str, str]) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EDU_")}
    with subprocess.Popen(
        command,
        cwd=where,
        env={**kept, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said = process.communicate(timeout=WITHIN)[0]
        except (KeyboardInterrupt, subprocess.TimeoutExpired) as reason:
            # The demo stops in order what it has started; killed, it could not.
            os.killpg(process.pid, signal.SIGINT)
            process.communicate()
            if isinstance(reason, KeyboardInterrupt):
                raise
            raise Failure(f"{' '.join(command)} was not done after {WITHIN} s.") from reason
    if process.returncode != 0:
        raise Failure(f"{' '.join(command)} ended with {process.returncode}:\n{said[-2000:]}")
    return said


BENCH = Bench("demo", (COLD, WARM), measure)
