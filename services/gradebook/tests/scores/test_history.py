"""What a history of changes says to an inspector."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.lists import ScoreState
from gradebook.scores.domain.history import Step, What, explain

EXCUSED, ZERO = ScoreState.EXCUSED, ScoreState.ZERO_BY_RULE
Filled = tuple[int | None, ScoreState | None]


def _steps(*filled: Filled) -> list[Step]:
    pairs = zip(((None, None), *filled), filled, strict=False)
    return [Step(*before, *after) for before, after in pairs]


def test_delete_and_re_enter_shows_the_value_that_was_deleted() -> None:
    told = list(explain(_steps((800, None), (None, None), (900, None), (950, None))))
    assert told == [
        (What.ENTERED, None),
        (What.DELETED, None),
        (What.RE_ENTERED, 800),
        (What.CORRECTED, None),
    ]


def test_a_score_taken_away_by_an_excuse_is_remembered_too() -> None:
    told = list(explain(_steps((800, None), (None, EXCUSED), (900, None))))
    assert told == [(What.ENTERED, None), (What.EXCUSED, None), (What.RE_ENTERED, 800)]


def test_a_make_up_test_is_a_first_value() -> None:
    told = list(explain(_steps((None, EXCUSED), (700, None))))
    assert told == [(What.EXCUSED, None), (What.ENTERED, None)]


def test_zero_by_rule_says_so() -> None:
    told = list(explain(_steps((0, ZERO), (500, None), (0, ZERO))))
    assert [what for what, _ in told] == [What.ZERO_BY_RULE, What.CORRECTED, What.ZERO_BY_RULE]


@given(
    st.lists(
        st.sampled_from([(None, None), (800, None), (900, None), (None, EXCUSED), (0, ZERO)]),
        max_size=8,
    )
)
def test_a_re_entered_value_always_stands_beside_the_last_one_before_it(
    filled: list[Filled],
) -> None:
    told = list(explain(_steps(*filled)))
    assert len(told) == len(filled)
    for at, (what, deleted) in enumerate(told):
        earlier = [value for value, _ in filled[:at] if value is not None]
        if what is What.RE_ENTERED:
            assert filled[at - 1][0] is None
            assert deleted == earlier[-1]
        if what is What.ENTERED:
            assert not earlier
