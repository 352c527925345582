"""The rules of a school year (kế hoạch thời gian năm học), without I/O and without a clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from chassis.errors import Conflict, FieldError, Invalid
from contracts.lists import Term

TAUGHT_WEEKS = 35
"""What the ministry's frame asks for; a year with fewer is saved, with a hint."""

_LONGEST_DAYS = 366
_TAUGHT = (Term.HK1, Term.HK2)


@dataclass(frozen=True, slots=True)
class Span:
    """Some days, both ends included."""

    first_day: date
    last_day: date

    def days(self) -> int:
        """Count the days."""
        return (self.last_day - self.first_day).days + 1

    def common_days(self, other: "Span") -> int:
        """Count the days that lie in both."""
        first = max(self.first_day, other.first_day)
        last = min(self.last_day, other.last_day)
        return max(0, (last - first).days + 1)


@dataclass(frozen=True, slots=True)
class TermSpan(Span):
    """The days of a term."""

    term: Term


@dataclass(frozen=True, slots=True)
class HolidaySpan(Span):
    """Days without school."""

    name: str


@dataclass(frozen=True, slots=True)
class Year(Span):
    """A school year as a whole: whoever changes it sends all of it."""

    school_year: str
    version: int
    terms: tuple[TermSpan, ...]
    holidays: tuple[HolidaySpan, ...]

    def teaching_weeks(self) -> int:
        """Count the whole weeks in the two terms that are no holiday."""
        days = sum(
            term.days() - sum(term.common_days(holiday) for holiday in self.holidays)
            for term in self.terms
            if term.term in _TAUGHT
        )
        return days // 7


def set_year(present: Year | None, wanted: Year, others: Iterable[Year]) -> Year:
    """Return ``wanted`` with its next version; equal to ``present`` when nothing changes.

    ``wanted.version`` is the version that was read, 0 for a year that is new.

    Raises:
        Invalid: the days break a rule.
        Conflict: somebody changed the year meanwhile, or another year has some of its days.
    """
    if present is not None and replace(wanted, version=present.version) == present:
        return present
    if wanted.version != (version := present.version if present else 0):
        raise Conflict(
            "version-conflict",
            f"Năm học {wanted.school_year} đã được người khác thay đổi. Hãy tải lại rồi sửa.",
            version=version,
        )
    if faults := tuple(_faults(wanted)):
        raise Invalid("rule-broken", "Lịch năm học chưa đúng.", errors=faults)
    for other in others:
        if other.school_year != wanted.school_year and other.common_days(wanted):
            raise Conflict(
                "school-years-overlap",
                f"Trùng ngày với năm học {other.school_year} "
                f"({other.first_day:%d/%m/%Y}–{other.last_day:%d/%m/%Y}).",
            )
    return replace(wanted, version=version + 1)


def _faults(year: Year) -> Iterable[FieldError]:
    first = int(year.school_year[:4])
    if year.first_day.year != first:
        yield FieldError("first_day", f"Không thuộc năm {first}.", f"Nhập một ngày năm {first}.")
    if not 1 < year.days() <= _LONGEST_DAYS:
        yield FieldError(
            "last_day", "Năm học phải kết thúc sau khi bắt đầu, trong vòng một năm.", "Sửa ngày."
        )
    if not {term.term for term in year.terms}.issuperset(_TAUGHT):
        yield FieldError("terms", "Thiếu học kỳ HK1 hoặc HK2.", "Khai đủ hai học kỳ.")
    if any(term.term is Term.CN for term in year.terms):
        yield FieldError("terms", "CN là cả năm, không phải một học kỳ.", "Bỏ mục CN.")
    order = [term.term for term in year.terms]
    if order != [term for term in Term if term in order]:
        yield FieldError("terms", "Học kỳ lặp lại hoặc sai thứ tự.", "Xếp HK1, HK2, rồi HE.")
    yield from _span_faults("terms", year, year.terms)
    yield from _span_faults("holidays", year, year.holidays)


def _span_faults(where: str, year: Year, spans: Sequence[Span]) -> Iterable[FieldError]:
    for place, span in enumerate(spans):
        if span.last_day < span.first_day:
            yield FieldError(f"{where}[{place}]", "Ngày cuối trước ngày đầu.", "Đổi lại hai ngày.")
        if span.first_day < year.first_day or span.last_day > year.last_day:
            yield FieldError(f"{where}[{place}]", "Nằm ngoài năm học.", "Sửa ngày cho vào năm học.")
    for place, (span, following) in enumerate(pairwise(spans), 1):
        if following.first_day <= span.last_day:
            yield FieldError(
                f"{where}[{place}]",
                "Trùng hoặc trước mục liền trên.",
                "Xếp theo ngày, không trùng.",
            )
