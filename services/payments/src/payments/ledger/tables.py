"""The ledger's tables, guarded by the database itself (see the first migration).

Σ debit = Σ credit of every transaction, checked when it commits; no charge, credit or suspense is
ever below 0; rows are never changed nor deleted.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, DateTime, ForeignKeyConstraint, Identity, SmallInteger
from sqlmodel import CheckConstraint, Field, Index, UniqueConstraint

from chassis.columns import Id, code
from payments.base import Base, Money
from payments.ledger.domain import AccountKind, TransactionKind


class LedgerAccount(Base, table=True):
    """An account of a school."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("school_id", "kind", "holder_id", postgresql_nulls_not_distinct=True),
        UniqueConstraint("account_id", "school_id", "kind"),
    )

    account_id: str = Field(primary_key=True, sa_type=Id)
    """Follows from the other fields, so that nobody has to look it up."""
    school_id: str = Field(sa_type=Id)
    kind: AccountKind = Field(sa_type=code(AccountKind))
    holder_id: str | None = Field(sa_type=Id)


class LedgerTransaction(Base, table=True):
    """Why, when and by whom entries were made."""

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        UniqueConstraint("transaction_id", "school_id", "lines"),
        CheckConstraint("lines >= 2", "double"),
        Index(None, "school_id", "day"),
    )

    transaction_id: str = Field(primary_key=True, sa_type=Id)
    school_id: str = Field(sa_type=Id)
    lines: int = Field(sa_type=SmallInteger)
    """How many entries it has: so many places, and no entry beyond them."""
    kind: TransactionKind = Field(sa_type=code(TransactionKind))
    day: date
    """The business day on which it takes effect."""
    booked_at: datetime = Field(sa_type=DateTime(timezone=True))
    booked_by: str


class LedgerEntry(Base, table=True):
    """One side of a transaction: of its school, of its account's school and kind."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["transaction_id", "school_id", "lines"],
            [
                "ledger_transaction.transaction_id",
                "ledger_transaction.school_id",
                "ledger_transaction.lines",
            ],
        ),
        ForeignKeyConstraint(
            ["account_id", "school_id", "kind"],
            ["ledger_account.account_id", "ledger_account.school_id", "ledger_account.kind"],
        ),
        UniqueConstraint("transaction_id", "line"),
        CheckConstraint("line BETWEEN 1 AND lines", "place"),
        CheckConstraint("kind <> 'receivable' OR charge_id IS NOT NULL", "receivable_of_charge"),
        CheckConstraint("kind <> 'prepayment' OR payment_id IS NOT NULL", "prepayment_of_payment"),
        CheckConstraint("debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)", "one_side"),
    )

    entry_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    transaction_id: str = Field(sa_type=Id)
    school_id: str = Field(sa_type=Id)
    lines: int = Field(sa_type=SmallInteger)
    line: int = Field(sa_type=SmallInteger)
    account_id: str = Field(sa_type=Id, index=True)
    kind: AccountKind = Field(sa_type=code(AccountKind))
    debit: int = Field(sa_type=Money)
    credit: int = Field(sa_type=Money)
    charge_id: str | None = Field(sa_type=Id, index=True)
    """Of which charge, on every entry of a receivable."""
    payment_id: str | None = Field(sa_type=Id, index=True)
    """Of which payment, on every entry that is a payment's money."""
