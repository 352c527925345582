"""What must hold after every scenario: invariants I1–I8, judged from outside.

It reads the clients' ledger, the services' databases, Kafka's log and what the processes measure,
waits until everything has come to rest, and raises at the first promise that is broken.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from contracts import envelope
from contracts.topics import CONSUMERS, TOPICS, Topic
from edu.topics import log_ends
from edu.verify.comparing import compare
from edu.verify.dump import fetch
from edu.verify.log import Lane, Log, Record
from edu.verify.recount import Recount

from .letters import check_letters
from .stage import AGGREGATOR, NOTIFICATIONS, PATIENCE, Process, Stage, until

OUTCOMES = ("applied", "duplicate", "parked", "held", "passed_over")


class ViolationError(AssertionError):
    """An invariant does not hold."""


def demand(holds: object, invariant: str, what: str) -> None:
    """Raise unless it holds."""
    if not holds:
        raise ViolationError(f"{invariant}: {what}")


@dataclass
class Findings:
    """The figures of a check; the first three are 0 or the check has raised."""

    lost: int = 0
    """Commands that were answered and are missing."""
    double: int = 0
    """Effects that happened twice."""
    gaps: int = 0
    """Numbers that Kafka's log leaves out."""
    repeats: int = 0
    """Records that Kafka holds again: allowed, and the sign of a relay that died."""
    records: int = 0
    parked: int = 0
    """Records that stand aside, parked or held."""
    cells: int = 0
    """Cells of the statistics that were counted again."""


