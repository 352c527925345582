"""The rules of a school year by examples and by properties."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admissions.calendar.domain import HolidaySpan, Span, TermSpan, Year, set_year
from chassis.errors import Conflict, Invalid
from contracts.lists import Term

YEAR = Year(
    first_day=date(2026, 9, 5),
    last_day=date(2027, 5, 31),
    school_year="2026-2027",
    version=0,
    terms=(
        TermSpan(date(2026, 9, 5), date(2027, 1, 15), Term.HK1),
        TermSpan(date(2027, 1, 18), date(2027, 5, 31), Term.HK2),
    ),
    holidays=(HolidaySpan(date(2027, 2, 3), date(2027, 2, 10), "Tết"),),
)
DAYS = st.dates(date(2026, 8, 1), date(2027, 8, 31))


def test_a_new_year_has_version_one_and_setting_it_again_changes_nothing() -> None:
    year = set_year(None, YEAR, ())
    assert year == replace(YEAR, version=1)
    assert set_year(year, replace(YEAR, version=7), [year]) is year


def test_a_stale_version_is_refused_and_told_the_present_one() -> None:
    year = set_year(None, YEAR, ())
    with pytest.raises(Conflict) as refused:
        set_year(year, replace(YEAR, last_day=date(2027, 6, 1)), [year])
    assert refused.value.extra == {"version": 1}


def test_teaching_weeks_leave_the_holidays_out() -> None:
    without = replace(YEAR, holidays=())
    assert without.teaching_weeks() == (133 + 134) // 7
    assert YEAR.teaching_weeks() == (133 + 134 - 8) // 7


HK1, HK2 = YEAR.terms


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (replace(YEAR, school_year="2025-2026"), "first_day"),
        (replace(YEAR, last_day=date(2026, 9, 1)), "last_day"),
        (replace(YEAR, first_day=date.max, last_day=date.max), "first_day"),
        (replace(YEAR, last_day=date(2027, 9, 7)), "last_day"),
        (replace(YEAR, terms=(HK1,)), "terms"),
        (replace(YEAR, terms=(HK2, HK1)), "terms"),
        (replace(YEAR, terms=(HK1, HK2, replace(HK2, term=Term.CN))), "terms"),
        (replace(YEAR, terms=(HK1, replace(HK2, first_day=HK1.last_day))), "terms[1]"),
        (replace(YEAR, terms=(replace(HK1, first_day=date(2026, 9, 4)), HK2)), "terms[0]"),
        (replace(YEAR, holidays=(*YEAR.holidays, *YEAR.holidays)), "holidays[1]"),
    ],
)
def test_a_broken_rule_is_named(wrong: Year, where: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_year(None, wrong, ())
    assert where in [error.where for error in refused.value.errors]


def test_two_years_may_not_share_a_day() -> None:
    other = replace(YEAR, school_year="2027-2028", first_day=YEAR.last_day)
    with pytest.raises(Conflict, match="school-years-overlap"):
        set_year(None, YEAR, [other])


@given(st.lists(st.tuples(DAYS, DAYS), min_size=2, max_size=3))
def test_accepted_terms_lie_inside_the_year_in_order_without_a_common_day(
    spans: list[tuple[date, date]],
) -> None:
    names = (Term.HK1, Term.HK2, Term.HE)
    terms = tuple(TermSpan(*span, term) for span, term in zip(spans, names, strict=False))
    try:
        year = set_year(None, replace(YEAR, terms=terms, holidays=()), ())
    except Invalid:
        return
    days = [
        term.first_day + timedelta(days=day) for term in year.terms for day in range(term.days())
    ]
    assert days == sorted(set(days))
    assert year.first_day <= days[0]
    assert days[-1] <= year.last_day


@given(DAYS, DAYS, DAYS, DAYS)
def test_common_days_are_those_that_lie_in_both(a: date, b: date, c: date, d: date) -> None:
    one, other = Span(min(a, b), max(a, b)), Span(min(c, d), max(c, d))

    def days(span: Span) -> set[date]:
        return {span.first_day + timedelta(days=n) for n in range(span.days())}

    assert one.common_days(other) == len(days(one) & days(other))
