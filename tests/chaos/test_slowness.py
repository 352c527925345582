"""Somebody is slow: a handler, or a reader of the feed. Nobody else waits, and no memory fills."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx
import psutil

from chassis.topics import administrator
from contracts.topics import SCORES

from .checker import Checker
from .faults import pause
from .scenario import Scenario
from .stage import AGGREGATOR, API, NOTIFICATIONS, RELAY, Process, Stage, until
from .traffic import flowing

BACKLOG = 10_000
SLOW_SECONDS = 30
MEBIBYTE = 1 << 20
MOST_GROWTH = 50 * MEBIBYTE
GENUINE = """
SELECT * FROM delivery.outbox
 WHERE topic = $1 AND sequence IS NOT NULL AND attributes LIKE '%score-entered%'
 ORDER BY id DESC LIMIT 1
"""
COPIES = """
INSERT INTO delivery.outbox (created, topic, partition, key, attributes, data)
SELECT now(), $1, $2, $3,
       (a || jsonb_build_object('id', gen_random_uuid(), 'correlationid', gen_random_uuid()))::text,
       $5
  FROM generate_series(1, $6), CAST($4 AS jsonb) a
"""
SLOW = """
CREATE FUNCTION chaos.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_sleep(1);
    RETURN new;
END $$
"""
ONE_BY_ONE = """
CREATE TRIGGER slow BEFORE INSERT ON delivery.inbox FOR EACH ROW EXECUTE FUNCTION chaos.slow()
"""


def changes_nothing(data: str) -> str:
    """Return the data of a save that found each cell as it left it: it moves no number."""
    fact = json.loads(data)
    rows = [at for at, score in enumerate(fact["after"]) if score is not None]
    fact["before"] = {"at": rows, "value": [fact["after"][at] for at in rows]}
    return json.dumps(fact, separators=(",", ":"))


def members(stage: Stage, group: str) -> Mapping[str, int]:
    """Return the members that Kafka knows, and how many partitions each has."""
    [future] = administrator(stage.kafka.bootstrap).describe_consumer_groups([group]).values()
    return {m.member_id: len(m.assignment.topic_partitions) for m in future.result(10).members}


def memory(process: Process) -> int:
    """Return how much a process holds, in bytes."""
    return int(psutil.Process(process.child.pid).memory_info().rss)


def read(stage: Stage) -> int:
    """Count the records of the scores that notifications have read."""
    rows = stage.rows(NOTIFICATIONS.service, "SELECT * FROM delivery.consumer_position")
    return sum(row["next"] for row in rows if row["topic"] == SCORES.name)


def test_f21_a_handler_needs_a_second_for_each_event(stage: Stage, scenario: Scenario) -> None:
    service = NOTIFICATIONS.service
    stage.play(API, RELAY, NOTIFICATIONS)
    with flowing(stage, scenario.lots, rate=30):
        pause(1)
    Checker(stage).rest()
    stage.play(API, RELAY)
    [genuine] = stage.rows("gradebook", GENUINE, SCORES.name)
    place = (SCORES.name, genuine["partition"], genuine["key"], genuine["attributes"])
    stage.rows("gradebook", COPIES, *place, changes_nothing(genuine["data"]), BACKLOG)
    until(lambda: stage.unsent() == 0, "the backlog stands in Kafka")
    stage.rows(service, SLOW)
    stage.rows(service, ONE_BY_ONE)
    *_, reader = stage.play(API, RELAY, NOTIFICATIONS)
    until(lambda: sum(members(stage, service).values()), "it has partitions")
    held, stood, group = memory(reader), read(stage), members(stage, service)
    most = held
    began = time.monotonic()
    while time.monotonic() - began < SLOW_SECONDS:
        pause(0.5)
        most = max(most, memory(reader))
    slowly = read(stage) - stood
    same = members(stage, service) == group
    stage.rows(service, "DROP TRIGGER slow ON delivery.inbox")
    stage.rows(service, "DROP FUNCTION chaos.slow")
    findings = scenario.check(stage)
    grown = f"{(most - held) // MEBIBYTE}MB"
    scenario.report(backlog=BACKLOG, slowly=slowly, grown=grown, records=findings.records)
    scenario.saw(0 < slowly <= SLOW_SECONDS, f"{slowly} events were read in {SLOW_SECONDS} s")
    assert same, "the group was balanced anew"
    assert most - held <= MOST_GROWTH


class Follower(threading.Thread):
    """Reads the feed as fast as it comes."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.ids: list[int] = []
        self.ending = False
        self._url = url

    def run(self) -> None:
        """Read until told to stop."""
        with httpx.stream("GET", f"{self._url}/feed/stream", timeout=30) as answer:
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    self.ids.append(int(line[4:]))
                if self.ending:
                    return


TAKEN_WITHIN = 30.0
"""How long the service lets somebody take nothing at all."""
EDGE = 15.0


def who_never_reads(url: str) -> socket.socket:
    """Ask for the whole feed and take nothing of it."""
    address = urlsplit(url)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect((address.hostname, address.port))
    line.sendall(b"GET /feed/stream?after=0 HTTP/1.1\r\nHost: feed\r\n\r\n")
    return line


def connected(process: Process, line: socket.socket) -> bool:
    """Tell whether the service still holds the other end of a line."""
    port = line.getsockname()[1]
    found = psutil.Process(process.child.pid).net_connections("tcp")
    return any(one.raddr and one.raddr.port == port for one in found)


def test_f22_a_reader_of_the_feed_takes_nothing(stage: Stage, scenario: Scenario) -> None:
    _, _, aggregator = stage.play(API, RELAY, AGGREGATOR)
    with flowing(stage, scenario.lots, rate=60):
        pause(3)
    follower = Follower(stage.url(AGGREGATOR))
    follower.start()
    held = memory(aggregator)
    lines = [who_never_reads(stage.url(AGGREGATOR)) for _ in range(20)]
    began = time.monotonic()
    try:
        with flowing(stage, scenario.lots, rate=60):
            until(lambda: all(connected(aggregator, one) for one in lines), "all are served")
            until(
                lambda: not any(connected(aggregator, one) for one in lines),
                "whoever takes nothing is let go",
                within=TAKEN_WITHIN + EDGE,
            )
            let_go = time.monotonic() - began
            grown = memory(aggregator) - held
            known = len(follower.ids)
            until(lambda: len(follower.ids) > known, "the others go on")
    finally:
        for one in lines:
            one.close()
    follower.ending = True
    findings = scenario.check(stage)
    scenario.report(
        slow=len(lines), let_go=let_go, grown=f"{grown // MEBIBYTE}MB", followed=len(follower.ids)
    )
    scenario.saw(findings.cells and known, "nothing was on the feed")
    assert follower.ids == sorted(set(follower.ids))
    assert grown <= MOST_GROWTH
