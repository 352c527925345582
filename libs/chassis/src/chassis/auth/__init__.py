"""Who asks, and whether they may: verified tokens, roles, and one policy table per service."""

from chassis.auth.asking import asked_by
from chassis.auth.policy import ANY, Policy
from chassis.auth.principal import WORKS_AT, Principal, Role
from chassis.auth.tokens import TokenVerifier, Verifier

__all__ = [
    "ANY",
    "WORKS_AT",
    "Policy",
    "Principal",
    "Role",
    "TokenVerifier",
    "Verifier",
    "asked_by",
]
