"""The database itself refuses what no program may do to the ledger, whichever program it is."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.clock import new_id

AN = "00000000-0000-4000-8000-000000000001"

TRANSACTION = """
INSERT INTO ledger_transaction
    (transaction_id, school_id, lines, kind, day, booked_at, booked_by)
VALUES (:transaction, :school, :lines, 'paid', '2026-11-20', now(), 'somebody')
"""
ENTRY = """
INSERT INTO ledger_entry
    (transaction_id, school_id, lines, line, account_id, kind, debit, credit,
     charge_id, payment_id)
SELECT :transaction, :school, :lines, :line, account_id, kind, :debit, :credit, :charge, :payment
  FROM ledger_account WHERE account_id = :account
"""
ACCOUNT = "SELECT account_id::text FROM ledger_account WHERE kind = :kind"


class Clerk:
    """Somebody with a connection and no respect for the service."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.transaction = new_id()

    async def account(self, kind: str) -> str:
        ((account_id,),) = await self.desk.rows(ACCOUNT, kind=kind)
        return str(account_id)

    async def book(
        self, *entries: dict[str, Any], header: bool = True, school: str = "", lines: int = 0
    ) -> None:
        async with self.desk.database.transaction() as session:
            about = {
                "transaction": self.transaction,
                "school": school or self.desk.school_id,
                "charge": None,
                "payment": None,
                "debit": 0,
                "credit": 0,
                "lines": lines or max(len(entries), 2),
            }
            if header:
                await session.execute(text(TRANSACTION), about)
            for line, entry in enumerate(entries, start=1):
                await session.execute(text(ENTRY), about | {"line": line} | entry)

    async def refused(self, *entries: dict[str, Any], why: str, **options: Any) -> None:
        before = await self.desk.rows("SELECT count(*), sum(debit) FROM ledger_entry")
        with pytest.raises(DBAPIError, match=why):
            await self.book(*entries, **options)
        assert await self.desk.rows("SELECT count(*), sum(debit) FROM ledger_entry") == before


@pytest.fixture
async def clerk(desk: Any) -> Clerk:
    await desk.begin(AN)
    await desk.charge(AN, 100_000)
    await desk.pay(AN, 130_000)
    return Clerk(desk)


async def test_a_transaction_that_does_not_balance_is_refused(clerk: Clerk) -> None:
    cash, revenue = await clerk.account("cash"), await clerk.account("revenue")
    debit, credit = {"account": cash, "debit": 100}, {"account": revenue, "credit": 100}
    await clerk.refused(debit, credit | {"credit": 99}, why="does not balance")
    await clerk.refused(debit, why="does not balance")
    await clerk.refused(why="does not balance")
    await clerk.book(debit, credit)
    # Nothing can be added to it later: its places are taken, and it has no more of them.
    await clerk.refused(debit, header=False, why="uq_ledger_entry_transaction_id_line")
    third = debit | {"line": 3}
    await clerk.refused(third, header=False, why="ck_ledger_entry_place")
    await clerk.refused(third | {"lines": 3}, header=False, why="fk_ledger_entry_transaction")
    await clerk.refused(debit | {"lines": 1}, why="ck_ledger_transaction_double", lines=1)


async def test_an_entry_has_one_side_and_a_positive_amount(clerk: Clerk) -> None:
    cash = await clerk.account("cash")
    for sides in (
        {"debit": 0, "credit": 0},
        {"debit": 5, "credit": 5},
        {"debit": -5},
        {"credit": -5},
    ):
        await clerk.refused({"account": cash} | sides, why="ck_ledger_entry_one_side")


async def test_money_does_not_cross_schools(clerk: Clerk) -> None:
    cash, revenue = await clerk.account("cash"), await clerk.account("revenue")
    entries = ({"account": cash, "debit": 100}, {"account": revenue, "credit": 100})
    await clerk.refused(
        *entries, why="fk_ledger_entry_account_id_school_id_kind", school=clerk.desk.other_school
    )
    await clerk.book(*entries)


@pytest.mark.parametrize("table", ["ledger_account", "ledger_transaction", "ledger_entry"])
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM {}", "UPDATE {} SET school_id = school_id", "DELETE FROM {} WHERE false"],
)
async def test_nothing_written_is_changed_or_deleted(
    clerk: Clerk, table: str, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with clerk.desk.database.transaction() as session:
            await session.execute(text(statement.format(table)))


async def test_no_charge_and_no_credit_is_ever_overdrawn(clerk: Clerk) -> None:
    cash, receivable = await clerk.account("cash"), await clerk.account("receivable")
    prepayment = await clerk.account("prepayment")
    ((charge, payment),) = await clerk.desk.rows(
        "SELECT charge_id::text, payment_id::text FROM ledger_entry"
        " WHERE charge_id IS NOT NULL AND payment_id IS NOT NULL"
    )
    paid_off = {"account": receivable, "credit": 1, "charge": charge}
    await clerk.refused({"account": cash, "debit": 1}, paid_off, why="receivable would be over")
    spent = {"account": prepayment, "debit": 30_001, "payment": payment}
    await clerk.refused(spent, {"account": cash, "credit": 30_001}, why="prepayment would be over")
    nameless = {"account": receivable, "debit": 1}
    await clerk.refused(
        nameless, {"account": cash, "credit": 1}, why="ck_ledger_entry_receivable_of_charge"
    )
    nameless = {"account": prepayment, "credit": 1}
    await clerk.refused(
        nameless, {"account": cash, "debit": 1}, why="ck_ledger_entry_prepayment_of_payment"
    )
    await clerk.book(spent | {"debit": 30_000}, {"account": cash, "credit": 30_000})


async def test_two_clerks_who_spend_the_same_credit_do_not_both_succeed(clerk: Clerk) -> None:
    cash, prepayment = await clerk.account("cash"), await clerk.account("prepayment")
    ((payment,),) = await clerk.desk.rows("SELECT payment_id::text FROM payment")
    entries = (
        {"account": prepayment, "debit": 30_000, "payment": payment},
        {"account": cash, "credit": 30_000},
    )
    clerks = [Clerk(clerk.desk) for _ in range(4)]
    done = await asyncio.gather(*(one.book(*entries) for one in clerks), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["IntegrityError"] * 3 + ["NoneType"]


async def test_the_books_of_two_schools_are_apart(desk: Any) -> None:
    await desk.begin(AN)
    await desk.charge(AN, 100_000)
    params = {"school": desk.other_school}
    found = await desk.get(f"/schools/{params['school']}/trial-balance", token="auditor")
    assert (found["debit"], found["credit"], found["accounts"]) == (0, 0, [])
    await desk.get(f"/schools/{desk.school_id}/trial-balance", token=desk.stranger, expect=403)
