"""References: no name, no ambiguous letter, and a slip of the pen shows."""

from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from payments.register.domain import is_reference, reference_of

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
IDS = st.uuids().map(str)


@given(IDS)
def test_a_reference_is_short_plain_and_always_the_same(pupil_id: str) -> None:
    reference = reference_of(pupil_id)
    assert reference == reference_of(pupil_id)
    assert len(reference) == 15
    assert reference.startswith("HP")
    assert set(reference[2:]) <= set(SYMBOLS)
    assert is_reference(reference)


@given(IDS, st.integers(2, 14), st.sampled_from(SYMBOLS))
def test_one_wrong_symbol_is_noticed(pupil_id: str, at: int, symbol: str) -> None:
    reference = reference_of(pupil_id)
    wrong = reference[:at] + symbol + reference[at + 1 :]
    assert is_reference(wrong) is (wrong == reference)


def test_what_is_no_reference_is_none() -> None:
    reference = reference_of(new_id())
    for text in ("", "HP", reference[2:], reference.lower(), reference + "0", "XX" + reference[2:]):
        assert not is_reference(text)


def test_pupils_have_different_references() -> None:
    assert len({reference_of(new_id()) for _ in range(10_000)}) == 10_000
