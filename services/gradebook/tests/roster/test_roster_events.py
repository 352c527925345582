"""The copies: older versions change nothing, names open when both halves have come."""

from typing import Any

import pytest

from contracts.envelope import Tombstone
from contracts.lists import Grade, Level
from contracts.privacy import SubjectKey

AN = "00000000-0000-4000-8000-000000000000"
YEAR = "2026-2027"
PUPIL = "SELECT version, grade, enrolled FROM pupil"


async def _name(book: Any) -> str:
    school_id = book.facts.school().school_id
    listed = await book.get(f"/schools/{school_id}/pupils", params={"school_year": YEAR})
    return str(listed["pupils"][0]["name"])


@pytest.mark.parametrize("key_first", [True, False])
async def test_a_name_opens_when_record_and_key_have_come_in_either_order(
    book: Any, key_first: bool
) -> None:
    person, key = book.facts.person(AN, "Nguyễn Thị An")
    if key_first:
        await book.hear(key)
    await book.hear(person)
    if not key_first:
        assert await _name(book) == "chưa có tên"
        await book.hear(key)
    assert await _name(book) == "Nguyễn Thị An"


async def test_an_erased_person_has_no_name_whatever_comes_again(book: Any) -> None:
    person, key = book.facts.person(AN, "Nguyễn Thị An")
    await book.hear(person)
    await book.hear(key)
    await book.hear(Tombstone(AN))
    assert await _name(book) == "đã xoá thông tin cá nhân"
    await book.hear(key)
    await book.hear(person)
    assert await _name(book) == "đã xoá thông tin cá nhân"


async def test_a_key_that_comes_after_its_tombstone_revives_nobody(book: Any) -> None:
    """It was parked, and somebody replays it later."""
    person, key = book.facts.person(AN, "Nguyễn Thị An")
    await book.hear(person)
    await book.hear(Tombstone(AN))
    await book.hear(key)
    assert await _name(book) == "đã xoá thông tin cá nhân"


async def test_a_key_that_does_not_open_shows_no_name_and_fails_nothing(book: Any) -> None:
    person, key = book.facts.person(AN, "Nguyễn Thị An")
    await book.hear(person)
    await book.hear(SubjectKey(**key.model_dump(exclude={"key_id"}), key_id="another"))
    assert await _name(book) == "chưa có tên"


async def test_a_renewed_key_takes_the_place_of_the_old_one(book: Any) -> None:
    person, key = book.facts.person(AN, "Nguyễn Thị An")
    await book.hear(person)
    await book.hear(SubjectKey(**key.model_dump(exclude={"key_id"}), key_id="another"))
    await book.hear(key.model_copy(update={"version": 2}))
    assert await _name(book) == "Nguyễn Thị An"


async def test_older_versions_and_duplicates_change_nothing(book: Any) -> None:
    newer = book.facts.transferred(AN, 2, grade=Grade.G7)
    await book.hear(newer)
    await book.hear(book.facts.enrolled(AN), newer)
    assert await book.rows(PUPIL) == [(2, "7", True)]


async def test_all_of_a_batch_counts_in_the_order_of_the_log(book: Any) -> None:
    await book.hear(
        book.facts.enrolled(AN),
        book.facts.transferred(AN, 2, grade=Grade.G7),
        book.facts.withdrawn(AN, 3),
    )
    assert await book.rows(PUPIL) == [(3, "6", False)]
    assert await book.rows("SELECT sealed FROM pupil") == [("c2VhbGVk",)]


async def test_a_school_is_as_its_newest_fact_says(book: Any) -> None:
    await book.hear(
        book.facts.school(),
        book.facts.school(version=3, name="THCS Mới", levels=(Level.THCS, Level.OTHER)),
        book.facts.school(version=2, name="THCS Cũ"),
    )
    assert await book.rows("SELECT version, name, levels FROM school") == [
        (3, "THCS Mới", ["THCS", "other"])
    ]


async def test_a_calendar_is_kept(book: Any) -> None:
    await book.hear(book.facts.year(), book.facts.year())
    assert await book.rows("SELECT school_year, version FROM school_year") == [(YEAR, 1)]
