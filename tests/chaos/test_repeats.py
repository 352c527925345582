"""What was read comes again, once or all of it: no number moves and nobody is told twice."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.topics import TOPICS
from edu.letterbox import Letterbox
from edu.topics import log_ends

from .checker import Checker
from .faults import pause
from .guardians import all_sent, enlist, mail_arrives
from .scenario import Scenario
from .stage import AGGREGATOR, API, NOTIFICATIONS, RELAY, Process, Stage
from .traffic import flowing

TIMES = 3
NUMBERED = [topic for topic in TOPICS if not topic.compacted]
DUPLICATES = 'events_total{outcome="duplicate"}'


@dataclass
class Echo:
    """Writes each record that it finds again, where it found it, until it stands there so often."""

    bootstrap: str
    times: int
    echoed: int = 0
    _found: set[tuple[str, int, bytes]] = field(default_factory=set)
    _ending: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Follow the log from its end until told to stop, and then until nothing new comes."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "enable.idempotence": True})
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "echo"})
        ends = log_ends(self.bootstrap, NUMBERED)
        consumer.assign([TopicPartition(*lane, end) for lane, end in ends.items()])
        try:
            while True:
                messages = consumer.consume(500, timeout=0.5)
                for message in messages:
                    topic, partition = str(message.topic()), int(message.partition() or 0)
                    place = (topic, partition, message.value() or b"")
                    if message.error() is None and place not in self._found:
                        self._found.add(place)
                        self.echoed += 1
                        for _ in range(self.times - 1):
                            producer.produce(
                                topic,
                                message.value(),
                                message.key(),
                                partition,
                                headers=message.headers(),
                            )
                producer.flush(10)
                if self._ending.is_set() and not messages:
                    return
        finally:
            consumer.close()

    def end(self) -> None:
        """Let it come to its end."""
        self._ending.set()


@contextlib.contextmanager
def echoing(bootstrap: str) -> Iterator[Echo]:
    """Write everything again while the block runs."""
    echo = Echo(bootstrap, TIMES)
    thread = threading.Thread(target=echo.run)
    thread.start()
    try:
        yield echo
    finally:
        echo.end()
        thread.join(60)


def duplicates(*readers: Process) -> int:
    """Count what they have known already."""
    return int(sum(one.metrics()[DUPLICATES] for one in readers))


def test_f15_every_event_comes_three_times(stage: Stage, scenario: Scenario) -> None:
    with mail_arrives(stage) as settings:
        _, _, *readers = stage.play(API, RELAY, AGGREGATOR, NOTIFICATIONS, settings=settings)
        enlist(stage)
        Checker(stage).rest()
        before = duplicates(*readers)
        with echoing(stage.kafka.bootstrap) as echo:
            with flowing(stage, scenario.lots, rate=20):
                pause(8)
            Checker(stage).rest()
        all_sent(stage)
        findings = scenario.check(stage)
    known = duplicates(*readers) - before
    letters = len(list(Letterbox.of(stage.home).letters()))
    scenario.report(events=echo.echoed, duplicates=known, letters=letters, cells=findings.cells)
    scenario.saw(known >= echo.echoed * (TIMES - 1) > 0, f"{known} duplicates were met")


RESET = (
    "ALTER TABLE delivery.consumer_position DISABLE TRIGGER note",
    "UPDATE delivery.consumer_position SET next = 0",
    "ALTER TABLE delivery.consumer_position ENABLE TRIGGER note",
    # Of before: the positions grow from here on (I5).
    "DELETE FROM chaos.moved",
)
"""What somebody does who wants everything read again."""


def test_f16_all_positions_are_set_back(stage: Stage, scenario: Scenario) -> None:
    with mail_arrives(stage) as settings:
        _, _, *readers = stage.play(API, RELAY, AGGREGATOR, NOTIFICATIONS, settings=settings)
        enlist(stage)
        with flowing(stage, scenario.lots, rate=30):
            pause(3)
        Checker(stage).rest()
        all_sent(stage)
        scenario.check(stage)
        letters = len(list(Letterbox.of(stage.home).letters()))
        for reader in readers:
            reader.child.stop()
            for statement in RESET:
                stage.rows(reader.part.service, statement)
            reader.start()
            reader.wait_ready()
        Checker(stage).rest()
        all_sent(stage)
        findings = scenario.check(stage)
        again = len(list(Letterbox.of(stage.home).letters())) - letters
    known = duplicates(*readers)
    scenario.report(duplicates=known, letters=letters, again=again, cells=findings.cells)
    scenario.saw(known, "nothing was read again")
    assert again == 0
