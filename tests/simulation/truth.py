"""What must hold, judged by somebody who sees everything and shares no line with the chassis."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from .log import Lane, Log
from .server import Committed, Server

WATERMARKS = "relay.watermarks.v1"


class ViolationError(AssertionError):
    """An invariant does not hold."""


class Truth:
    """Watches one source, its logs and one reader (numbers of invariants: reliability 4.1)."""

    def __init__(self, source: Server, reader: Server) -> None:
        """``source`` is the database that promises, ``reader`` the one that keeps copies."""
        self.violations: list[str] = []
        self.answered: set[str] = set()
        """The ids of events whose commands were told that they are done."""
        self.lost: defaultdict[Lane, set[int]] = defaultdict(set)
        """Numbers that Kafka acknowledged and does not hold."""
        self.healed: set[str] = set()
        """Ids of events that were lost once: they come behind their successors."""
        self._source = source
        self._reader = reader
        self._promised: dict[str, Committed] = {}
        self._known = 0
        self._documents: defaultdict[Lane, dict[int, tuple[str, bytes]]] = defaultdict(dict)
        self._numbers: dict[str, tuple[Lane, int]] = {}
        self._checked: defaultdict[Lane, int] = defaultdict(int)
        reader.watch("moved", self._moved, 4)
        reader.create(
            "CREATE TRIGGER delivery.moved AFTER UPDATE ON consumer_position BEGIN "
            "SELECT moved(old.topic, old.partition, old.next, new.next); END"
        )

    @property
    def promised(self) -> dict[str, Committed]:
        """Every committed event by its id."""
        for row in self._source.committed[self._known :]:
            self._promised[json.loads(row.attributes)["id"]] = row
        self._known = len(self._source.committed)
        return self._promised

    def broken(self, what: str) -> None:
        """Remember that an invariant does not hold; the run ends at its next step."""
        self.violations.append(what)

    def raise_if_broken(self) -> None:
        """End the run when an invariant did not hold."""
        if self.violations:
            raise ViolationError("; ".join(self.violations[:3]))

    def _moved(self, topic: str, partition: int, before: int, after: int) -> None:
        if after < before:
            self.broken(f"I5 {topic}/{partition}: the position went back from {before} to {after}")

    def taken(self, lane: Lane, value: bytes | None, kept: bool) -> None:
        """Judge a record at the moment at which Kafka takes it."""
        document = json.loads(value or b"null")
        if lane[0] == WATERMARKS:
            self._watermark(document["data"])
            return
        number, event = int(document["sequence"]), document["id"]
        known = self._documents[lane]
        if event not in self.promised:
            self.broken(f"I2 {lane}: event {event} was sent and no transaction committed it")
        if number > len(known) + 1:
            self.broken(f"I3 {lane}: number {number} came, and {len(known) + 1} never did")
        if known.get(number, (event, value)) != (event, value):
            self.broken(f"I3 {lane}: number {number} stands for two documents")
        if self._numbers.setdefault(event, (lane, number)) != (lane, number):
            self.broken(f"I1 {lane}: event {event} has two numbers")
        is_new = number not in known
        known[number] = (event, value or b"")
        if kept:
            self.lost[lane].discard(number)
        elif is_new:
            self.lost[lane].add(number)
            self.healed.add(event)

    def _watermark(self, data: dict[str, Any]) -> None:
        read_at = datetime.fromisoformat(data["read_at"])
        for event, row in self.promised.items():
            if row.moment < read_at and event not in self._numbers:
                self.broken(f"watermark {read_at}: event {event} is older and was never sent")

    def document(self, lane: Lane, number: int) -> str:
        """Return the id of the event behind a number."""
        return self._documents[lane][number][0]

    def check_positions(self, log: Log) -> None:
        """I5, I7: what a position has passed was applied, parked or held."""
        accounted = self._applied() | self._aside()
        for topic, partition, after in self._reader.look(
            "SELECT topic, partition, next FROM delivery.consumer_position"
        ):
            lane = (topic, partition)
            for record in log.read(lane, self._checked[lane], 1 << 30):
                if record.offset >= after:
                    break
                event = json.loads(record.value or b"{}")["id"]
                if event not in accounted:
                    self.broken(f"I5 {lane}: {event} at {record.offset} was passed, not applied")
            self._checked[lane] = max(after, self._checked[lane])

    def _applied(self) -> set[str]:
        return {event for (event,) in self._reader.look("SELECT event FROM effect")}

    def _aside(self) -> set[str]:
        return {event for (event,) in self._reader.look("SELECT event_id FROM delivery.parked")}

    def check_effects(self, poisoned: set[str]) -> None:
        """I4, I6: no effect and no message twice; nobody stands aside without a cause."""
        for table in ("effect", "message"):
            for event, count in self._reader.look(
                f"SELECT event, count(*) FROM {table} GROUP BY 1 HAVING count(*) > 1"  # noqa: S608
            ):
                self.broken(f"I4 {event} had {count} rows of {table}")
        for key, reason in self._reader.look("SELECT key, reason FROM delivery.parked"):
            if key.decode() not in poisoned:
                self.broken(f"I7 a record of {key.decode()} stands aside without a cause: {reason}")

    def check_memory(self, counted: list[str]) -> None:
        """I4: a projection in memory counts nothing twice, and nothing that is not durable."""
        if len(set(counted)) != len(counted):
            self.broken("I4 a projection has counted an event twice")
        if not self._applied().issuperset(counted):
            self.broken("I4 a projection counts what its database does not hold")

    def check_gaps(self) -> None:
        """F20: each lost number stands in a stored gap, and nothing else does."""
        stored = {
            (topic, partition): set(numbers) for topic, partition, numbers in self._stored_gaps()
        }
        for lane in {*stored, *self.lost}:
            if stored.get(lane, set()) != self.lost[lane]:
                self.broken(f"gap {lane}: {sorted(self.lost[lane])} lost, {stored.get(lane)} noted")

    def _stored_gaps(self) -> Iterator[tuple[str, int, set[int]]]:
        found: defaultdict[Lane, set[int]] = defaultdict(set)
        for topic, partition, first, last in self._reader.look(
            "SELECT topic, partition, first, last FROM delivery.sequence_gap"
        ):
            found[topic, partition] |= set(range(first, last + 1))
        return ((*lane, numbers) for lane, numbers in found.items())

    def check_end(self) -> None:
        """I1, I3, I4, I6, I7 when everything has come to rest and been healed."""
        for event in self.answered - self.promised.keys():
            self.broken(f"I1 {event} was answered and is not in the database")
        for event in self.promised.keys() - self._numbers.keys():
            self.broken(f"I1 {event} was committed and never reached Kafka")
        if aside := self._aside():
            self.broken(f"I7 {sorted(aside)} still stand aside")
        effects = self._reader.look("SELECT event, pupil, version FROM effect ORDER BY n")
        messages = {event for (event,) in self._reader.look("SELECT event FROM message")}
        for event in self.promised.keys() - {event for event, _, _ in effects}:
            self.broken(f"I4 {event} never had its effect")
        for event in self.promised.keys() - messages:
            self.broken(f"I6 {event} never had its message")
        latest: dict[str, int] = {}
        for event, pupil, version in effects:
            if event in self.healed:
                continue
            if version < latest.get(pupil, 0):
                self.broken(f"order {pupil}: {version} was applied after {latest[pupil]}")
            latest[pupil] = version
