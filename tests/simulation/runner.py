"""Plays seeds, here or in processes of their own, with this chassis or a mutated one."""

import gc
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import chassis
from chassis import metrics

from .schedule import play
from .truth import ViolationError

ROOT = Path(__file__).parents[2]
SOURCE = Path("libs", "chassis", "src")
MUTATIONS = sorted(Path(__file__).with_name("mutations").glob("*.patch"))
EVERY_RUN_SEES = (
    "slice fenced",
    "record duplicate",
    "record parked",
    "record held",
    "record gap",
    "lost and healed",
    "relay took over",
)
"""Beside each fault of the schedule."""
_COLLECT_EVERY = 20


class StaleMutationError(Exception):
    """A patch does not apply to the chassis as it stands."""


@dataclass
class Played:
    """What became of some seeds."""

    seeds: int = 0
    failures: dict[int, str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Played") -> "Played":
        """Count both together."""
        failures = {**self.failures, **other.failures}
        return Played(self.seeds + other.seeds, failures, self.seen + other.seen)


def play_all(seeds: Iterable[int], *, until_first: bool = False) -> Played:
    """Play ``seeds``, all or until the first that fails."""
    played = Played()
    before = _counted()
    with _rarely_collecting() as collect:
        for seed in seeds:
            played.seeds += 1
            try:
                played.seen += play(seed)
            except ViolationError as violation:
                played.failures[seed] = str(violation)
                if until_first:
                    break
            if seed % _COLLECT_EVERY == 0:
                collect()
    played.seen += _counted() - before
    return played


@contextmanager
def _rarely_collecting() -> Iterator[Callable[[], object]]:
    """Keep Python from looking for garbage all the time, and ever among what was imported."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield gc.collect
    finally:
        gc.enable()
        gc.unfreeze()


def _counted() -> Counter[str]:
    """Return what the chassis' own metrics have counted."""
    counted: Counter[str] = Counter()
    for metric, label in ((metrics.EVENTS, "outcome"), (metrics.CONSUMER_FENCED_BATCHES, None)):
        for sample in next(iter(metric.collect())).samples:
            if sample.name.endswith("_total"):
                name = f"record {sample.labels[label]}" if label else "slice fenced"
                counted[name] += int(sample.value)
    return counted


def mutated(patch: Path, folder: Path) -> Path:
    """Copy the chassis into ``folder``, apply ``patch`` to the copy, return what to import from."""
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / SOURCE, folder / SOURCE, ignore=skip, dirs_exist_ok=True)
    # Not as a part of whatever repository the folder may lie in.
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)}
    done = subprocess.run(
        ["git", "apply", str(patch)],
        cwd=folder,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StaleMutationError(f"{patch.name} no longer applies: {done.stderr.strip()}")
    return folder / SOURCE


def first_caught(patch: Path, folder: Path, seeds: int) -> tuple[int, str] | None:
    """Return the first of ``seeds`` that fails with a mutated chassis, and why; None: none does."""
    played = play_apart(range(seeds), mutated(patch, folder), until_first=True)
    return next(iter(played.failures.items()), None)


def play_apart(seeds: range, source: Path | None = None, *, until_first: bool = False) -> Played:
    """Play ``seeds`` in a process of their own, with the chassis in ``source`` if it is given."""
    first = [str(source)] if source else []
    order = {"seeds": (seeds.start, seeds.stop, seeds.step), "until_first": until_first}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.simulation.runner", json.dumps(order)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*first, str(ROOT)])},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    if not Path(answer["chassis"]).is_relative_to(source or ROOT):
        raise StaleMutationError(f"{answer['chassis']} was played instead of the copy in {source}")
    failures = {int(seed): why for seed, why in answer["failures"].items()}
    return Played(answer["seeds"], failures, Counter(answer["seen"]))


def main(order: str) -> None:
    """Play what ``order`` says and write the answer for whoever started this process."""
    wanted = json.loads(order)
    played = play_all(range(*wanted["seeds"]), until_first=wanted["until_first"])
    json.dump({"chassis": chassis.__file__, **vars(played)}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
