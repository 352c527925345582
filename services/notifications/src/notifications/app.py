"""The whole of notifications at a glance: settings, permissions, routes, reactions, senders."""

import asyncio

from fastapi import FastAPI

from chassis import rewrapping
from chassis.clock import now
from chassis.consuming.handlers import Handlers
from chassis.database import Database
from chassis.health import Health, Part
from chassis.service import Parts, Runtime, Service
from contracts.notifications import Channel
from notifications.breakers import Breakers
from notifications.dispatching import Dispatcher
from notifications.erasure import events as erasure
from notifications.erasure import http as erasing
from notifications.guardians import commands as guardians_kept
from notifications.guardians import events as links
from notifications.guardians import http as guardians
from notifications.guardians.contacts import ContactBook
from notifications.messages import commands as messages_kept
from notifications.messages import events as news
from notifications.messages import http as messages
from notifications.messages.sending import Sending as Letters
from notifications.messages.taking import Desk
from notifications.policy import POLICY
from notifications.register import events as register
from notifications.register.queries import Names
from notifications.settings import NotificationsSettings
from notifications.templates import http as templates
from notifications.templates.queries import catalogue
from notifications.webhooks import commands as webhooks_kept
from notifications.webhooks import events as documents
from notifications.webhooks import http as webhooks
from notifications.webhooks.addresses import Guard
from notifications.webhooks.client import WebhookClient
from notifications.webhooks.sending import Sending as Deliveries

_TIDY_SECONDS = 3600.0

HANDLERS = Handlers(
    register.handlers,
    links.handlers,
    news.handlers,
    erasure.handlers,
    documents.handlers,
)
"""In this order a fact is copied, moves links, is told to guardians, and goes to subscribers."""


def _parts(runtime: Runtime[NotificationsSettings]) -> Parts:
    settings, database = runtime.settings, runtime.database
    catalogue()  # a template that does not work stops the service here
    keys = settings.master_keys()
    names = Names(keys)
    guard = Guard(allow_loopback=settings.allow_loopback_webhooks)
    letters = Letters(settings, Desk(ContactBook(keys), names), Breakers())
    deliveries = Deliveries(
        WebhookClient(guard, seconds=settings.webhook_seconds),
        keys,
        Breakers(),
        seconds=settings.webhook_seconds,
    )

    def install(app: FastAPI) -> None:
        app.state.names = names
        app.state.keys = keys
        app.state.guard = guard

    def watch(health: Health) -> None:
        async def look(part: Part) -> None:
            if letters.email is None:
                part.failing("no mail server: letters wait", mend="set NOTIFICATIONS_SMTP_HOST")
            elif await letters.breakers.left_alone(Channel.EMAIL):
                part.failing("the mail server fails and is left alone for a while: letters wait")
            else:
                part.ok()

        health.probe("e-mail", look, required=False)

    tasks = {
        "letters": Dispatcher(database, letters, concurrency=settings.send_concurrency).run,
        "webhooks": Dispatcher(database, deliveries, concurrency=settings.webhook_concurrency).run,
        "tidying": lambda: _tidy(database),
    }
    return Parts(
        projector=HANDLERS,
        # Whoever reads the events also sends what they lead to.
        tasks=tasks if "consumer" in settings.roles else {},
        install=install,
        watch=watch,
    )


async def _tidy(database: Database) -> None:
    """Forget what is no longer needed, now and every hour."""
    while True:
        async with database.transaction() as session:
            await webhooks_kept.clean(session, now())
            await messages_kept.forget_old(session, now())
        await asyncio.sleep(_TIDY_SECONDS)


SERVICE = Service(
    name="notifications",
    package="notifications",
    title="Notifications: guardians, messages, webhooks",
    description="Sổ liên lạc: whose guardian somebody is, what they agreed to hear, what they were "
    "told and what became of it; and webhooks for whoever subscribes to events.",
    settings=NotificationsSettings,
    policy=POLICY,
    routers=(
        guardians.changes,
        guardians.reads,
        erasing.changes,
        messages.changes,
        messages.reads,
        templates.reads,
        webhooks.changes,
        webhooks.reads,
    ),
    parts=_parts,
    jobs={"rewrap-keys": rewrapping.job(guardians_kept.rewrap_keys, webhooks_kept.rewrap_secrets)},
)
