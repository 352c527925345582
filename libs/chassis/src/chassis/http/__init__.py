"""HTTP of a service: commands and queries, problems, limits, documentation."""

from chassis.http.application import create_app
from chassis.http.days import Day
from chassis.http.limits import BODY_LIMIT, IMPORT_BODY_LIMIT
from chassis.http.requests import BodyDep, PrincipalDep, RequestModel, SessionDep
from chassis.http.routes import CommandRouter, QueryRouter
from chassis.http.words import Words

__all__ = [
    "BODY_LIMIT",
    "IMPORT_BODY_LIMIT",
    "BodyDep",
    "CommandRouter",
    "Day",
    "PrincipalDep",
    "QueryRouter",
    "RequestModel",
    "SessionDep",
    "Words",
    "create_app",
]
