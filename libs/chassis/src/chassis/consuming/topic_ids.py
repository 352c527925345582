"""Kafka's ids of topics: the only sign that a topic was deleted and made again."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chassis.kafka import OPEN, Security

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

_TIMEOUT_SECONDS = 5.0


class TopicIds:
    """Asks Kafka for the ids of some topics (aiokafka's own admin client knows none)."""

    def __init__(
        self, bootstrap: Sequence[str], topics: Sequence[str], *, security: Security = OPEN
    ) -> None:
        """Connect at the first question."""
        self._options = {
            "bootstrap.servers": ",".join(bootstrap),
            "log_level": 0,
            **security.confluent(),
        }
        self._topics = list(topics)
        self._admin: AdminClient | None = None

    async def read(self) -> dict[str, str]:
        """Return the id of each of the topics that exists.

        Raises:
            OSError: Kafka does not answer, or forbids the question.
        """
        return await asyncio.to_thread(self._read)

    def _read(self) -> dict[str, str]:
        # Imported at the first use: 0.1 s that the start of a service need not wait for.
        from confluent_kafka import KafkaException, TopicCollection  # noqa: PLC0415
        from confluent_kafka.admin import AdminClient  # noqa: PLC0415

        # Kept: a temporary client is destroyed before its answers come.
        if self._admin is None:
            self._admin = AdminClient(self._options)
        answers = self._admin.describe_topics(
            TopicCollection(self._topics), request_timeout=_TIMEOUT_SECONDS
        )
        ids: dict[str, str] = {}
        for name, answer in answers.items():
            try:
                ids[name] = str(answer.result().topic_id)
            except KafkaException as error:
                reason = error.args[0]
                if reason.name() != "UNKNOWN_TOPIC_OR_PART":
                    # A client that has lost the controller from sight looks for it again only
                    # after minutes; a new one does at once.
                    self._admin = None
                    message = f"topic {name} cannot be described: {reason.str()}"
                    raise OSError(message) from error
        return ids
