"""Topics, events and golden samples: none without the others, each sample where it belongs."""

from pathlib import Path

import pytest

from contracts import envelope, registry, topics
from contracts.event import Event

SAMPLES = Path(__file__).parents[2] / "libs/contracts/samples"
FILES = sorted(SAMPLES.glob("*/*.json"))
LASTING = [event for event in registry.EVENTS if not event.DRAFT]
FEWEST = 3
# The suite's own products, read by whoever shows or subscribes to them.
FOR_OUTSIDE = (topics.INDICATORS, topics.FEES, topics.PAYMENT_CHANNELS)


def test_every_topic_carries_an_event_and_is_read_or_published() -> None:
    for topic in topics.TOPICS:
        assert any(topic == event.TOPIC for event in registry.EVENTS), topic.name
        assert topics.consumers_of(topic) or topic in FOR_OUTSIDE, topic.name


@pytest.mark.parametrize("event", LASTING, ids=lambda event: event.type_name())
def test_every_event_has_its_samples(event: type[Event]) -> None:
    folder = SAMPLES / event.type_name().removeprefix("edu.")
    assert len(list(folder.glob("*.json"))) >= FEWEST


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_a_sample_is_a_document_that_its_topic_could_hold(path: Path) -> None:
    document = envelope.decode(path.read_bytes().strip(), b"key")
    assert isinstance(document, envelope.Envelope)
    event = registry.parse(document)
    assert path.parent.name == event.type_name().removeprefix("edu.")
    assert document.source == event.source_urn()
    assert document.subject == event.aggregate_id()
    assert event.TOPIC.owner is None or document.source == f"urn:edu:{event.TOPIC.owner}"
    assert topics.partition_for(event.partition_key(), event.TOPIC.partitions) in range(
        event.TOPIC.partitions
    )
