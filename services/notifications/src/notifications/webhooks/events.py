"""Every public fact of the suite, for whoever subscribes to it.

The keys of persons, the relays' own bookkeeping and the statistics are not among them: nobody gets
the first, nobody needs the second, and the third have a feed of their own.
"""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers, Received
from chassis.database import Session
from chassis.inbox import claim_all
from contracts import topics
from contracts.event import Event
from contracts.registry import EVENTS
from notifications.webhooks import commands, queries
from notifications.webhooks.commands import Document

handlers = Handlers()

CONSUMER = "webhooks"
"""The name under which the inbox remembers what was queued."""

OFFERED = tuple(
    event
    for event in EVENTS
    if event.TOPIC in topics.CONSUMERS["notifications"] and event.TOPIC != topics.SUBJECT_KEYS
)
"""The events that can be subscribed to."""


@handlers.on(*OFFERED)
async def on_fact(session: Session, received: Sequence[Received[Event]]) -> None:
    """Queue the document for every endpoint that subscribes to its type."""
    types = {one.envelope.type for one in received}
    readers = await queries.subscribers(session, types)
    if not readers:
        return
    fresh = await claim_all(session, CONSUMER, [one.envelope for one in received])
    documents = [
        Document(one.envelope.id, one.envelope.type, one.document)
        for one in received
        if one.envelope.id in fresh
    ]
    await commands.queue(session, documents, readers)
