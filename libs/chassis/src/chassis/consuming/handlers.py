"""Handlers: one function per kind of fact, given all such facts of a slice at once."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import chain, groupby
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from chassis import context
from chassis.consuming.records import Prepared, Record, Rejected, Slice
from chassis.database import Session, is_transient
from contracts import registry
from contracts.envelope import Attributes, Envelope, Tombstone, Whole, quick
from contracts.event import Event
from contracts.topics import Topic

E = TypeVar("E", bound=Event)

_ATTEMPTS = 3

_READ = quick(msgspec.Raw)


class Received(msgspec.Struct, Generic[E], frozen=True, gc=False):
    """An event and the document that brought it."""

    event: E
    envelope: Attributes
    document: bytes
    """The bytes as they stand in Kafka."""


H = TypeVar("H", bound=Callable[[Session, Sequence[Received[Any]]], Awaitable[None]])
"""A handler of one kind, or of the union of several."""

_TombstoneHandler: TypeAlias = Callable[[Session, Sequence[str]], Awaitable[None]]
_Reactions: TypeAlias = tuple[Callable[[Session, Sequence[Any]], Awaitable[None]], ...]
"""What is to be done about one kind of fact, or about the tombstones of one topic."""

_Call: TypeAlias = tuple[_Reactions, Sequence[Received[Event]]]


class Handlers:
    """The reactions of one service; a :class:`~chassis.consuming.records.Projector`.

    A handler gets the neighbouring events of its kinds in the order of the log, so that it can
    write them with one statement. It must not need a fact of another topic, nor of another call.
    Several slices may react to one kind: they are called in the order in which they are joined.
    """

    whole_poll = False

    def __init__(self, *parts: "Handlers") -> None:
        """Join the handlers of a service's slices."""
        self._handlers: dict[str, _Reactions] = {}
        self._tombstones: dict[str, _Reactions] = {}
        self._topics: dict[str, Topic] = {}
        for part in parts:
            for kind, reactions in part._handlers.items():  # noqa: SLF001 - of its own kind
                self._handlers[kind] = self._handlers.get(kind, ()) + reactions
            for topic, reactions in part._tombstones.items():  # noqa: SLF001
                self._tombstones[topic] = self._tombstones.get(topic, ()) + reactions
            self._topics |= part._topics  # noqa: SLF001

    @property
    def topics(self) -> Sequence[Topic]:
        """The topics that any handler reads."""
        return tuple(self._topics.values())

    def on(self, *kinds: type[Event]) -> Callable[[H], H]:
        """Register a handler of events of ``kinds``."""

        def register(handler: H) -> H:
            for kind in kinds:
                name = kind.type_name()
                self._handlers[name] = (*self._handlers.get(name, ()), handler)
                self._topics[kind.TOPIC.name] = kind.TOPIC
            return handler

        return register

    def on_tombstone(self, topic: Topic) -> Callable[[_TombstoneHandler], _TombstoneHandler]:
        """Register a handler of the tombstones of ``topic``; it gets their keys."""

        def register(handler: _TombstoneHandler) -> _TombstoneHandler:
            self._tombstones[topic.name] = (*self._tombstones.get(topic.name, ()), handler)
            self._topics[topic.name] = topic
            return handler

        return register

    def prepare(self, topic: Topic, values: Sequence[bytes]) -> Prepared | None:
        """Read the documents at once, and their events outside of any transaction.

        Where a record replaces another, or one of them is no event, each is looked at by itself.
        """
        documents = None if topic.compacted else _READ(values)
        if documents is None:
            return None
        return Prepared(documents, lambda: self._calls(documents, values))

    def _calls(
        self, documents: Sequence[Whole[msgspec.Raw]], values: Sequence[bytes]
    ) -> "Sequence[_Call] | None":
        calls: list[_Call] = []
        for reactions, group in groupby(
            zip(documents, values, strict=True),
            key=lambda pair: self._handlers.get(pair[0].type, ()),
        ):
            if not reactions:
                continue
            try:
                received = [Received(registry.parse(one), one, value) for one, value in group]
            except registry.ContractError:
                return None
            calls.append((reactions, received))
        return calls

    async def load(self) -> None:
        """Nothing is kept in memory."""

    def committed(self) -> None:
        """Nothing is kept in memory."""

    async def reload(self) -> None:
        """Nothing is kept in memory."""

    async def project(
        self, session: Session, slices: Sequence[Slice], *, careful: bool
    ) -> Sequence[Rejected]:
        """Call the handlers in the order of the log."""
        rejected: list[Rejected] = []
        for part in slices:
            if part.prepared is not None:
                for reactions, received in chain.from_iterable(part.prepared):
                    await _react(session, reactions, received)
            elif careful:
                for record in part.records:
                    rejected += await self._carefully(session, part, record, rejected)
            else:
                for reactions, records in groupby(
                    part.records, key=lambda record: self._reactions(part, record)
                ):
                    await self._call(session, reactions, list(records))
        return rejected

    def _reactions(self, part: Slice, record: Record) -> "_Reactions":
        if isinstance(record.event, Tombstone):
            return self._tombstones.get(part.topic.name, ())
        return self._handlers.get(record.event.type, ())

    async def _call(
        self, session: Session, reactions: "_Reactions", records: Sequence[Record]
    ) -> None:
        if not reactions:
            return
        received: list[Received[Event]] = []
        keys: list[str] = []
        for record in records:
            if isinstance(record.event, Tombstone):
                keys.append(record.event.key)
            else:
                event = registry.parse(record.event)
                received.append(Received(event, record.event, record.value or b""))
        if keys:
            for react in reactions:
                await react(session, keys)
            return
        await _react(session, reactions, received)

    async def _carefully(
        self, session: Session, part: Slice, record: Record, before: Sequence[Rejected]
    ) -> list[Rejected]:
        reactions = self._reactions(part, record)
        subject = _subject(record)
        if subject and any(r.holds and _subject(r.record) == subject for r in before):
            return [Rejected(part, record, "held", f"an earlier record of {subject} is parked")]
        if isinstance(record.event, Envelope):
            try:
                registry.parse(record.event)
            except registry.ContractError as error:
                return [Rejected(part, record, "not-the-contract", str(error))]
        for _ in range(_ATTEMPTS - 1):
            if (failure := await self._attempt(session, reactions, record)) is None:
                return []
        failure = await self._attempt(session, reactions, record)
        if failure is None:
            return []
        detail = f"{type(failure).__name__}: {failure}"
        return [Rejected(part, record, "handler-failed", detail, holds=True)]

    async def _attempt(
        self, session: Session, reactions: "_Reactions", record: Record
    ) -> Exception | None:
        try:
            async with session.begin_nested():
                await self._call(session, reactions, [record])
        except Exception as error:
            if is_transient(error):
                raise
            return error
        return None


async def _react(
    session: Session, reactions: _Reactions, received: Sequence[Received[Event]]
) -> None:
    first = received[0].envelope
    with context.bind(
        context.Causation(
            correlation_id=first.correlationid or first.id,
            causation_id=first.id,
            traceparent=context.well_formed(first.traceparent),
        )
    ):
        for react in reactions:
            await react(session, received)


def _subject(record: Record) -> str | None:
    return record.event.subject if isinstance(record.event, Envelope) else None