@dataclass
class Checker:
    """One check of a stage."""

    stage: Stage
    parked: int = 0
    """How many records a scenario has made stand aside."""
    findings: Findings = field(default_factory=Findings)

    def check(self) -> Findings:
        """Wait for rest, then judge everything."""
        self.rest()
        self._commands()
        self._log()
        self._positions()
        if self._plays(AGGREGATOR.name):
            self._numbers()
        if self._plays(NOTIFICATIONS.name):
            demand(*check_letters(self.stage))
        self._equation()
        return self.findings

    def _plays(self, name: str) -> bool:
        return name in self.stage.processes

    def rest(self, *, within: float = PATIENCE) -> float:
        """Return the seconds until everything is sent, and whoever plays has read it."""
        waited = 0.0
        senders = {one.part.service for one in self.stage.processes.values() if one.sends}
        for service in {"gradebook", *senders}:
            sent = partial(self._has_sent, service)
            waited += until(sent, f"the outbox of {service} is sent", within=within)
        for service in {process.part.service for process in self._consumers()}:
            read = partial(self.has_read, service)
            waited += until(read, f"{service} has read everything", within=within)
        return waited

    def _has_sent(self, service: str) -> bool:
        return self.stage.unsent(service) == 0

    def has_read(self, service: str) -> bool:
        """Whether a service's positions stand at the ends of its topics."""
        rows = self.stage.rows(service, "SELECT * FROM delivery.consumer_position")
        positions = {(row["topic"], row["partition"]): row["next"] for row in rows}
        ends = log_ends(self.stage.kafka.bootstrap, CONSUMERS[service])
        return all(positions.get(lane, 0) >= end for lane, end in ends.items())

    def _consumers(self) -> list[Process]:
        return [
            one
            for one in self.stage.processes.values()
            if "consumer" in one.part.roles and CONSUMERS[one.part.service]
        ]

    def _commands(self) -> None:
        """I1: whatever was answered is in the database, once."""
        answered = self.stage.ledger.answered
        changes = self.stage.rows("gradebook", "SELECT * FROM cell_change")
        kept = {(c["sheet_id"], c["pupil_id"], c["version"]): c["after"] for c in changes}
        kept = {(str(sheet), str(pupil), version): v for (sheet, pupil, version), v in kept.items()}
        lost = [a for a in answered if kept.get((a.sheet_id, a.pupil_id, a.version)) != a.score]
        self.findings.lost = len(lost)
        demand(
            not lost, "I1", f"{len(lost)} of {len(answered)} answered saves are lost: {lost[:3]}"
        )
        facts = Counter(
            row["key"]
            for row in self.stage.rows(
                "gradebook",
                "SELECT attributes::json->>'correlationid' AS key FROM delivery.outbox "
                "WHERE topic = 'gradebook.scores.v1'",
            )
        )
        wrong = {a.key: facts[a.key] for a in answered if facts[a.key] != 1}
        self.findings.double = sum(count > 1 for count in wrong.values())
        demand(not wrong, "I1", f"saves with another number of facts than one: {wrong}")
        doubled = self.stage.ledger.doubled
        demand(not doubled, "I1", f"commands had their effect twice: {doubled[:3]}")

    def _log(self) -> None:
        """I1, I2, I3: the log holds what was committed, all of it, in order, and nothing else."""
        bootstrap = self.stage.kafka.bootstrap
        kept = [topic for topic in TOPICS if not topic.compacted]
        seen: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        documents: dict[tuple[str, int, int], bytes] = {}
        for record in Log(bootstrap, log_ends(bootstrap, kept)):
            self.findings.records += 1
            self._judge(record, seen, documents)
        committed = self._committed([topic.name for topic in kept])
        self.findings.lost += len(committed.keys() - documents.keys())
        demand(
            committed.keys() <= documents.keys(),
            "I1",
            f"committed and not in Kafka: {sorted(committed.keys() - documents.keys())[:3]}",
        )
        foreign = {at for at, value in documents.items() if committed.get(at) != value}
        demand(not foreign, "I2", f"in Kafka and never committed so: {sorted(foreign)[:3]}")

    def _judge(
        self,
        record: Record,
        seen: defaultdict[tuple[str, str, int], int],
        documents: dict[tuple[str, int, int], bytes],
    ) -> None:
        event = envelope.decode(record.value, record.key)
        if not isinstance(event, envelope.Envelope) or event.sequence is None:
            return  # a scenario's own poison: no relay writes such a thing
        lane = (event.source, record.topic, record.partition)
        number, place = event.sequence, (record.topic, record.partition, event.sequence)
        if place in self.stage.late and place not in documents:
            documents[place] = record.value or b""
            return
        if number <= seen[lane]:
            self.findings.repeats += 1
            same = documents[place] == record.value
            demand(same, "I3", f"{place} stands for two documents")
            return
        between = {(*lane[1:], missing) for missing in range(seen[lane] + 1, number)}
        self.findings.gaps += len(between - self.stage.late)
        demand(between <= self.stage.late, "I3", f"{lane}: {number} follows {seen[lane]}")
        seen[lane] = number
        documents[place] = record.value or b""

    def _committed(self, topics: list[str]) -> dict[tuple[str, int, int], bytes]:
        found = {}
        for service in self.stage.suite.databases:
            for row in self.stage.rows(
                service,
                "SELECT topic, partition, sequence, attributes, data FROM delivery.outbox "
                "WHERE sequence IS NOT NULL AND topic = ANY($1)",
                topics,
            ):
                place = (row["topic"], row["partition"], row["sequence"])
                found[place] = envelope.render(row["attributes"], row["data"], row["sequence"])
        return found

    def _positions(self) -> None:
        """I5: positions only grow, and each move begins where the one before it ended."""
        for service in self.stage.suite.databases:
            stood: dict[Lane, int] = {}
            moves = "SELECT topic, partition, before, after FROM chaos.moved ORDER BY id"
            for row in self.stage.rows(service, moves):
                lane = (row["topic"], row["partition"])
                move = f"{service} {lane}: from {row['before']} to {row['after']}"
                demand(row["after"] > row["before"], "I5", f"{move}, which is back")
                begins = stood.setdefault(lane, row["before"])
                demand(begins == row["before"], "I5", f"{move}, though it stood at {begins}")
                stood[lane] = row["after"]

    def _numbers(self) -> None:
        """I4: every number of the statistics is what the log says, to the last digit."""
        url = self.stage.url(AGGREGATOR)

        def follows() -> bool:
            dump = fetch(url, self.stage.token("auditor"))
            ends = log_ends(self.stage.kafka.bootstrap, CONSUMERS[AGGREGATOR.service])
            steady = {lane: end for lane, end in ends.items() if lane[0] != "relay.watermarks.v1"}
            return all(dump.positions.get(lane, 0) >= end for lane, end in steady.items())

        until(follows, "whoever answers knows what was counted")
        dump = fetch(url, self.stage.token("auditor"))
        log = Log(self.stage.kafka.bootstrap, dump.positions)
        recount = Recount()
        recount.take(log)
        verdict = compare(dump, recount, log)
        self.findings.cells = verdict.compared
        self.findings.double += len(verdict.differences)
        shown = "; ".join(map(str, verdict.differences[:3]))
        demand(not verdict.differences, "I4", f"{len(verdict.differences)} differ: {shown}")

    def _equation(self) -> None:
        """I7: whoever reads says of each record exactly one thing; nothing else stands aside."""
        for process in self._consumers():
            measured = process.metrics()
            consumed = measured["events_consumed_total"]
            parts = {name: measured[f'events_total{{outcome="{name}"}}'] for name in OUTCOMES}
            shown = " + ".join(f"{count:.0f} {name}" for name, count in parts.items())
            demand(
                consumed == sum(parts.values()),
                "I7",
                f"{process.part.name}: {consumed:.0f} consumed, but {shown}",
            )
        aside = [
            (service, row["reason"])
            for service in self.stage.suite.databases
            for row in self.stage.rows(service, "SELECT reason FROM delivery.parked")
        ]
        self.findings.parked = len(aside)
        demand(len(aside) == self.parked, "I7", f"{len(aside)} stand aside: {aside[:3]}")


def documents(stage: Stage, topic: Topic) -> list[Any]:
    """Return what Kafka holds of a topic, decoded, in the order of each partition."""
    log = Log(stage.kafka.bootstrap, log_ends(stage.kafka.bootstrap, [topic]))
    return [msgspec.json.decode(record.value) for record in log if record.value]
