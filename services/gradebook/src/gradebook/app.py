"""The whole gradebook at a glance: its settings, who may do what, its routes and its reactions."""

from fastapi import FastAPI

from chassis import rewrapping
from chassis.consuming.handlers import Handlers
from chassis.health import Health
from chassis.service import Parts, Runtime, Service
from chassis.signin import Signin
from gradebook.attendance import device_doors, devices
from gradebook.attendance import http as attendance
from gradebook.books import http as books
from gradebook.classes import http as classes
from gradebook.conduct import events as remarks
from gradebook.conduct import http as conduct
from gradebook.guardians import events as guardians
from gradebook.history import http as history
from gradebook.history.chaining import Chaining
from gradebook.pages import http as pages
from gradebook.policy import POLICY
from gradebook.results import assessments, overviews
from gradebook.results import http as results
from gradebook.roster import events as roster
from gradebook.roster.queries import Names
from gradebook.scores import events as erasure
from gradebook.scores import http as scores
from gradebook.seating import events as enrolment
from gradebook.seating import http as seating
from gradebook.settings import GradebookSettings
from gradebook.workflow import http as workflow

HANDLERS = Handlers(
    roster.handlers, enrolment.handlers, erasure.handlers, remarks.handlers, guardians.handlers
)
"""What is done about the facts of others."""


def _parts(runtime: Runtime[GradebookSettings]) -> Parts:
    keys = runtime.settings.master_keys()
    names = Names(keys)
    signin = Signin(runtime.settings, runtime.database)

    def install(app: FastAPI) -> None:
        app.state.names = names
        app.state.keys = keys
        signin.install(app)
        pages.install(app)

    settings = runtime.settings
    chaining = Chaining(
        runtime.database, settings.signs_with, every_seconds=settings.history_signed_seconds
    )

    def watch(health: Health) -> None:
        signin.watch(health)
        chaining.watch(health)

    return Parts(
        projector=HANDLERS,
        tasks={"history": chaining.run} if "relay" in settings.roles else {},
        install=install,
        watch=watch,
    )


SERVICE = Service(
    name="gradebook",
    package="gradebook",
    title="Gradebook: classes, who teaches what, scores",
    description="Sổ điểm: the truth about classes, seats, teaching and every change of a score.",
    settings=GradebookSettings,
    policy=POLICY,
    routers=(
        classes.changes,
        classes.reads,
        seating.changes,
        scores.changes,
        scores.reads,
        attendance.changes,
        attendance.reads,
        device_doors.changes,
        device_doors.reads,
        books.changes,
        books.reads,
        workflow.changes,
        workflow.reads,
        conduct.changes,
        conduct.reads,
        results.changes,
        results.reads,
        overviews.reads,
        assessments.changes,
        assessments.reads,
        pages.reads,
        history.reads,
    ),
    parts=_parts,
    jobs={"rewrap-keys": rewrapping.job(devices.rewrap_secrets)},
)
