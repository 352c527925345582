"""The ledger over HTTP: for whoever supervises."""

from collections.abc import Sequence

from pydantic import BaseModel

from chassis.http import PrincipalDep, QueryRouter, SessionDep
from payments.ledger import queries
from payments.ledger.domain import AccountKind
from payments.policy import POLICY
from payments.requests import SchoolPath

reads = QueryRouter(prefix="/v1", tags=["ledger"])


class TotalAnswer(BaseModel):
    """The sums of all accounts of one kind, in đồng."""

    kind: AccountKind
    debit: int
    credit: int
    balance: int
    """Debit less credit."""


class TrialBalance(BaseModel):
    """Bảng cân đối thử: debit and credit are equal."""

    school_id: str
    accounts: Sequence[TotalAnswer]
    debit: int
    credit: int


@reads.get("/schools/{school_id}/trial-balance")
async def read_trial_balance(
    school_id: SchoolPath, session: SessionDep, principal: PrincipalDep
) -> TrialBalance:
    """Read the sums of a school's ledger."""
    POLICY.authorise(principal, "ledger.read", principal.relations_to_school(school_id))
    totals = await queries.trial_balance(session, school_id)
    return TrialBalance(
        school_id=school_id,
        accounts=[TotalAnswer(**one._asdict(), balance=one.debit - one.credit) for one in totals],
        debit=sum(one.debit for one in totals),
        credit=sum(one.credit for one in totals),
    )
