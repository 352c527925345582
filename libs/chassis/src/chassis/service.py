"""A service as a whole: what it is made of, and the one order in which it starts and stops.

HTTP, consumer and relay are one process by default; ``<PREFIX>_ROLES`` splits them. A service that
lacks Kafka, its database or its schema starts all the same, says so in ``/readyz`` and heals.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata, resources
from pathlib import Path
from typing import Generic, TypeVar

from fastapi import APIRouter, FastAPI

from chassis import logging, readiness, telemetry
from chassis.auth.policy import Policy
from chassis.auth.tokens import TokenVerifier
from chassis.consuming.consumer import Consumer
from chassis.consuming.records import Projector
from chassis.consuming.subscription import Subscription
from chassis.database import Database
from chassis.health import Health
from chassis.http.application import create_app
from chassis.pulse import Pulse
from chassis.relay.relay import Relay
from chassis.rights_watch import RightsWatch
from chassis.settings import ServiceSettings
from chassis.supervisor import Supervisor

S = TypeVar("S", bound=ServiceSettings)

Task = Callable[[], Awaitable[None]]

_STOP_SECONDS = 9.0


@dataclass
class Runtime(Generic[S]):
    """What a service's own parts are made with."""

    settings: S
    database: Database


def _install_nothing(_: FastAPI) -> None:
    pass


def _watch_nothing(_: Health) -> None:
    pass


@dataclass(frozen=True)
class Parts:
    """What a service adds to the chassis; made together, so that they may share memory."""

    projector: Projector | None = None
    """What the service does with the events of others."""
    tasks: Mapping[str, Task] = field(default_factory=dict)
    """Further background tasks, by name; restarted when they fail."""
    install: Callable[[FastAPI], None] = _install_nothing
    """Adds what is no router: pages with their static files, state that endpoints need."""
    watch: Callable[[Health], None] = _watch_nothing
    """Adds parts to ``/readyz``: what else the service needs, and the way to mend it."""


def _no_parts(_: Runtime[S]) -> Parts:
    return Parts()


@dataclass(frozen=True)
class Service(Generic[S]):
    """What a service consists of; its ``app.py`` builds one and nothing else."""

    name: str
    """As in topics and ``urn:edu:<name>``: ``gradebook``, ``ioc-aggregator``."""
    package: str
    title: str
    description: str
    settings: type[S]
    policy: Policy
    routers: Sequence[APIRouter] = ()
    parts: Callable[[Runtime[S]], Parts] = _no_parts
    jobs: Mapping[str, Callable[[S, list[str]], int]] = field(default_factory=dict)
    """One-off commands of ``python -m <package>``, by name; each returns the exit code."""

    @property
    def version(self) -> str:
        """The version of the installed distribution."""
        return metadata.version(f"edu-{self.name}")

    @cached_property
    def migrations(self) -> Path:
        """The folder of the service's Alembic migrations."""
        return Path(str(resources.files(self.package))) / "migrations"

    @cached_property
    def head(self) -> str:
        """The newest revision: the number that the last migration's file name begins with.

        Read from the names, because Alembic is not loaded to serve.
        """
        return max(path.name.split("_")[0] for path in (self.migrations / "versions").glob("0*.py"))


def build(service: Service[S], settings: S) -> FastAPI:
    """Make the ASGI application of ``service``; everything begins and ends in its lifespan."""
    logging.configure(service=service.name, version=service.version, level=settings.log_level)
    end_telemetry = telemetry.setup(
        service=service.name, version=service.version, endpoint=settings.otlp_endpoint
    )
    database = Database(settings.database_url.get_secret_value(), application=service.name)
    pulse = Pulse(database.engine, database.url)
    parts = service.parts(Runtime(settings, database))
    health = Health(service=service.name, version=service.version)
    supervisor = Supervisor(health)
    readiness.watch_database(health, database, package=service.package, head=service.head)
    parts.watch(health)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for name, task in _tasks(service, settings, database, parts, health).items():
            supervisor.start(name, task)
        try:
            yield
        finally:
            health.draining = True
            await supervisor.stop(within=_STOP_SECONDS)
            await pulse.stop()
            await database.close()
            end_telemetry()

    serves_api = "api" in settings.roles
    app = create_app(
        title=service.title,
        version=service.version,
        description=service.description,
        routers=service.routers if serves_api else (),
        database=database,
        verifier=TokenVerifier(
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            jwks=settings.token_jwks,
            allow_development_keys=settings.environment == "development",
        ),
        health=health,
        lifespan=lifespan,
        tracing=settings.otlp_endpoint is not None,
        felt=pulse.felt,
    )
    app.state.settings = settings
    app.state.policy = service.policy
    if serves_api:
        parts.install(app)
    return app


def _tasks(
    service: Service[S], settings: S, database: Database, parts: Parts, health: Health
) -> dict[str, Task]:
    tasks = dict(parts.tasks)
    bootstrap, security = settings.kafka_bootstrap_servers, settings.kafka_security
    if security.protocol != "PLAINTEXT" and settings.roles & {"relay", "consumer"}:
        rights = RightsWatch(service=service.name, bootstrap=bootstrap, security=security)
        readiness.watch_rights(health, rights)
        tasks["rights"] = rights.run
    if "relay" in settings.roles:
        relay = Relay(
            service=service.name, url=database.url, bootstrap=bootstrap, security=security
        )
        database.after_emit(relay.wake)
        readiness.watch_relay(health, relay)
        tasks["relay"] = relay.run
    if "consumer" in settings.roles and parts.projector is not None:
        consumer = Consumer(service=service.name, database=database, projector=parts.projector)
        subscription = Subscription(
            consumer=consumer,
            database=database,
            bootstrap=bootstrap,
            security=security,
            group=service.name,
        )
        readiness.watch_consumer(health, consumer, subscription)
        tasks["consumer"] = subscription.run
    return tasks
