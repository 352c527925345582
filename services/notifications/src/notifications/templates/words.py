"""Codes and values as a guardian reads them, in Vietnamese: the filters that templates may use."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from contracts.attendance import Absence, Session
from contracts.lists import ColumnKind, Grade, ScoreState, Subject, Term
from contracts.payments import FeeKind, PaymentMethod

LOCALE = "vi_VN"

_COLUMNS = {
    ColumnKind.REGULAR: "đánh giá thường xuyên",
    ColumnKind.SPECIAL_TOPIC: "chuyên đề học tập",
    ColumnKind.MIDTERM: "đánh giá giữa kỳ",
    ColumnKind.ENDTERM: "đánh giá cuối kỳ",
    ColumnKind.RETEST: "kiểm tra lại",
    ColumnKind.EXAM: "bài thi",
}
_NUMBERED = {ColumnKind.REGULAR, ColumnKind.EXAM}
_TERMS = {Term.HK1: "học kỳ I", Term.HK2: "học kỳ II", Term.CN: "cả năm", Term.HE: "hè"}
_FEES = {
    FeeKind.TUITION: "học phí",
    FeeKind.BOARDING_MEALS: "tiền ăn bán trú",
    FeeKind.BOARDING_CARE: "tiền chăm sóc bán trú",
    FeeKind.SECOND_SESSION: "tiền học buổi thứ hai",
    FeeKind.DRINKING_WATER: "tiền nước uống",
    FeeKind.HYGIENE: "tiền vệ sinh",
    FeeKind.MATERIALS: "tiền học bạ, ấn phẩm, học liệu",
    FeeKind.CONTACT_BOOK: "tiền sổ liên lạc điện tử",
    FeeKind.STUDENT_CARD: "tiền thẻ học sinh",
    FeeKind.UNIFORM: "tiền đồng phục",
    FeeKind.TRANSPORT: "tiền đưa đón",
    FeeKind.EXTRACURRICULAR: "tiền hoạt động ngoài giờ",
    FeeKind.HEALTH_INSURANCE: "bảo hiểm y tế",
    FeeKind.ACCIDENT_INSURANCE: "bảo hiểm tai nạn",
    FeeKind.OTHER: "khoản thu khác",
}
_METHODS = {
    PaymentMethod.CASH: "tiền mặt",
    PaymentMethod.BANK_TRANSFER: "chuyển khoản",
    PaymentMethod.VNPAY: "VNPAY",
    PaymentMethod.OTHER: "hình thức khác",
}
_ABSENCES = {
    Absence.WITH_LEAVE: "vắng có phép",
    Absence.WITHOUT_LEAVE: "vắng không phép",
    Absence.LATE: "đi muộn",
    Absence.OTHER: "vắng",
}
_SESSIONS = {
    Session.MORNING: "buổi sáng",
    Session.AFTERNOON: "buổi chiều",
    Session.OTHER: "buổi học",
}
_COMMENTS = {1: "Đạt", 0: "Chưa đạt"}


def day(value: date) -> str:
    """Write a day as 05/09/2026."""
    return format_date(value, "dd/MM/yyyy", locale=LOCALE)


def money(value: int) -> str:
    """Write whole đồng as 1.250.000 ₫."""
    return format_currency(value, "VND", locale=LOCALE)


def number(value: int) -> str:
    """Write a whole number as 1.250."""
    return format_decimal(value, locale=LOCALE)


def subject(value: Subject) -> str:
    """Name a subject."""
    return value.vietnamese


def grade(value: Grade) -> str:
    """Name a grade."""
    return value.vietnamese


def term(value: Term) -> str:
    """Name a term."""
    return _TERMS[value]


def column(value: ColumnKind, position: int) -> str:
    """Name a column of the score book."""
    return f"{_COLUMNS[value]} lần {position}" if value in _NUMBERED else _COLUMNS[value]


def fee(value: FeeKind) -> str:
    """Name a kind of fee."""
    return _FEES[value]


def method(value: PaymentMethod) -> str:
    """Name how money came."""
    return _METHODS[value]


def period(value: str) -> str:
    """Name what a charge is for: a month, a term, the year."""
    if value in Term.__members__:
        return _TERMS[Term(value)]
    year, _, month = value.partition("-")
    return f"tháng {int(month)}/{year}"


def absence(value: Absence | None) -> str:
    """Say how a pupil was not there, or that they were."""
    return "có mặt" if value is None else _ABSENCES[value]


def session(value: Session) -> str:
    """Name a session of the school day."""
    return _SESSIONS[value]


def score(value: int | None, state: ScoreState | None, comment: bool) -> str:
    """Write what stands in a cell: ``8,5``, ``Đạt``, ``vắng có lý do``; a dash for nothing."""
    if state is ScoreState.EXCUSED:
        return "vắng có lý do, chờ kiểm tra bù"
    if value is None:
        return "–"
    if comment:
        words = _COMMENTS[value]
    else:
        words = format_decimal(Decimal(value) / 100, "0.##", locale=LOCALE)
    return f"{words} (vắng không lý do)" if state is ScoreState.ZERO_BY_RULE else words


FILTERS: Mapping[str, Callable[..., str]] = {
    "day": day,
    "money": money,
    "number": number,
    "subject": subject,
    "grade": grade,
    "term": term,
    "column": column,
    "fee": fee,
    "method": method,
    "period": period,
    "score": score,
    "absence": absence,
    "session": session,
}
