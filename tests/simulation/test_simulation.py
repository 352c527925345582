"""Thousands of plays of the real chassis in which everything fails; the same ones each time.

`./edu test simulation` plays 2,000 seeds; `./edu test simulation --seed 17` plays one and tells it.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .runner import (
    EVERY_RUN_SEES,
    MUTATIONS,
    Played,
    StaleMutationError,
    first_caught,
    mutated,
    play_apart,
)
from .schedule import FAULTS, play

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

SHORT = 100


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def test_no_seed_breaks_the_chassis_and_every_mutation_is_caught(
    tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    # The options stand only where this folder is named: elsewhere the short set is meant.
    seed: int | None = pytestconfig.getoption("seed", None)
    if seed is not None:
        with capsys.disabled():
            play(seed, say=say)
        return
    seeds: int = pytestconfig.getoption("seeds", None) or SHORT
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        parts = pool.map(play_apart, [range(core, seeds, cores) for core in range(cores)])
        firsts = pool.map(
            lambda patch: first_caught(patch, tmp_path / patch.stem, seeds), MUTATIONS
        )
        clean = sum(parts, start=Played())
        caught = {
            patch.stem: found for patch, found in zip(MUTATIONS, firsts, strict=True) if found
        }
    with capsys.disabled():
        say(
            f"\nclean: {clean.seeds} seeds, {len(clean.failures)} failures · "
            f"mutations: {len(caught)} of {len(MUTATIONS)} caught "
            f"(seeds {', '.join(f'{name} {seed}' for name, (seed, _) in caught.items())})"
        )
        say("seen: " + ", ".join(f"{name} {clean.seen[name]}" for name in EVERY_RUN_SEES))
    assert clean.failures == {}, "play one of them: ./edu test simulation --seed …"
    assert {patch.stem for patch in MUTATIONS} - caught.keys() == set()
    wanted = [f"{role} {point} {fault}" for role, faults in FAULTS for point, fault in faults]
    assert [fault for fault in [*EVERY_RUN_SEES, *wanted] if not clean.seen[fault]] == []


def test_there_are_the_mutations_that_were_promised() -> None:
    assert {patch.stem for patch in MUTATIONS} >= {
        "commit-before-effect",
        "number-after-send",
        "last-id-cursor",
        "position-without-compare-and-set",
        "inbox-outside-the-transaction",
        "swallowed-gap",
    }


def test_a_mutation_that_no_longer_applies_is_an_error(tmp_path: Path) -> None:
    stale = tmp_path / "stale.patch"
    stale.write_text(MUTATIONS[0].read_text("utf-8").replace("\n ", "\n one more word "), "utf-8")
    with pytest.raises(StaleMutationError, match="no longer applies"):
        mutated(stale, tmp_path)


def test_a_seed_plays_the_same_each_time() -> None:
    told: tuple[list[str], list[str]] = ([], [])
    for lines in told:
        lines.append(str(play(3, say=lines.append)))
    assert told[0] == told[1]
