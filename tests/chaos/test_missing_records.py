"""Records that Kafka lacks when their successors come: noticed, never passed over in silence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from confluent_kafka import Producer, TopicPartition

from chassis.topics import administrator
from contracts.envelope import CONTENT_TYPE, render
from contracts.topics import SCORES
from edu.topics import log_ends

from .checker import Checker
from .faults import pause
from .scenario import Scenario
from .stage import AGGREGATOR, API, RELAY, Process, Stage, until
from .traffic import flowing

GAPS = "SELECT partition, first, last FROM delivery.sequence_gap WHERE topic = $1"
UNNUMBERED = """
SELECT partition, count(*) AS rows FROM delivery.outbox
 WHERE topic = $1 AND sequence IS NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1
"""
NUMBER = """
UPDATE delivery.outbox o SET sequence = v.sequence
  FROM (SELECT b.id, p.numbered + row_number() OVER (ORDER BY b.id) AS sequence
          FROM delivery.outbox b JOIN delivery.relay_position p USING (topic, partition)
         WHERE b.topic = $1 AND b.partition = $2 AND b.sequence IS NULL) v
 WHERE o.id = v.id
RETURNING o.sequence, o.key, o.attributes, o.data
"""
ACKNOWLEDGE = """
UPDATE delivery.relay_position SET numbered = $3, acknowledged = $3
 WHERE topic = $1 AND partition = $2
"""
LAST = "SELECT partition, last FROM delivery.source_sequence WHERE topic = $1"
SENT = "SELECT partition, acknowledged FROM delivery.relay_position WHERE topic = $1"
ALARM = 'events_total{outcome="gap"}'
LOST = 2


def republish(process: Process, partition: int, first: int, last: int) -> None:
    """Do what an operator does whom the alarm has told what is missing."""
    places = ("--partition", str(partition), "--from", str(first), "--to", str(last))
    command = [
        sys.executable,
        "-P",
        "-m",
        "gradebook",
        "relay",
        "republish",
        "--topic",
        SCORES.name,
    ]
    done = subprocess.run(
        [*command, *places], env=process.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{last - first + 1} records"), done.stdout


def gaps(stage: Stage) -> list[tuple[int, int, int]]:
    """Return what the aggregator knows to be missing: partition, first and last number."""
    return [tuple(row) for row in stage.rows(AGGREGATOR.service, GAPS, SCORES.name)]


def test_f20_a_record_comes_without_the_one_before_it(stage: Stage, scenario: Scenario) -> None:
    stage.play(API, RELAY, AGGREGATOR)
    with flowing(stage, scenario.lots, rate=30):
        pause(1)
    scenario.check(stage)
    api, aggregator = stage.play(API, AGGREGATOR)
    alarms = aggregator.metrics()[ALARM]
    with flowing(stage, scenario.lots, rate=30):
        pause(3)
    [waiting] = stage.rows("gradebook", UNNUMBERED, SCORES.name)
    lane = (SCORES.name, waiting["partition"])
    # A relay numbers and sends; what it sends here begins too late, as if Kafka had lost some.
    rows = sorted(stage.rows("gradebook", NUMBER, *lane), key=lambda row: int(row["sequence"]))
    first, last = rows[0]["sequence"], rows[-1]["sequence"]
    stage.rows("gradebook", ACKNOWLEDGE, *lane, last)
    stage.late |= {(*lane, number) for number in range(first, first + LOST)}
    producer = Producer({"bootstrap.servers": stage.kafka.bootstrap})
    for row in rows[LOST:]:
        value = render(row["attributes"], row["data"], row["sequence"])
        headers: dict[str, str | bytes | None] = {"content-type": CONTENT_TYPE}
        producer.produce(SCORES.name, value, row["key"], lane[1], headers=headers)
    producer.flush(10)
    missing = (lane[1], first, first + LOST - 1)
    noticed = until(lambda: gaps(stage) == [missing], f"the gap {missing} is kept")
    alarms = aggregator.metrics()[ALARM] - alarms
    until(lambda: Checker(stage).has_read(AGGREGATOR.service), "work goes on behind the gap")
    republish(api, *missing)
    healed = until(lambda: not gaps(stage), "the gap is closed")
    stage.play(API, RELAY, AGGREGATOR)
    findings = scenario.check(stage)
    scenario.report(missing=LOST, alarms=int(alarms), noticed=noticed, healed=healed)
    scenario.report(cells=findings.cells)
    scenario.saw(alarms, "nobody noticed that a record was missing")


def begins(stage: Stage) -> Mapping[int, int]:
    """Return how many records the aggregator has read of each partition of the scores."""
    rows = stage.rows(AGGREGATOR.service, "SELECT * FROM delivery.consumer_position")
    return {row["partition"]: row["next"] for row in rows if row["topic"] == SCORES.name}


def test_f30_kafka_deletes_what_was_not_read_yet(stage: Stage, scenario: Scenario) -> None:
    stage.play(API, RELAY, AGGREGATOR)
    with flowing(stage, scenario.lots, rate=30):
        pause(2)
    scenario.check(stage)
    read = begins(stage)
    known = {
        row["partition"]: row["last"] for row in stage.rows(AGGREGATOR.service, LAST, SCORES.name)
    }
    api, _ = stage.play(API, RELAY)
    with flowing(stage, scenario.lots, rate=60):
        pause(4)
    Checker(stage).rest()
    ends = {
        partition: end for (_, partition), end in log_ends(stage.kafka.bootstrap, [SCORES]).items()
    }
    # All but the last record go: retention has passed the position.
    gone = {p: end - 1 for p, end in ends.items() if end - read.get(p, 0) > LOST}
    admin = administrator(stage.kafka.bootstrap)
    lanes = [TopicPartition(SCORES.name, p, before) for p, before in gone.items()]
    for future in admin.delete_records(lanes).values():
        future.result(10)
    sequences = {
        row["partition"]: row["acknowledged"]
        for row in stage.rows("gradebook", SENT, SCORES.name)
        if row["partition"] in gone
    }
    stage.late |= {(SCORES.name, p, n) for p, last in sequences.items() for n in range(1, last)}
    _, _, aggregator = stage.play(API, RELAY, AGGREGATOR)
    missing = sorted((p, known.get(p, 0) + 1, last - 1) for p, last in sequences.items())
    noticed = until(lambda: sorted(gaps(stage)) == missing, f"the gaps {missing} are kept")
    alarms = aggregator.metrics()[ALARM]
    for partition, last in sequences.items():
        republish(api, partition, 1, last - 1)
    healed = until(lambda: not gaps(stage), "every gap is closed")
    findings = scenario.check(stage)
    unread = sum(last - first + 1 for _, first, last in missing)
    scenario.report(deleted=unread, alarms=int(alarms), noticed=noticed, healed=healed)
    scenario.report(cells=findings.cells)
    scenario.saw(gone and alarms == len(missing), f"{alarms:.0f} alarms for {len(missing)} gaps")
