"""Members of the aggregator's group die, sleep too long, come and go: nothing counts twice."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from contracts.topics import SCORES
from edu.verify.log import Lane

from .checker import Checker
from .faults import asleep, pause
from .scenario import Scenario
from .stage import AGGREGATOR, API, MEMBER, RELAY, Stage, until
from .traffic import flowing

WAITING = """
SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'delivery.consumer_position'::regclass
"""
FENCED = "consumer_fenced_batches_total"


def positions(stage: Stage) -> dict[Lane, int]:
    """Return where the aggregator stands."""
    rows = stage.rows(AGGREGATOR.service, "SELECT * FROM delivery.consumer_position")
    return {(row["topic"], row["partition"]): row["next"] for row in rows}


def new_client(stage: Stage) -> AdminClient:
    """Return a client for one question.

    One that knew a broker before it was killed hears no more of its groups (librdkafka 2.16).
    """
    return AdminClient({"bootstrap.servers": stage.kafka.bootstrap, "log_level": 0})


def told_kafka(stage: Stage) -> dict[Lane, int]:
    """Return where Kafka believes that the aggregator stands."""
    lanes = [TopicPartition(*lane) for lane in positions(stage)]
    asked = [ConsumerGroupTopicPartitions(AGGREGATOR.service, lanes)]
    client = new_client(stage)
    [future] = client.list_consumer_group_offsets(asked).values()
    known = future.result(10).topic_partitions
    return {(lane.topic, lane.partition): max(lane.offset, 0) for lane in known}


def applied_further(stage: Stage, held: ExitStack | None = None) -> None:
    """Return when another slice is applied; what is held is let go first."""
    before = sum(positions(stage).values())
    if held is not None:
        held.close()
    until(lambda: sum(positions(stage).values()) > before, "a slice is applied")


def test_f03_a_member_is_killed_between_its_commit_and_kafkas(
    stage: Stage, scenario: Scenario
) -> None:
    settings = {AGGREGATOR: stage.behind_the_line}
    _, _, aggregator = stage.play(API, RELAY, AGGREGATOR, settings=settings)
    redelivered = 0
    for _ in range(2 if scenario.short else 5):
        with ExitStack() as held, flowing(stage, scenario.lots, rate=60):
            applied_further(stage)
            held.enter_context(stage.locked(AGGREGATOR.service, "delivery.consumer_position"))
            until(lambda: stage.rows(AGGREGATOR.service, WAITING), "a slice waits for its position")
            # From now on nothing reaches Kafka, so what commits in the database is not told to it.
            with stage.line.cut(replies=False, lose=True):
                applied_further(stage, held)
                pause(scenario.lots.uniform(0.0, 0.1))
                aggregator.kill()
        kafkas = told_kafka(stage)
        redelivered += sum(at - kafkas.get(lane, 0) for lane, at in positions(stage).items())
        aggregator.start()
        aggregator.wait_ready()
    findings = scenario.check(stage)
    scenario.report(redelivered=redelivered, cells=findings.cells)
    scenario.saw(redelivered > 0, "Kafka was told everything before the member died")


def moved(stage: Stage, stood: dict[Lane, int]) -> bool:
    """Tell whether every partition of the scores that anything stands in was read further."""
    return all(
        at > stood[lane] for lane, at in positions(stage).items() if at and lane[0] == SCORES.name
    )


def test_f07_a_member_sleeps_longer_than_its_session(stage: Stage, scenario: Scenario) -> None:
    _, _, aggregator, member = stage.play(API, RELAY, AGGREGATOR, MEMBER)
    fenced = takeover = 0.0
    with flowing(stage, scenario.lots, rate=100):
        for _ in range(6):
            pause(scenario.lots.uniform(1.0, 2.0))
            zombie = scenario.lots.choice([aggregator, member])
            before = zombie.metrics()[FENCED]
            with asleep(zombie.child):
                stood = positions(stage)
                takeover = until(
                    partial(moved, stage, stood), "the other member reads everything", within=60
                )
            until(zombie.metrics, "it answers again")
            pause(2.0)
            fenced += zombie.metrics()[FENCED] - before
            if fenced:
                break
    scenario.report(takeover=takeover, fenced=int(fenced))
    scenario.check(stage)
    scenario.saw(fenced, "no batch of a lost partition reached its handler")


def assigned(stage: Stage) -> dict[str, int]:
    """Return the members that Kafka knows, and how many partitions each has."""
    client = new_client(stage)
    [future] = client.describe_consumer_groups([AGGREGATOR.service]).values()
    return {
        one.member_id: len(one.assignment.topic_partitions) for one in future.result(10).members
    }


def test_f08_members_come_and_go(stage: Stage, scenario: Scenario) -> None:
    *_, member = stage.play(API, RELAY, AGGREGATOR, MEMBER)
    ends = time.monotonic() + (20 if scenario.short else 120)
    rounds = generations = 0
    with flowing(stage, scenario.lots, rate=60):
        while time.monotonic() < ends:
            rounds += 1
            before = assigned(stage)
            member.child.stop()
            pause(3)
            member.start()
            member.wait_ready()
            pause(3)
            generations += assigned(stage) != before
    behind = until(
        lambda: Checker(stage).has_read(AGGREGATOR.service), "everything is read", within=30
    )
    findings = scenario.check(stage)
    scenario.report(
        left_and_joined=rounds, rebalances=generations, caught_up=behind, cells=findings.cells
    )
    scenario.saw(generations, "no partition ever changed hands")
