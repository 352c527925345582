"""`./edu check`: everything that can be judged without running the suite, in under a minute."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from edu.home import ROOT


@dataclass(frozen=True)
class Step:
    """One check: a command that answers by its exit code."""

    name: str
    command: tuple[str, ...]

    def run(self) -> tuple[Step, int, float, str]:
        """Run it and return its code, its time and what it said."""
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-P", *self.command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return self, done.returncode, time.monotonic() - began, done.stdout


# The longest first: two run at a time.
STEPS = (
    Step("types", ("-m", "mypy")),
    Step("format", ("-m", "ruff", "format", "--check", "--quiet", ".")),
    Step("lint", ("-m", "ruff", "check", "--quiet", ".")),
    Step("import rules", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
    Step("migrations", ("-m", "edu.migration_lint")),
    Step("contracts gate", ("-m", "edu", "contracts", "check")),
    Step("indicators page", ("-m", "edu.indicators_page", "--check")),
)


def main(arguments: list[str]) -> int:
    """Run every step, each with its time; show what the failed ones said."""
    chosen = [step for step in STEPS if not arguments or step.name.split()[0] in arguments]
    began = time.monotonic()
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        runs: list[Callable[[], tuple[Step, int, float, str]]] = [step.run for step in chosen]
        for future in as_completed([pool.submit(run) for run in runs]):
            step, code, seconds, output = future.result()
            failed += code != 0
            print(f"{'ok    ' if code == 0 else 'FAILED'} {step.name:15} {seconds:5.1f} s")
            if code:
                print(output.rstrip())
    print(f"check: {len(chosen)} steps, {failed} failed, {time.monotonic() - began:.1f} s")
    return 1 if failed else 0
