"""Kafka's ids of topics, asked of a broker that may lose its controller for a moment."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, admin

from chassis.consuming.topic_ids import TopicIds


class LosesController:
    """An administrator who never finds the controller again, as librdkafka's for minutes."""

    made = 0

    def __init__(self, _options: object) -> None:
        type(self).made += 1
        self._lost = type(self).made == 1

    def describe_topics(self, _topics: object, **_: object) -> dict[str, Future[Any]]:
        answer: Future[Any] = Future()
        if self._lost:
            answer.set_exception(KafkaException(KafkaError(KafkaError._TIMED_OUT)))
        else:
            answer.set_result(SimpleNamespace(topic_id="an-id"))
        return {"a.topic.v1": answer}


async def test_a_client_that_lost_the_controller_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admin, "AdminClient", LosesController)
    ids = TopicIds(["127.0.0.1:1"], ["a.topic.v1"])
    with pytest.raises(OSError, match="cannot be described"):
        await ids.read()
    assert await ids.read() == {"a.topic.v1": "an-id"}
