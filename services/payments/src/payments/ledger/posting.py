"""Writing into the ledger: the only statements that do."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.clock import new_id, now
from chassis.columns import table_of
from chassis.database import Session
from payments.ledger.domain import Account, Transaction
from payments.ledger.tables import LedgerAccount, LedgerEntry, LedgerTransaction

_NAMESPACE = UUID("7c0f1d52-3f0e-5d5b-8d7f-0b8f2a4e6c13")


def account_id(school_id: str, account: Account) -> str:
    """Give the id that this account of this school always has."""
    return str(uuid5(_NAMESPACE, f"{school_id}/{account.kind}/{account.holder or ''}"))


async def post(session: Session, transactions: Sequence[Transaction], *, by: str) -> None:
    """Write transactions in this order; accounts that they are the first to use are opened."""
    if not transactions:
        return
    accounts: dict[str, dict[str, object]] = {}
    headers: list[dict[str, object]] = []
    entries: list[dict[str, object]] = []
    moment = now()
    for one in transactions:
        transaction_id = new_id()
        headers.append(
            {
                "transaction_id": transaction_id,
                "school_id": one.school_id,
                "lines": len(one.entries),
                "kind": one.kind,
                "day": one.day,
                "booked_at": moment,
                "booked_by": by,
            }
        )
        for line, entry in enumerate(one.entries, start=1):
            account = account_id(one.school_id, entry.account)
            accounts[account] = {
                "account_id": account,
                "school_id": one.school_id,
                "kind": entry.account.kind,
                "holder_id": entry.account.holder,
            }
            entries.append(
                {
                    "transaction_id": transaction_id,
                    "school_id": one.school_id,
                    "lines": len(one.entries),
                    "line": line,
                    "account_id": account,
                    "kind": entry.account.kind,
                    "debit": max(entry.amount, 0),
                    "credit": max(-entry.amount, 0),
                    "charge_id": entry.charge_id,
                    "payment_id": entry.payment_id,
                }
            )
    await session.execute(
        upsert(table_of(LedgerAccount)).on_conflict_do_nothing(),
        # Always in the order of the ids, so that two transactions cannot wait for each other.
        [accounts[account] for account in sorted(accounts)],
    )
    await session.execute(insert(table_of(LedgerTransaction)), headers)
    await session.execute(insert(table_of(LedgerEntry)), entries)
