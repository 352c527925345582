"""Alembic's entry: which tables the migrations are about."""

from chassis.migrations import run
from payments.base import Base
from payments.channels import tables as _channels
from payments.fees import tables as _fees
from payments.ledger import tables as _ledger
from payments.receipts import tables as _receipts
from payments.register import tables as _register
from payments.vnpay import tables as _vnpay

__all__ = ["_channels", "_fees", "_ledger", "_receipts", "_register", "_vnpay"]

run(Base.metadata)
