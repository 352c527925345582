"""Admissions on one screen: what it is made of."""

from fastapi import FastAPI

from admissions.calendar import http as calendar
from admissions.enrolment import http as enrolment
from admissions.enrolment.commands import rewrap_keys
from admissions.enrolment.job import emit_keys
from admissions.policy import POLICY
from admissions.registry import http as registry
from admissions.registry.job import import_register
from admissions.reports import http as reports
from admissions.settings import AdmissionsSettings
from chassis import rewrapping
from chassis.service import Parts, Runtime, Service


def _parts(runtime: Runtime[AdmissionsSettings]) -> Parts:
    def install(app: FastAPI) -> None:
        app.state.master_keys = runtime.settings.master_keys()

    return Parts(install=install)


SERVICE = Service(
    name="admissions",
    package="admissions",
    title="Admissions",
    description="Units, schools, school years, and who studies where.",
    settings=AdmissionsSettings,
    policy=POLICY,
    routers=(
        registry.changes,
        registry.reads,
        calendar.changes,
        calendar.reads,
        enrolment.changes,
        enrolment.reads,
        reports.changes,
    ),
    parts=_parts,
    jobs={
        "import-register": import_register,
        "emit-keys": emit_keys,
        "rewrap-keys": rewrapping.job(rewrap_keys),
    },
)
