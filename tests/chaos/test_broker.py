"""The broker sleeps, dies, or is out of reach: commands go on, and everything arrives in order."""

from __future__ import annotations

import struct
import time
from functools import partial
from math import inf
from pathlib import Path

from contracts.topics import SCORES

from . import faults
from .checker import Checker
from .faults import asleep, pause
from .scenario import Scenario
from .stage import AGGREGATOR, API, RELAY, Process, Stage, until
from .test_members import positions
from .traffic import flowing, percentile

DRAIN_SECONDS = 30.0
RESUME_SECONDS = 20.0
BROKER_BACK_SECONDS = 60.0
SLOWER = 1.2
JITTER_SECONDS = 0.05
"""Of the slowest answers of a few hundred on a busy machine; a wait for Kafka would be seconds."""
SETTLING_SECONDS = 10.0
BATCH_HEAD = struct.Struct(">qiibIhiqqqhii")
"""A record batch as Kafka keeps it (format 2): offset, length, epoch, magic, checksum, attributes,
last delta, two times, producer's id, its epoch, its sequence, count."""
OUTSIDE_THE_LENGTH = 12


def scores_read(stage: Stage) -> int:
    """Count the records of scores that the aggregator has behind it."""
    return sum(at for lane, at in positions(stage).items() if lane[0] == SCORES.name)


def reads_on(stage: Stage, stood: int) -> bool:
    """Tell whether the aggregator has read more scores than these."""
    return scores_read(stage) > stood


def producers(stage: Stage) -> set[int]:
    """Return the ids of all producers whose batches lie in the scores, as the broker keeps them."""
    found = set()
    for log in (stage.kafka.folder / "data").glob(f"{SCORES.name}-*/*.log"):
        data, at = log.read_bytes(), 0
        while at + BATCH_HEAD.size <= len(data):
            head = BATCH_HEAD.unpack_from(data, at)
            if head[1] <= 0:
                break
            found.add(head[9])
            at += OUTSIDE_THE_LENGTH + head[1]
    return found


def test_f05_the_broker_sleeps_for_a_minute(stage: Stage, scenario: Scenario) -> None:
    stage.play(API, RELAY, AGGREGATOR)
    assert stage.kafka.child is not None
    with flowing(stage, scenario.lots, rate=40) as flow:
        pause(SETTLING_SECONDS)  # what has just started is slow at first
        awake = time.monotonic()
        pause(10 if scenario.short else 20)
        began = time.monotonic()
        with asleep(stage.kafka.child):
            pause(10 if scenario.short else 60)
            waiting = stage.unsent()
            ended = time.monotonic()
        drained = until(lambda: stage.unsent() < waiting / 10, "the outbox is drained")
        again = time.monotonic()
        pause(ended - began if scenario.short else began - awake)
    # The machine may have become busier meanwhile; it then stays so for a while.
    usual = max(
        percentile(tries, 0.99) for tries in (flow.between(awake, began), flow.between(again, inf))
    )
    during = percentile(flow.between(began, ended), 0.99)
    failed = sum(one.status != 200 for one in flow.tries)
    scenario.report(
        commands=flow.commands,
        failed=failed,
        p99_usual=usual,
        p99_during=during,
        waited=waiting,
        drained=drained,
    )
    scenario.check(stage)
    scenario.saw(waiting, "nothing waited for the broker")
    assert failed == 0
    assert during <= usual * SLOWER + JITTER_SECONDS
    assert drained <= DRAIN_SECONDS


def kill_brokers(stage: Stage, scenario: Scenario, rounds: int) -> list[float]:
    """Kill a broker by lot and start it again, so often; return how long reading stood still."""
    resumed: list[float] = []
    with flowing(stage, scenario.lots, rate=60):
        for _ in range(rounds):
            until(partial(reads_on, stage, scores_read(stage)), "records are read")
            pause(scenario.lots.uniform(0.5, 2.0))
            node = scenario.lots.choice(stage.nodes)
            assert node.child is not None
            faults.kill(node.child)
            stood = scores_read(stage)
            pause(scenario.lots.uniform(0.5, 2.0))
            node.start()
            back = partial(reads_on, stage, stood)
            resumed.append(until(back, "records are read again", within=90))
            node.wait_ready()
    return resumed


def test_f06_a_broker_is_killed_and_comes_back(
    stage: Stage, scenario: Scenario, tmp_path: Path
) -> None:
    rounds = 1 if scenario.short else 3
    stage.play(API, RELAY, AGGREGATOR)
    alone = kill_brokers(stage, scenario, rounds)
    scenario.report(kills=rounds, resumed=max(alone))
    scenario.check(stage)
    three = Stage.build(tmp_path, brokers=3)
    try:
        three.play(API, RELAY, AGGREGATOR)
        among = kill_brokers(three, scenario, rounds)
        scenario.report(of_three=rounds, resumed_of_three=max(among))
        scenario.check(three)
    finally:
        three.stack.close()
    scenario.saw(min(alone) > 0, "reading never stood still")
    assert max(*alone, *among) <= BROKER_BACK_SECONDS


def behind_the_line(stage: Stage) -> list[Process]:
    """Let relay and aggregator speak to the broker over the line."""
    settings = {RELAY: stage.behind_the_line, AGGREGATOR: stage.behind_the_line}
    return stage.play(API, RELAY, AGGREGATOR, settings=settings)


def test_f09_the_line_to_the_broker_is_cut(stage: Stage, scenario: Scenario) -> None:
    processes = behind_the_line(stage)
    before = [one.child.pid for one in processes]
    with flowing(stage, scenario.lots, rate=40) as flow:
        until(partial(reads_on, stage, scores_read(stage)), "records are read")
        with stage.line.cut():
            pause(8 if scenario.short else 30)
            waiting, stood = stage.unsent(), scores_read(stage)
        resumed = until(partial(reads_on, stage, stood), "records are read again")
    failed = sum(one.status != 200 for one in flow.tries)
    scenario.report(waited=waiting, failed=failed, resumed=resumed)
    scenario.check(stage)
    scenario.saw(waiting, "nothing waited behind the line")
    assert failed == 0
    assert [one.child.pid for one in processes] == before
    assert resumed <= RESUME_SECONDS


def test_f10_only_the_brokers_replies_are_lost(stage: Stage, scenario: Scenario) -> None:
    behind_the_line(stage)
    Checker(stage).rest()  # what is read from now on, this relay has sent
    with flowing(stage, scenario.lots, rate=40):
        until(partial(reads_on, stage, scores_read(stage)), "records are read")
        known = producers(stage)
        with stage.line.cut(requests=False):
            # Longer than a request may take: what was written is sent again, and found written.
            pause(8 if scenario.short else 20)
            lost, waiting = stage.line.bytes_held, stage.unsent()
            stood = scores_read(stage)
        resumed = until(partial(reads_on, stage, stood), "records are read again")
    findings = scenario.check(stage)
    others = producers(stage) - known
    assert known
    scenario.report(
        lost_replies=f"{lost}B",
        waited=waiting,
        resumed=resumed,
        new_producers=len(others),
        gaps=findings.gaps,
    )
    scenario.saw(lost and waiting, "no reply was lost")
    assert not others
