"""What each service may do in Kafka."""

import pytest

from contracts.rights import Operation, Resource, Right, rights_of
from contracts.topics import CONSUMERS, OWNERS, SERVICES, SUBJECT_KEYS, TOPICS, WATERMARKS


def topics(service: str, operation: Operation) -> set[str]:
    return {
        right.name
        for right in rights_of(service)
        if right.resource is Resource.TOPIC and right.operation is operation
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_writes_what_it_owns_and_nothing_else(service: str) -> None:
    assert topics(service, Operation.WRITE) == {topic.name for topic in OWNERS[service]}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_what_it_consumes_and_the_tails_of_its_own(service: str) -> None:
    beside = topics(service, Operation.READ) - {topic.name for topic in CONSUMERS[service]}
    own = {topic.name for topic in TOPICS if topic.owner == service}
    assert beside <= own


def test_every_relay_says_how_far_it_is() -> None:
    for service in SERVICES:
        assert Right(Resource.TOPIC, WATERMARKS.name, Operation.WRITE) in rights_of(service)


def test_the_aggregator_learns_no_key_of_a_person() -> None:
    assert SUBJECT_KEYS.name not in {right.name for right in rights_of("ioc-aggregator")}


def test_a_service_joins_its_own_group_only_and_only_who_reads_joins_one() -> None:
    groups = {
        service: [right.name for right in rights_of(service) if right.resource is Resource.GROUP]
        for service in SERVICES
    }
    assert groups == {service: [service] if CONSUMERS[service] else [] for service in SERVICES}


def test_a_right_reads_as_a_sentence() -> None:
    right = Right(Resource.TOPIC, "gradebook.scores.v1", Operation.WRITE)
    assert str(right) == "Write on topic gradebook.scores.v1"
