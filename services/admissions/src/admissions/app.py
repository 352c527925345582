"""Admissions on one screen: what it is made of."""

from admissions.calendar import http as calendar
from admissions.policy import POLICY
from admissions.registry import http as registry
from admissions.settings import AdmissionsSettings
from chassis.service import Service

SERVICE = Service(
    name="admissions",
    package="admissions",
    title="Admissions: units, schools, school years, enrolment",
    description="Who exists in the register and who studies where; the truth of both.",
    settings=AdmissionsSettings,
    policy=POLICY,
    routers=(registry.changes, registry.reads, calendar.changes, calendar.reads),
)
