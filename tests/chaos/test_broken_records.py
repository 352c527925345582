"""Records that nobody can read, or that one handler cannot bear: they stand aside, alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from confluent_kafka import Producer

from contracts.envelope import render
from contracts.topics import SCORES
from edu.tokens import named_id
from edu.topics import log_ends

from .checker import Checker
from .faults import pause
from .guardians import all_sent, enlist, mail_arrives
from .province import Sheet
from .scenario import Scenario
from .stage import AGGREGATOR, API, NOTIFICATIONS, RELAY, Process, Stage, until
from .traffic import flowing

PARKED_SECONDS, NEIGHBOUR_SECONDS = 5.0, 10.0
GENUINE = """
SELECT * FROM delivery.outbox WHERE topic = 'gradebook.scores.v1' AND sequence IS NOT NULL
 ORDER BY id DESC LIMIT 1
"""
TELL = """
INSERT INTO delivery.outbox (created, topic, partition, key, attributes, data)
VALUES (now(), 'gradebook.scores.v1', $1, $2, $3, $4)
"""
NOT_UTF_8: list[tuple[str, str | bytes | None]] = [("content-type", b"\xff\xfe"), ("foreign", None)]
TOO_LARGE_FOR_KAFKA = 2 << 20


def document(**more: object) -> dict[str, object]:
    """Return a document that is right, without a sequence: no relay has numbered it."""
    moment = "2026-11-22T08:00:00.000000Z"
    return {
        "specversion": "1.0",
        "id": named_id("poison"),
        "source": "urn:edu:gradebook",
        "type": "edu.gradebook.score-entered.v1",
        "subject": named_id("poisoned sheet"),
        "time": moment,
        "recordedtime": moment,
        "dataschema": "urn:edu:schema:gradebook.score-entered:1.0",
        "data": {},
    } | more


def poisons() -> Mapping[str, tuple[bytes, str]]:
    """Return the values that no relay writes, each with the reason for which it is parked."""
    whole = json.dumps(document()).encode()
    deep = whole.replace(b'"data": {}', b'"data": ' + b"[" * 10_000 + b"]" * 10_000)
    return {
        "empty value": (b"", "not-json"),
        "NaN": (whole.replace(b'"data": {}', b'"data": NaN'), "not-json"),
        "too large": (json.dumps(document(data="x" * 100_000)).encode(), "too-large"),
        "deep": (deep, "too-deep"),
        "not UTF-8": (
            whole.replace(b"poison", b"").replace(b'"data": {}', b'"data": "\xff"'),
            "not-utf-8",
        ),
        "no CloudEvent": (b'{"score": 8}', "not-cloudevents"),
        "wrong source": (
            json.dumps(document(source="urn:edu:payments")).encode(),
            "foreign-source",
        ),
        "no sequence": (whole, "no-sequence"),
    }


def aside(stage: Stage, service: str) -> Counter[str]:
    """Count what stands aside by its reason."""
    rows = stage.rows(service, "SELECT reason FROM delivery.parked")
    return Counter(row["reason"] for row in rows)


def parks(stage: Stage, service: str, wanted: Counter[str]) -> bool:
    """Tell whether exactly this stands aside."""
    return aside(stage, service) == wanted


def refused_by_kafka(producer: Producer, key: bytes, partition: int) -> bool:
    """Tell whether Kafka does not even take a value of two megabytes."""
    refusals: list[object] = []
    producer.produce(
        SCORES.name,
        b"x" * TOO_LARGE_FOR_KAFKA,
        key,
        partition,
        on_delivery=lambda error, _: refusals.append(error),
    )
    producer.flush(10)
    return refusals != [None]


def tell(stage: Stage, genuine: Any, kind: str) -> None:
    """Let the gradebook's own relay send a fact of a kind that nobody knows yet."""
    attributes = json.loads(genuine["attributes"]) | {
        "id": named_id(kind),
        "type": kind,
        "correlationid": named_id(kind),
    }
    text = json.dumps(attributes, separators=(",", ":"))
    stage.rows("gradebook", TELL, genuine["partition"], genuine["key"], text, genuine["data"])


