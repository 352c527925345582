"""One FastAPI application for a service, with all that every service answers in the same way."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from fastapi import APIRouter, FastAPI

from chassis import metrics, telemetry
from chassis.auth.tokens import Verifier
from chassis.health import Health
from chassis.http import docs, problems
from chassis.http.edge import Edge
from chassis.http.routes import Transactions

Felt = Callable[[], AbstractAsyncContextManager[None]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    *,
    title: str,
    version: str,
    description: str,
    routers: Iterable[APIRouter],
    database: Transactions,
    verifier: Verifier,
    health: Health,
    lifespan: Lifespan | None = None,
    tracing: bool = False,
    felt: Felt = nullcontext,
) -> FastAPI:
    """Compose the application; nothing connects anywhere before its lifespan begins.

    ``felt`` surrounds what a request asks the database, to end it when nobody answers there.
    """
    options: dict[str, Any] = {} if lifespan is None else {"lifespan": lifespan}
    app = FastAPI(
        title=title,
        version=version,
        description=description,
        docs_url=None,
        redoc_url=None,
        # A redirect would answer before the route has checked who asks.
        redirect_slashes=False,
        telemetry=telemetry.of_requests(enabled=tracing),
        **options,
    )
    app.state.database = database
    app.state.felt = felt
    app.state.groups = {}
    app.state.verifier = verifier
    # Shown, not required: one outage of the issuer must not take all services away.
    health.probe("token keys", verifier.look, required=False)
    problems.install(app)
    docs.install(app)
    app.add_route("/livez", health.livez, include_in_schema=False)
    app.add_route("/readyz", health.readyz, include_in_schema=False)
    app.add_route("/metrics", metrics.answer, include_in_schema=False)
    for router in routers:
        app.include_router(router)
    app.add_middleware(Edge)
    return app
