"""What nobody may charge, and how that is said to whoever tried."""

from collections.abc import Collection, Sequence

from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from payments.fees.domain import Change, Wanted, most_of, tuition_is_free, why_not_for
from payments.fees.tables import FeeItem
from payments.register import queries as register

_MOST_ERRORS = 100
_RETRY = "Kiểm tra lại; nếu vừa khai báo, gửi lại sau ít giây."


async def check_item(session: Session, item: FeeItem) -> None:
    """Refuse an item that the law, its legal basis or the school's state forbids."""
    school = await register.school(session, item.school_id)
    if school is None:
        raise Conflict("school-unknown", f"Chưa nhận được trường này từ danh bạ. {_RETRY}")
    if not school.open:
        raise Conflict("school-closed", f"{school.name} đã giải thể.")
    faults = []
    if tuition_is_free(item.kind, school.ownership):
        faults.append(
            FieldError(
                "kind",
                "Học sinh trường công lập được miễn học phí (Nghị định 238/2025/NĐ-CP).",
                "Chọn loại khoản thu khác.",
            )
        )
    if item.ceiling is not None and item.amount > item.ceiling:
        faults.append(
            FieldError(
                "amount",
                f"Mức thu {dong(item.amount)} vượt mức trần {dong(item.ceiling)}.",
                "Hạ mức thu.",
            )
        )
    first, last = (int(year) for year in item.school_year.split("-"))
    if not (first, 6) <= (item.due_on.year, item.due_on.month) <= (last, 12):
        faults.append(
            FieldError("due_on", "Hạn nộp nằm ngoài năm học.", "Chọn ngày trong năm học.")
        )
    if faults:
        raise Invalid("fee-item-refused", "Khoản thu này không được thu như vậy.", errors=faults)


async def check_period(session: Session, item: FeeItem, period: str) -> None:
    """Refuse a period that does not suit the item or its school year."""
    calendar = await register.calendar(session, item.school_year)
    if calendar is None:
        raise Conflict(
            "school-year-unknown",
            f"Chưa nhận được khung thời gian năm học {item.school_year}. {_RETRY}",
        )
    if (why := why_not_for(item.unit, period, *calendar)) is not None:
        raise Invalid(
            "period-refused",
            "Kỳ thu không hợp với khoản thu.",
            errors=[FieldError("period", why, "Sửa kỳ thu.")],
        )


def check_wanted(item: FeeItem, wanted: Sequence[Wanted], *, agreed: bool = False) -> None:
    """Refuse quantities and exemptions that the item does not have, and what nobody agreed to."""
    faults: list[FieldError] = []
    percents = item.percents()
    for at, one in enumerate(wanted):
        where = f"pupils[{at}]"
        if one.quantity > most_of(item.unit):
            faults.append(
                FieldError(
                    f"{where}.quantity",
                    f"Một kỳ thu có nhiều nhất {most_of(item.unit)} đơn vị.",
                    "Sửa số lượng.",
                )
            )
        if one.exemption is not None and one.exemption not in percents:
            faults.append(
                FieldError(
                    f"{where}.exemption",
                    "Khoản thu này không miễn, giảm cho đối tượng đó.",
                    "Khai báo mức miễn, giảm ở khoản thu trước.",
                )
            )
        if not (item.mandatory or agreed or one.agreed_on):
            faults.append(
                FieldError(
                    f"{where}.agreed_on",
                    "Khoản tự nguyện chỉ thu của ai đã đăng ký.",
                    "Ghi ngày phụ huynh đăng ký, hoặc bỏ học sinh này.",
                )
            )
    if faults:
        raise Invalid("assessment-refused", "Có dòng không lập được.", errors=faults[:_MOST_ERRORS])


def not_enrolled(wanted: Sequence[Wanted], strangers: Collection[str]) -> Conflict:
    """Say which pupils are not enrolled at the school of the item in its school year."""
    return Conflict(
        "pupils-not-enrolled-here",
        f"{len(strangers)} học sinh không học tại trường trong năm học này; chưa lập khoản nào.",
        errors=_rows(wanted, strangers, "Không có trong danh sách đang học của trường.", _RETRY),
    )


def not_charged(wanted: Sequence[Wanted], missing: Collection[str]) -> Conflict:
    """Say which pupils have nothing to correct."""
    return Conflict(
        "not-charged",
        f"{len(missing)} học sinh chưa có khoản này; chưa sửa khoản nào.",
        errors=_rows(wanted, missing, "Chưa có khoản phải thu trong kỳ này.", "Lập khoản thu."),
    )


def already_assessed(different: Sequence[Change]) -> Conflict:
    """Say who is charged another amount already."""
    return Conflict(
        "already-assessed",
        f"{len(different)} học sinh đã có khoản này với số tiền khác; chưa lập khoản nào.",
        errors=[
            FieldError(
                one.wanted.pupil_id,
                f"Đang phải nộp {dong(one.before.owed.net if one.before else 0)}.",
                "Điều chỉnh khoản đã lập, kèm lý do.",
            )
            for one in different[:_MOST_ERRORS]
        ],
    )


def _rows(
    wanted: Sequence[Wanted], pupil_ids: Collection[str], what: str, how: str
) -> list[FieldError]:
    faulty = set(pupil_ids)
    faults = [
        FieldError(f"pupils[{at}]", f"Học sinh {one.pupil_id}: {what}", how)
        for at, one in enumerate(wanted)
        if one.pupil_id in faulty
    ]
    return faults[:_MOST_ERRORS]


def dong(amount: int) -> str:
    """Write money as a Vietnamese reader does: 1.250.000 đ."""
    return f"{amount:,} đ".replace(",", ".")
