"""Fee items, what is charged, and how it came to be."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Index, UniqueConstraint

from chassis.columns import Id, code
from contracts.payments import ChargeReason, FeeKind
from payments.base import Base, Money
from payments.fees.domain import ExemptionGroup, FeeUnit


class FeeItem(Base, table=True):
    """A khoản thu of a school in a school year. Its row's lock guards its price."""

    __tablename__ = "fee_item"
    __table_args__ = (UniqueConstraint("school_id", "school_year", "name"),)

    fee_item_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    school_id: str = Field(sa_type=Id)
    school_year: str
    name: str
    kind: FeeKind = Field(sa_type=code(FeeKind))
    legal_basis: str
    """Căn cứ: the resolution, decision or agreement by which it is collected."""
    mandatory: bool
    on_behalf: bool
    """Thu hộ."""
    unit: FeeUnit = Field(sa_type=code(FeeUnit))
    amount: int = Field(sa_type=Money)
    """The price of one unit."""
    ceiling: int | None = Field(sa_type=Money)
    """Mức trần: the most that the legal basis allows for one unit."""
    due_on: date
    """When charges are due that say nothing else."""
    exemptions: dict[str, int] = Field(sa_type=JSONB)
    """Percent that each group is not asked for."""
    open: bool
    """False once nothing more may be assessed."""

    def percents(self) -> dict[ExemptionGroup, int]:
        """Give the exemptions by group."""
        return {ExemptionGroup(group): percent for group, percent in self.exemptions.items()}

    def terms(self) -> dict[str, Any]:
        """Give what a person may change."""
        return self.model_dump(exclude={"fee_item_id", "version", "school_id", "school_year"})


class Charge(Base, table=True):
    """What one pupil is asked for, for one item and period. What is paid of it says the ledger."""

    __table_args__ = (
        Index(
            "ux_charge_standing",
            "fee_item_id",
            "pupil_id",
            "period",
            unique=True,
            postgresql_where=text("NOT cancelled"),
        ),
        Index(None, "pupil_id", "school_id"),
    )

    charge_id: str = Field(primary_key=True, sa_type=Id)
    number: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False)
    )
    """Ascends in the order of creation."""
    version: int
    fee_item_id: str = Field(sa_type=Id)
    school_id: str = Field(sa_type=Id)
    pupil_id: str = Field(sa_type=Id)
    period: str
    due_on: date
    quantity: int
    exemption: ExemptionGroup | None = Field(sa_type=code(ExemptionGroup))
    gross: int = Field(sa_type=Money)
    reduction: int = Field(sa_type=Money)
    agreed_on: date | None
    """When a guardian agreed to a voluntary item."""
    cancelled: bool


class ChargeChange(Base, table=True):
    """One version of a charge: how it came to be, by whom and why."""

    __tablename__ = "charge_change"

    charge_id: str = Field(primary_key=True, sa_type=Id)
    version: int = Field(primary_key=True)
    quantity: int
    exemption: ExemptionGroup | None = Field(sa_type=code(ExemptionGroup))
    gross: int = Field(sa_type=Money)
    reduction: int = Field(sa_type=Money)
    reason_code: ChargeReason | None = Field(sa_type=code(ChargeReason))
    reason: str | None
    changed_by: str
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    day: date
