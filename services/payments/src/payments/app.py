"""Payments on one screen: what they are made of."""

from fastapi import FastAPI

from chassis import rewrapping
from chassis.consuming.handlers import Handlers
from chassis.service import Parts, Runtime, Service
from payments.accounts import http as accounts
from payments.channels import http as channels
from payments.channels.commands import rewrap_secrets
from payments.erasure import events as erasure
from payments.fees import http as fees
from payments.guardians import events as guardians
from payments.ledger import http as ledger
from payments.policy import POLICY
from payments.receipts import http as receipts
from payments.register import events as register
from payments.register.queries import Names
from payments.settings import PaymentsSettings
from payments.vnpay import http as vnpay

HANDLERS = Handlers(register.handlers, erasure.handlers, guardians.handlers)
"""What is done about the facts of others."""


def _parts(runtime: Runtime[PaymentsSettings]) -> Parts:
    keys = runtime.settings.master_keys()

    def install(app: FastAPI) -> None:
        app.state.keys = keys
        app.state.names = Names(keys)

    return Parts(projector=HANDLERS, install=install)


SERVICE = Service(
    name="payments",
    package="payments",
    title="Payments: fee items, charges, receipts, ledger",
    description="Khoản thu, phải thu, phiếu thu, sổ cái: the truth about what is owed and paid.",
    settings=PaymentsSettings,
    policy=POLICY,
    routers=(
        fees.changes,
        fees.reads,
        receipts.changes,
        receipts.reads,
        accounts.reads,
        channels.changes,
        channels.reads,
        vnpay.changes,
        vnpay.reads,
        vnpay.reports,
        ledger.reads,
    ),
    parts=_parts,
    jobs={"rewrap-keys": rewrapping.job(rewrap_secrets)},
)
