"""Too little of everything, and being asked to stop in the middle of it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .checker import Checker
from .faults import pause
from .guardians import all_sent, enlist, mail_arrives
from .scenario import NotRunError, Scenario
from .stage import AGGREGATOR, API, NOTIFICATIONS, RELAY, Stage, until
from .traffic import flowing

MEBIBYTE = 1 << 20
EXIT_SECONDS = 20.0
PERCENT = 20
CONTROLLERS = Path("/sys/fs/cgroup")


@dataclass
class Narrow:
    """A control group with so much memory."""

    name: str
    mebibytes: int

    @property
    def unified(self) -> bool:
        """Whether the machine has the second version of control groups, and only that."""
        return (CONTROLLERS / "cgroup.controllers").exists()

    def folder(self, controller: str) -> Path:
        """Return the group's folder."""
        return CONTROLLERS / ("" if self.unified else controller) / self.name

    def make(self) -> None:
        """Make the group with its memory; what a machine refuses is said, not passed over."""
        file = "memory.max" if self.unified else "memory.limit_in_bytes"
        try:
            for controller in ("memory", "cpu"):
                self.folder(controller).mkdir(exist_ok=True)
            (self.folder("memory") / file).write_text(str(self.mebibytes * MEBIBYTE))
            self.slow_down(100)
        except OSError as error:
            raise NotRunError(f"control groups cannot be made here: {error}") from None

    def slow_down(self, percent: int) -> None:
        """Leave so much of one core."""
        quota = percent * 1000
        file = "cpu.max" if self.unified else "cpu.cfs_quota_us"
        value = f"{quota} 100000" if self.unified else str(quota)
        (self.folder("cpu") / file).write_text(value)

    def entering(self) -> list[str]:
        """Return the command that enters the group and becomes the one behind it."""
        folders = {self.folder(controller) for controller in ("memory", "cpu")}
        enter = "; ".join(f"echo $$ > {folder}/cgroup.procs" for folder in sorted(folders))
        return ["sh", "-ec", f'{enter}; exec "$@"', "sh"]

    @property
    def peak(self) -> int:
        """The most memory that was used, in MiB."""
        file = "memory.peak" if self.unified else "memory.max_usage_in_bytes"
        return int((self.folder("memory") / file).read_text()) // MEBIBYTE

    @property
    def throttled(self) -> int:
        """How often the processor was taken away."""
        lines = (self.folder("cpu") / "cpu.stat").read_text().split("\n")
        return int(dict(line.split() for line in lines if line)["nr_throttled"])

    def drop(self) -> None:
        """Remove the group; whoever is in it must be gone."""
        for controller in ("memory", "cpu"):
            with contextlib.suppress(FileNotFoundError):
                self.folder(controller).rmdir()


@contextlib.contextmanager
def narrow(sizes: dict[str, int]) -> Iterator[dict[str, Narrow]]:
    """Make a group for each name, with so many MiB."""
    groups = {name: Narrow(f"edu-chaos-{os.getpid()}-{name}", sizes[name]) for name in sizes}
    try:
        for one in groups.values():
            one.make()
        yield groups
    finally:
        for one in groups.values():
            one.drop()


def test_f31_little_processor_and_little_memory(stage: Stage, scenario: Scenario) -> None:
    stage.play()  # whoever plays already stands in no group
    with narrow({API.name: 200, RELAY.name: 200, AGGREGATOR.name: 512}) as groups:
        stage.inside = {name: group.entering() for name, group in groups.items()}
        try:
            _starve(stage, scenario, groups)
        finally:
            stage.inside = {}
            stage.play()


def _starve(stage: Stage, scenario: Scenario, groups: dict[str, Narrow]) -> None:
    processes = stage.play(API, RELAY, AGGREGATOR)
    before = [one.child.pid for one in processes]
    with flowing(stage, scenario.lots, rate=60) as flow:
        pause(2.0)
        for group in groups.values():
            group.slow_down(PERCENT)
        pause(10 if scenario.short else 40)
        throttled = sum(group.throttled for group in groups.values())
        for group in groups.values():
            group.slow_down(100)
    caught_up = Checker(stage).rest()
    scenario.report(answered=flow.answered, caught_up=caught_up, throttled=throttled)
    used = {f"{name.replace('-', '_')}_MiB": group.peak for name, group in groups.items()}
    scenario.report(**used)
    scenario.check(stage)
    scenario.saw(throttled, "nobody was ever held back")
    assert all(one.child.running for one in processes)
    assert [one.child.pid for one in processes] == before
    assert flow.answered


def test_f32_everybody_is_asked_to_stop_in_the_middle(stage: Stage, scenario: Scenario) -> None:
    parts = (API, RELAY, AGGREGATOR, NOTIFICATIONS)
    ended: list[float] = []
    codes: list[int] = []
    with mail_arrives(stage) as settings:
        stage.play(*parts, settings=settings)
        enlist(stage)
        with flowing(stage, scenario.lots, rate=20) as flow:
            for _ in range(1 if scenario.short else 3):
                for process in stage.play(*parts, settings=settings):
                    pause(scenario.lots.uniform(0.5, 1.5))
                    asked = time.monotonic()
                    os.kill(process.child.pid, signal.SIGTERM)
                    codes.append(process.child.wait(EXIT_SECONDS * 2))
                    ended.append(time.monotonic() - asked)
                    process.start()
                    process.wait_ready()
        until(lambda: stage.unsent() == 0, "the outbox is sent")
        Checker(stage).rest()
        all_sent(stage)
        letters = stage.rows("notifications", "SELECT count(*) FROM letter")[0][0]
        crashed = stage.rows("notifications", "SELECT count(*) FROM attempt WHERE repeat")[0][0]
        scenario.report(stops=len(ended), slowest=max(ended), codes=sorted(set(codes)))
        scenario.report(letters=letters, repeated=crashed, answered=flow.answered)
        scenario.check(stage)
        stage.play(API)
    scenario.saw(letters, "no letter was ever written")
    assert set(codes) == {0}
    assert max(ended) <= EXIT_SECONDS
    assert crashed == 0
