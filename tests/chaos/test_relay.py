"""The relay dies between sending and writing down, and another takes the lead; order stays."""

from __future__ import annotations

from functools import partial

from contracts.topics import SCORES

from .checker import log_ends
from .faults import pause
from .scenario import Scenario
from .stage import AGGREGATOR, API, RELAY, SECOND_RELAY, Process, Stage, until
from .traffic import flowing

BATCH = 2_000
"""The most that one relay has under way in one partition."""

ACKNOWLEDGED = "SELECT topic, partition, acknowledged FROM delivery.relay_position"


def ahead(stage: Stage) -> int:
    """Count what Kafka holds of the scores and the relay has not written down."""
    rows = stage.rows("gradebook", ACKNOWLEDGED)
    known = {(row["topic"], row["partition"]): row["acknowledged"] for row in rows}
    ends = log_ends(stage.kafka.bootstrap, [SCORES])
    return sum(end - known.get(lane, 0) for lane, end in ends.items())


def leads(process: Process) -> bool:
    """Tell whether a relay says that it leads."""
    return process.child.running and process.metrics().get("relay_leader") == 1


def test_f02_the_relay_is_killed_between_its_send_and_its_mark(
    stage: Stage, scenario: Scenario
) -> None:
    _, relay, _ = stage.play(API, RELAY, AGGREGATOR)
    rounds = 5 if scenario.short else 50
    before = scenario.check(stage).repeats
    # What was sent twice so far stands in the log for good: counted from here.
    already = ahead(stage)
    between = 0
    with flowing(stage, scenario.lots, rate=60):
        for _ in range(rounds):
            until(lambda: leads(relay), "the relay leads")
            settled = ahead(stage)
            with stage.locked("gradebook", "delivery.relay_position"):
                # It goes on sending what it has numbered, and cannot write down that it was taken.
                pause(scenario.lots.uniform(0.0, 0.2))
                relay.kill()
                between += ahead(stage) > settled
            relay.start()
    findings = scenario.check(stage)
    duplicates = findings.repeats - before
    scenario.report(kills=rounds, between=between, duplicates=duplicates, gaps=findings.gaps)
    assert already >= 0
    scenario.saw(duplicates > 0, "no kill fell between a send and its mark")
    assert duplicates <= BATCH * rounds


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
