"""Every kind of case, drawn, against a second implementation under every reading of the law."""

from typing import Any

from hypothesis import HealthCheck, given, settings

from . import cases, naive

DRAWN = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)


@DRAWN
@given(cases.years(), cases.CHOSEN)
def test_a_year(case: Any, chosen: dict[str, str]) -> None:
    assert cases.decided("tt22_year", case, **chosen) == naive.year(case, chosen)


@DRAWN
@given(cases.subjects(), cases.CHOSEN)
def test_a_subject(case: Any, chosen: dict[str, str]) -> None:
    found = [naive.tenths(one) for one in naive.subject_results(case, chosen)]
    assert cases.decided("tt22_subject", case, **chosen) == {"terms": found[:2], "year": found[2]}


@DRAWN
@given(cases.primaries(), cases.CHOSEN)
def test_a_primary_year(case: Any, chosen: dict[str, str]) -> None:
    assert cases.decided("tt27_year", case, **chosen) == naive.primary(case, chosen)


@DRAWN
@given(cases.COMPLETIONS, cases.CHOSEN)
def test_completion(case: Any, chosen: dict[str, str]) -> None:
    assert cases.decided("completion", case, **chosen) == naive.completion(case, chosen)
