"""Which machine the figures are of, and how much of it others took meanwhile."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import psutil

from edu.bench.figures import Machine
from edu.embedded.artifacts import locked, this_platform


def this_machine() -> Machine:
    """Describe it without naming it."""
    return Machine(
        processor=_processor(),
        processors=os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
        kafka=_version("kafka", "kafka_"),
        postgres=_version(f"postgres-{this_platform()}", "embedded-postgres"),
    )


class Watch:
    """How busy the machine is, from now on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy, self._ours = _busy(), _ours()

    def others(self) -> float:
        """Return what processes that are not ours had of the processors, in per cent.

        Ours are this one and its children that have ended.
        """
        spent = (_busy() - self._busy) - (_ours() - self._ours)
        passed = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return max(0.0, 100 * spent / passed)


def _busy() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + getattr(times, "steal", 0.0))


def _ours() -> float:
    return sum(os.times()[:4])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version(artifacts: str, prefix: str) -> str:
    return next(one.version for one in locked(artifacts) if one.name.startswith(prefix))
