"""The relay dies between sending and writing down, and another takes the lead; order stays."""

from __future__ import annotations

from functools import partial

from contracts.topics import SCORES

from .faults import pause
from .scenario import Scenario
from .stage import AGGREGATOR, API, RELAY, SECOND_RELAY, Process, Stage, until
from .traffic import flowing

BATCH = 2_000
"""The most that one relay has under way in one partition."""


def leads(process: Process) -> bool:
    """Tell whether a relay says that it leads."""
    return process.child.running and process.metrics().get("relay_leader") == 1


def test_f02_the_relay_is_killed_between_its_send_and_its_mark(
    stage: Stage, scenario: Scenario
) -> None:
    _, relay, _ = stage.play(API, RELAY, AGGREGATOR)
    rounds = 5 if scenario.short else 50
    before = scenario.check(stage).repeats
    with flowing(stage, scenario.lots, rate=60):
        for _ in range(rounds):
            until(partial(leads, relay), "the relay leads")
            with stage.locked("gradebook", "delivery.relay_position"):
                # It goes on sending what it has numbered, and cannot write down that it was taken.
                pause(scenario.lots.uniform(0.0, 0.2))
                relay.kill()
            relay.start()
    findings = scenario.check(stage)
    duplicates = findings.repeats - before
    scenario.report(kills=rounds, duplicates=duplicates, gaps=findings.gaps)
    # Nothing else makes a relay send what Kafka holds already.
    scenario.saw(duplicates, "no kill fell between a send and its mark")
    assert duplicates <= BATCH * SCORES.partitions * rounds


def test_f28_two_relays_are_started_by_mistake(stage: Stage, scenario: Scenario) -> None:
    _, first, second, _ = stage.play(API, RELAY, SECOND_RELAY, AGGREGATOR)
    relays = [first, second]
    both = 0
    takeovers: list[float] = []
    until(lambda: any(leads(one) for one in relays), "one leads")
    with flowing(stage, scenario.lots, rate=60):
        for _ in range(2 if scenario.short else 6):
            pause(scenario.lots.uniform(0.2, 1.0))
            leaders = [one for one in relays if leads(one)]
            both += len(leaders) > 1
            leader = leaders[0]
            [other] = [one for one in relays if one is not leader]
            leader.kill()
            takeovers.append(until(partial(leads, other), "the other leads"))
            leader.start()
            leader.wait_ready()
    findings = scenario.check(stage)
    scenario.report(takeovers=len(takeovers), slowest=max(takeovers), both=both, gaps=findings.gaps)
    scenario.saw(takeovers, "no relay was taken over from")
    assert both == 0