def test_f18_poison_of_every_kind(stage: Stage, scenario: Scenario) -> None:
    _, _, *readers = stage.play(API, RELAY, AGGREGATOR, NOTIFICATIONS)
    with flowing(stage, scenario.lots, rate=30):
        pause(1)
    Checker(stage).rest()
    [genuine] = stage.rows("gradebook", GENUINE)
    key, partition = genuine["key"].encode(), genuine["partition"]
    producer = Producer(
        {"bootstrap.servers": stage.kafka.bootstrap, "message.max.bytes": TOO_LARGE_FOR_KAFKA * 2}
    )
    over = sum(one.metrics()['events_total{outcome="passed_over"}'] for one in readers)
    with flowing(stage, scenario.lots, rate=30) as flow:
        began = time.monotonic()
        values = list(poisons().values())
        scenario.lots.shuffle(values)
        for value, _ in values:
            producer.produce(SCORES.name, value, key, partition, headers=NOT_UTF_8)
        # A tombstone here erases nobody, and headers are never looked at: both by rule.
        producer.produce(SCORES.name, None, key, partition)
        genuine_again = stage_document(genuine)
        producer.produce(SCORES.name, genuine_again, key, partition, headers=NOT_UTF_8)
        producer.flush(10)
        assert refused_by_kafka(producer, key, partition)
        tell(stage, genuine, "edu.gradebook.nobody-knows-this-yet.v1")
        tell(stage, genuine, "edu.gradebook.score-entered.v99")
        wanted = Counter(reason for _, reason in values) + Counter({"unknown-major": 1})
        for reader in readers:
            service = reader.part.service
            until(partial(parks, stage, service, wanted), f"{service} parks {wanted}")
        parked = time.monotonic() - began
        ends, answered = log_ends(stage.kafka.bootstrap, [SCORES]), flow.answered
        for reader in readers:
            passed = until(partial(beyond, stage, reader, ends), "neighbours go on")
        pause(1)
        assert flow.answered > answered
    count = wanted.total() * len(readers)
    scenario.check(stage, parked=count)
    over = sum(one.metrics()['events_total{outcome="passed_over"}'] for one in readers) - over
    scenario.report(parked=count, reasons=len(wanted), passed_over=int(over), within=parked)
    for reader in readers:
        stage.rows(reader.part.service, "DELETE FROM delivery.parked")
    scenario.saw(count and over == len(readers), "not every kind of poison was met")
    assert parked <= PARKED_SECONDS
    assert passed <= NEIGHBOUR_SECONDS


def stage_document(row: Any) -> bytes:
    """Return what Kafka holds of a row of the outbox."""
    return render(row["attributes"], row["data"], row["sequence"])


def beyond(stage: Stage, reader: Process, ends: Mapping[tuple[str, int], int]) -> bool:
    """Tell whether a reader stands at these ends or further."""
    rows = stage.rows(reader.part.service, "SELECT * FROM delivery.consumer_position")
    found = {(row["topic"], row["partition"]): row["next"] for row in rows}
    return all(found.get(lane, 0) >= end for lane, end in ends.items())


BUG = """
CREATE FUNCTION chaos.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'a bug of the handler';
END $$
"""
HIT = """
CREATE TRIGGER bug BEFORE INSERT ON message FOR EACH ROW
WHEN (new.school_id = '{school}' AND new.content->>'position' = '{position}')
EXECUTE FUNCTION chaos.fail()
"""
TOLD = """
SELECT event_id FROM message WHERE school_id = $1 AND content->>'position' = $2 ORDER BY message_id
"""
SAID = """
SELECT attributes::json->>'id' AS id FROM delivery.outbox
 WHERE attributes::json->>'subject' = $1 AND attributes::json->>'type' LIKE '%score-entered%'
 ORDER BY sequence
"""
POSITION = "SELECT position FROM sheet WHERE sheet_id = $1"


def test_f19_a_handler_fails_for_one_subject(stage: Stage, scenario: Scenario) -> None:
    with mail_arrives(stage) as settings:
        _, _, notifications = stage.play(API, RELAY, NOTIFICATIONS, settings=settings)
        enlist(stage)
        Checker(stage).rest()
        sheet = scenario.lots.choice(stage.ledger.sheets)
        [row] = stage.rows("gradebook", POSITION, sheet.sheet_id)
        stage.rows("notifications", BUG)
        hit = HIT.format(school=sheet.school_id, position=row["position"])
        stage.rows("notifications", hit)
        before = said(stage, sheet)
        began = time.monotonic()
        with flowing(stage, scenario.lots, rate=60):
            pause(6)
        Checker(stage).rest()
        waited = time.monotonic() - began
        rows = stage.rows("notifications", "SELECT subject, state FROM delivery.parked")
        states = Counter(row["state"] for row in rows)
        assert {row["subject"] for row in rows} <= {sheet.sheet_id}
        all_sent(stage)
        scenario.check(stage, parked=len(rows))
        stage.rows("notifications", "DROP TRIGGER bug ON message")
        stage.rows("notifications", "DROP FUNCTION chaos.fail")
        replay(notifications)
        all_sent(stage)
        scenario.check(stage)
    # Other scenarios have saved it before, and other sheets stand at the same place.
    new = [one for one in said(stage, sheet) if one not in before]
    rows_told = stage.rows("notifications", TOLD, sheet.school_id, str(row["position"]))
    told = [one["event_id"] for one in rows_told if one["event_id"] in new]
    scenario.report(parked=states["parked"], held=states["held"], told=len(told), seconds=waited)
    scenario.saw(states["parked"] and states["held"], "nothing was held behind what was parked")
    assert told == [one for one in new if one in set(told)]
    assert len(told) >= len(rows)


def said(stage: Stage, sheet: Sheet) -> list[str]:
    """Give the saves that the gradebook has told of a sheet, in order."""
    return [one["id"] for one in stage.rows("gradebook", SAID, sheet.sheet_id)]


def replay(process: Process) -> None:
    """Do what an operator does after the fix."""
    command = [
        sys.executable,
        "-P",
        "-m",
        process.part.service.replace("-", "_"),
        "parked",
        "replay",
    ]
    done = subprocess.run(
        command, env=process.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
