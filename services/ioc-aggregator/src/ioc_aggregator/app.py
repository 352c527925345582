"""The aggregator on one screen: what it is made of."""

from fastapi import FastAPI

from chassis.health import Health
from chassis.service import Parts, Runtime, Service
from chassis.signin import Signin
from ioc_aggregator import dashboard
from ioc_aggregator.engine import Engine
from ioc_aggregator.intake.streams import TOPICS
from ioc_aggregator.policy import POLICY
from ioc_aggregator.rebuild.job import rebuild
from ioc_aggregator.rollups import counted
from ioc_aggregator.rollups.lanes import Lanes
from ioc_aggregator.rollups.projector import Folding
from ioc_aggregator.settings import Settings
from ioc_aggregator.views import feed, witness
from ioc_aggregator.views import http as views


def parts(runtime: Runtime[Settings]) -> Parts:
    """Make what shares the memory: whoever folds, whoever answers, whoever writes the feed.

    Whoever answers holds the statistics, so it writes the feed, too; a member of the group that
    answers nobody only folds and writes the journal.
    """
    if "api" not in runtime.settings.roles:
        return Parts(projector=Folding(runtime.database, Lanes(TOPICS)))
    engine = Engine(runtime.database, writes_feed=True, feed_kept=runtime.settings.feed_kept)
    signin = Signin(runtime.settings, runtime.database)

    def install(app: FastAPI) -> None:
        app.state.engine = engine
        signin.install(app)
        dashboard.install(app)

    def watch(health: Health) -> None:
        health.probe("memory", engine.look, required=True)
        signin.watch(health)
        counted.watch(health, runtime.database)

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
    routers=(views.router, feed.router, witness.router),
    parts=parts,
    jobs={"rebuild": rebuild},
)
