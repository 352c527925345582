"""The aggregator on one screen: what it is made of."""

from fastapi import FastAPI

from chassis.health import Health
from chassis.service import Parts, Runtime, Service
from chassis.signin import Signin
from ioc_aggregator import dashboard
from ioc_aggregator.engine import Engine
from ioc_aggregator.policy import POLICY
from ioc_aggregator.rebuild.job import rebuild
from ioc_aggregator.settings import Settings
from ioc_aggregator.views import feed
from ioc_aggregator.views import http as views


def parts(runtime: Runtime[Settings]) -> Parts:
    """Make what shares the memory: whoever folds, whoever answers, whoever writes the feed."""
    engine = Engine(
        runtime.database,
        writes_feed="consumer" in runtime.settings.roles,
        feed_kept=runtime.settings.feed_kept,
    )

    signin = Signin(runtime.settings, runtime.database)

    def install(app: FastAPI) -> None:
        app.state.engine = engine
        signin.install(app)
        dashboard.install(app)

    def watch(health: Health) -> None:
        health.probe("memory", engine.look, required=True)
        signin.watch(health)

    return Parts(
        projector=engine.projector,
        tasks={"follow": engine.follow},
        install=install,
        watch=watch,
    )


SERVICE = Service(
    name="ioc-aggregator",
    package="ioc_aggregator",
    title="IOC-EDU: the province's education in numbers",
    description="Folds every stream into statistics; owns no truth, can be recounted from the log.",
    settings=Settings,
    policy=POLICY,
    routers=(views.router, feed.router),
    parts=parts,
    jobs={"rebuild": rebuild},
)
