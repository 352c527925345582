"""What is asked and answered about fee items and charges."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from chassis.http import RequestModel
from contracts.ids import ClassId, PupilId, SchoolId, SchoolYear, Version
from contracts.payments import ChargeReason, FeeKind, FeePeriod
from payments.fees.domain import ExemptionGroup, FeeUnit, Wanted
from payments.fees.queries import ChargeLine
from payments.fees.tables import FeeItem
from payments.requests import Note, Price, Title

_MOST = 300
Quantity = Annotated[int, Field(ge=1, le=99)]


class ExemptionBody(RequestModel):
    """Percent that a group is not asked for."""

    group: ExemptionGroup
    percent: Annotated[int, Field(ge=1, le=100)]


class ItemTerms(RequestModel):
    """What is collected, and why it may be."""

    name: Title
    kind: FeeKind
    legal_basis: Title
    mandatory: bool
    on_behalf: bool = False
    unit: FeeUnit
    amount: Price
    ceiling: Price | None = None
    due_on: date
    exemptions: Annotated[list[ExemptionBody], Field(max_length=len(ExemptionGroup))] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _names_each_group_once(self) -> Self:
        if len({one.group for one in self.exemptions}) != len(self.exemptions):
            raise ValueError("Một đối tượng miễn, giảm xuất hiện hai lần.")
        return self

    def terms(self) -> dict[str, Any]:
        """Give the terms as the table holds them."""
        names = ItemTerms.model_fields.keys() - {"exemptions"}
        exemptions = {one.group.value: one.percent for one in self.exemptions}
        return {name: getattr(self, name) for name in names} | {"exemptions": exemptions}


class NewItem(ItemTerms):
    """A fee item to add."""

    school_id: SchoolId
    school_year: SchoolYear


class ChangedItem(ItemTerms):
    """A fee item as it is from now on, over the version that was read."""

    version: Version
    open: bool

    def terms(self) -> dict[str, Any]:
        """Give the terms as the table holds them."""
        return super().terms() | {"open": self.open}


class ExemptionAnswer(BaseModel):
    """Percent that a group is not asked for."""

    group: ExemptionGroup
    percent: int


class ItemAnswer(BaseModel):
    """A fee item."""

    fee_item_id: str
    version: int
    school_id: str
    school_year: str
    name: str
    kind: FeeKind
    legal_basis: str
    mandatory: bool
    on_behalf: bool
    unit: FeeUnit
    amount: int
    ceiling: int | None
    due_on: date
    exemptions: Sequence[ExemptionAnswer]
    open: bool

    @classmethod
    def of(cls, item: FeeItem) -> "ItemAnswer":
        """Return the answer for an item."""
        exemptions = [
            ExemptionAnswer(group=group, percent=percent)
            for group, percent in item.percents().items()
        ]
        return cls(**item.model_dump(exclude={"exemptions"}), exemptions=exemptions)


class ItemList(BaseModel):
    """The fee items of a school in a school year."""

    items: Sequence[ItemAnswer]


class AssessedPupil(RequestModel):
    """A pupil to charge."""

    pupil_id: PupilId
    quantity: Quantity = 1
    exemption: ExemptionGroup | None = None
    agreed_on: date | None = None
    """When a guardian agreed to a voluntary item."""


class Assessment(RequestModel):
    """A round of assessment: a whole class, these pupils, or a class but for these pupils.

    Who stands in ``pupils`` is charged as said there, the rest of the class for ``quantity``.
    """

    period: FeePeriod
    due_on: date | None = None
    class_id: ClassId | None = None
    quantity: Quantity = 1
    pupils: Annotated[list[AssessedPupil], Field(max_length=_MOST)] = Field(default_factory=list)
    use_credit: bool = False
    """Settle what is assessed, and what was due before it, out of the pupils' credit."""

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        if self.class_id is None and not self.pupils:
            raise ValueError("Cần chọn một lớp hoặc ít nhất một học sinh.")
        if len({one.pupil_id for one in self.pupils}) != len(self.pupils):
            raise ValueError("Có học sinh xuất hiện hai lần.")
        return self

    def wanted(self, seated: Sequence[str]) -> Sequence[Wanted]:
        """Give everybody who is to be charged, with the class's pupils."""
        named = {one.pupil_id: Wanted(*dict(one).values()) for one in self.pupils}
        rest = [pupil_id for pupil_id in sorted(seated) if pupil_id not in named]
        return [*named.values(), *(Wanted(one, self.quantity, None) for one in rest)]


class CorrectedPupil(RequestModel):
    """What a pupil is charged for from now on; quantity 0 cancels the charge."""

    pupil_id: PupilId
    quantity: Annotated[int, Field(ge=0, le=99)]
    exemption: ExemptionGroup | None


class Correction(RequestModel):
    """Charges to change or cancel, at the item's price of today."""

    period: FeePeriod
    pupils: Annotated[list[CorrectedPupil], Field(min_length=1, max_length=_MOST)]
    reason_code: ChargeReason
    reason: Note | None = None

    @model_validator(mode="after")
    def _has_a_reason(self) -> Self:
        if len({one.pupil_id for one in self.pupils}) != len(self.pupils):
            raise ValueError("Có học sinh xuất hiện hai lần.")
        if self.reason_code is ChargeReason.OTHER and self.reason is None:
            raise ValueError("Lý do khác cần được ghi rõ.")
        return self


class ChargeAnswer(BaseModel):
    """What a pupil is asked for, and what of it is not paid."""

    charge_id: str
    pupil_id: str
    fee_item_id: str
    name: str
    """Of the item."""
    kind: FeeKind
    school_year: str
    mandatory: bool
    period: str
    due_on: date
    quantity: int
    exemption: ExemptionGroup | None
    amount: int
    outstanding: int
    cancelled: bool

    @classmethod
    def of(cls, line: ChargeLine) -> "ChargeAnswer":
        """Return the answer for a charge."""
        return cls(**line._asdict())


class AssessmentAnswer(BaseModel):
    """The charges that were made."""

    charges: Sequence[ChargeAnswer]
    unchanged: int
    left_out: Sequence[str]
    """Pupils of the class who are no longer enrolled here."""


class CorrectionAnswer(BaseModel):
    """The charges that changed."""

    charges: Sequence[ChargeAnswer]


class NamedCharge(ChargeAnswer):
    """A charge with the pupil's name."""

    pupil_name: str


class ChargeList(BaseModel):
    """The charges of an item, in the order of the class list."""

    charges: Sequence[NamedCharge]


class ItemSummary(BaseModel):
    """What became of an item, in đồng."""

    fee_item_id: str
    name: str
    kind: FeeKind
    mandatory: bool
    pupils: int
    billed: int
    collected: int
    outstanding: int
    overdue: int


class SchoolSummary(BaseModel):
    """What a school asked for and got in a school year."""

    school_id: str
    school_year: str
    day: date
    items: Sequence[ItemSummary]
