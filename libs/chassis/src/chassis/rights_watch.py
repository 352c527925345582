"""What Kafka lets this service do, asked of Kafka itself.

Clients do not tell: FastStream goes on without a word when a right is taken away, a producer
without any is refused under another name, and a wrong password is silence.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chassis.kafka import Security
from contracts.rights import Operation, Resource, Right, rights_of

if TYPE_CHECKING:
    from confluent_kafka import KafkaError
    from confluent_kafka.admin import AdminClient

_EVERY_SECONDS = 5.0
_TIMEOUT_SECONDS = 5.0
_REFUSED = frozenset({"TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED"})
_UNRECOGNISED = frozenset({"_AUTHENTICATION", "_SSL"})


class RightsWatch:
    """Compares what contracts gives a service with what Kafka says that its user may do."""

    def __init__(self, *, service: str, bootstrap: Sequence[str], security: Security) -> None:
        """Connect at the first question."""
        self.user = security.username or service
        self.missing: tuple[Right, ...] = ()
        self.failure: str | None = "Kafka was not asked yet"
        self._needed = rights_of(service)
        self._options = {
            "bootstrap.servers": ",".join(bootstrap),
            "log_level": 0,
            **security.confluent(),
        }
        self._admin: AdminClient | None = None
        self._refusal: str | None = None

    async def run(self) -> None:
        """Ask again and again until cancelled; what could not be asked is kept in ``failure``."""
        while True:
            try:
                self.missing = await asyncio.to_thread(self._look)
                self.failure = None
            except OSError as error:
                self.failure = str(error)
            await asyncio.sleep(_EVERY_SECONDS)

    def _look(self) -> tuple[Right, ...]:
        # Imported at the first use: 0.1 s that the start of a service need not wait for.
        from confluent_kafka import KafkaException  # noqa: PLC0415

        self._refusal = None
        try:
            held = {*self._of_topics(), *self._of_groups()}
        except KafkaException as error:
            self._client().poll(0)  # without it nobody hears why Kafka did not answer
            unanswered = f"Kafka does not say what {self.user} may do: {error.args[0].str()}"
            raise OSError(self._refusal or unanswered) from error
        return tuple(right for right in self._needed if right not in held)

    def _names(self, resource: Resource) -> list[str]:
        return sorted({right.name for right in self._needed if right.resource is resource})

    def _of_topics(self) -> Iterator[Right]:
        from confluent_kafka import TopicCollection  # noqa: PLC0415 - as in _look

        answers = self._client().describe_topics(
            TopicCollection(self._names(Resource.TOPIC)),
            include_authorized_operations=True,
            request_timeout=_TIMEOUT_SECONDS,
        )
        for name, answer in answers.items():
            yield from self._said(Resource.TOPIC, name, answer)

    def _of_groups(self) -> Iterator[Right]:
        names = self._names(Resource.GROUP)
        if not names:
            return
        answers = self._client().describe_consumer_groups(
            names, include_authorized_operations=True, request_timeout=_TIMEOUT_SECONDS
        )
        for name, answer in answers.items():
            yield from self._said(Resource.GROUP, name, answer)

    def _said(self, resource: Resource, name: str, answer: Any) -> Iterator[Right]:
        """Yield what Kafka allows; all of it for what is not there yet, but may be asked for."""
        from confluent_kafka import KafkaException  # noqa: PLC0415 - as in _look

        try:
            allowed = {one.name.title() for one in answer.result().authorized_operations}
        except KafkaException as error:
            reason = error.args[0].name()
            if reason in _REFUSED:
                return
            if reason not in _ABSENT:
                raise
            allowed = set(Operation)
        for operation in Operation:
            if operation in allowed:
                yield Right(resource, name, operation)

    def _client(self) -> "AdminClient":
        from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - as in _look

        # Kept: a temporary client is destroyed before its answers come.
        if self._admin is None:
            self._admin = AdminClient(self._options | {"error_cb": self._unrecognised})
        return self._admin

    def _unrecognised(self, error: "KafkaError") -> None:
        """Keep why Kafka does not know who asks; the question itself only times out."""
        if error.name() in _UNRECOGNISED:
            self._refusal = f"Kafka does not accept {self.user}: {error.str()}"


_ABSENT = frozenset({"UNKNOWN_TOPIC_OR_PART", "GROUP_ID_NOT_FOUND"})
