"""Class lists are sorted as Vietnamese ones are."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chassis.name_order import name_key

IN_ORDER = [
    "Trần Văn An",
    "Lê Thị Ánh",
    "Nguyễn Văn Ân",
    "Lê Bình",
    "Trần Bình",
    "Phạm Cường",
    "Lê Thị Dung",
    "Trần Văn Đức",
    "Võ Thị Em",
    "Ngô Hoa",
    "Ngô Hoà",
    "Ngô Hoá",
    "Lý Uyên",
    "Lý Ước",
]


@given(st.permutations(IN_ORDER))
def test_names_stand_by_given_name_letters_before_tones(names: list[str]) -> None:
    assert sorted(names, key=name_key) == IN_ORDER


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_text_has_a_place(names: list[str]) -> None:
    in_order = sorted(names, key=name_key)
    assert sorted(in_order) == sorted(names)


@given(st.sampled_from(IN_ORDER))
def test_how_a_name_is_encoded_does_not_matter(name: str) -> None:
    assert name_key(unicodedata.normalize("NFD", name)) == name_key(name)
