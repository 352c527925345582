"""A service as a whole: what it is made of, and the one order in which it starts and stops.

HTTP, consumer and relay are one process by default; ``<PREFIX>_ROLES`` splits them. A service that
lacks Kafka, its database or its schema starts all the same, says so in ``/readyz`` and heals.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from fastapi import APIRouter, FastAPI

from chassis import health, http, logging, metrics, readiness, telemetry
from chassis.auth.policy import Policy
from chassis.auth.tokens import Verifier
from chassis.consuming.consumer import Consumer
from chassis.consuming.records import Projector
from chassis.consuming.subscription import Subscription
from chassis.database import Database
from chassis.relay.relay import Relay
from chassis.settings import ServiceSettings
from chassis.supervisor import Supervisor

S = TypeVar("S", bound=ServiceSettings)
T = TypeVar("T")

Task = Callable[[], Awaitable[None]]


@dataclass
class Runtime(Generic[S]):
    """The parts of one running service."""

    settings: S
    database: Database
    _shared: dict[type, Any] = field(default_factory=dict)

    def share(self, kind: type[T], make: Callable[[], T]) -> T:
        """Return this process's only ``kind``; ``make`` makes it when it is first asked for."""
        if kind not in self._shared:
            self._shared[kind] = make()
        return cast("T", self._shared[kind])

    @property
    def kafka(self) -> tuple[str, ...]:
        """Kafka's addresses."""
        return self.settings.kafka_bootstrap_servers


@dataclass(frozen=True)
class Service(Generic[S]):
    """What a service consists of; its ``app.py`` builds one and nothing else."""

    name: str
    """As in topics and ``urn:edu:<name>``: ``gradebook``, ``ioc-aggregator``."""
    package: str
    title: str
    settings: type[S]
    policy: Policy
    routers: Sequence[APIRouter] = ()
    projector: Callable[[Runtime[S]], Projector] | None = None
    """Makes what the service does with the events of others."""
    tasks: Callable[[Runtime[S]], Mapping[str, Task]] = field(default=lambda _: {})
    """Further background tasks, by name; restarted when they fail."""
    install: Callable[[FastAPI, Runtime[S]], None] = field(default=lambda _app, _runtime: None)
    """Adds what is no router: pages with their static files, state that endpoints need."""
    jobs: Mapping[str, Callable[[S, list[str]], int]] = field(default_factory=dict)
    """One-off commands of ``python -m <package>``, by name; each returns the exit code."""

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
    logging.configure(service.name, settings.log_level)
    telemetry.configure(service.name)
    database = Database(
        settings.database_url.get_secret_value(), application=settings.SERVICE, pool_size=10
    )
    runtime = Runtime(settings, database)
    checks = health.Health()
    supervisor = Supervisor(checks)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for name, task in _tasks(service, runtime, checks).items():
            supervisor.start(name, task)
        try:
            yield
        finally:
            checks.drain()
            await supervisor.stop()
            await database.close()

    app = http.application(title=service.title, lifespan=lifespan)
    app.state.database = database
    app.state.settings = settings
    app.state.verifier = Verifier(
        issuer=settings.token_issuer, audience=settings.token_audience, jwks=settings.token_jwks
    )
    app.state.policy = service.policy
    app.include_router(health.router(checks))
    app.include_router(metrics.router())
    if "api" in settings.roles:
        for router in service.routers:
            app.include_router(router)
        service.install(app, runtime)
    return app


def _tasks(
    service: Service[S], runtime: Runtime[S], checks: health.Health
) -> dict[str, Callable[[], Awaitable[Any]]]:
    tasks: dict[str, Callable[[], Awaitable[Any]]] = {}
    roles = runtime.settings.roles
    relay = consumer = subscription = None
    if "relay" in roles:
        relay = Relay(service=service.name, url=runtime.database.url, bootstrap=runtime.kafka)
        runtime.database.after_emit(relay.wake)
        tasks["relay"] = relay.run
    if "consumer" in roles and service.projector is not None:
        consumer = Consumer(
            service=service.name, database=runtime.database, projector=service.projector(runtime)
        )
        subscription = Subscription(
            consumer=consumer,
            database=runtime.database,
            bootstrap=runtime.kafka,
            group=service.name,
        )
        tasks["consumer"] = subscription.run
    tasks["readiness"] = readiness.Watch(
        service=service.name,
        head=service.head,
        database=runtime.database,
        checks=checks,
        relay=relay,
        consumer=consumer,
        subscription=subscription,
    ).run
    return tasks | dict(service.tasks(runtime))
