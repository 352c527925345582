"""Who may do what in payments. Whatever does not stand here is refused.

A cashier (thủ quỹ) takes money, but neither changes a charge nor approves a reversal: whoever keeps
the cash does not decide about it. The principal is the second pair of eyes.
"""

from chassis.auth import ANY, WORKS_AT, Policy, Role
from chassis.guardianships import GUARDIAN_OF

_PRINCIPAL = {Role.PRINCIPAL: WORKS_AT}
_CASHIER = {Role.CASHIER: WORKS_AT}
_SCHOOL = _PRINCIPAL | _CASHIER
_OVERSIGHT = {Role.DEPARTMENT_OFFICER: ANY, Role.AUDITOR: ANY}
_PROGRAM = {Role.SERVICE: ANY}
_GUARDIAN = {Role.GUARDIAN: GUARDIAN_OF}

POLICY = Policy(
    {
        "items.set": _PRINCIPAL | _PROGRAM,
        "items.read": _SCHOOL | _OVERSIGHT | _PROGRAM,
        "fees.assess": _SCHOOL | _PROGRAM,
        "fees.correct": _PRINCIPAL,
        "accounts.read": _SCHOOL | _OVERSIGHT | _GUARDIAN,
        "credit.use": _SCHOOL,
        "payments.record": _CASHIER,
        # Which pupil money without a name is for, decides whoever may take money.
        "payments.match": _CASHIER,
        "payments.request": _CASHIER | _GUARDIAN,
        "payments.read": _SCHOOL | _OVERSIGHT,
        "reversals.request": _CASHIER,
        "reversals.decide": _PRINCIPAL,
        "channels.set": _PRINCIPAL,
        "channels.read": _SCHOOL | _OVERSIGHT,
        "ledger.read": _SCHOOL | _OVERSIGHT,
    },
    concealed=(
        "items.read",
        "fees.assess",
        "fees.correct",
        "accounts.read",
        "credit.use",
        "payments.record",
        "payments.match",
        "payments.request",
        "payments.read",
        "reversals.request",
        "reversals.decide",
    ),
)
