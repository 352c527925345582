"""What is queued, for whom, and that it is queued once."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import now


async def messages(book: Any) -> list[Any]:
    return list(await book.rows("SELECT * FROM message ORDER BY message_id"))


async def test_an_event_that_comes_three_times_is_told_once(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    for fact in (
        book.facts.scores({book.pupil: 850}),
        book.facts.transferred(book.pupil, 2, school_id=book.other_school),
        book.facts.assessed({book.pupil: 650_000}),
        book.facts.paid(book.pupil),
    ):
        same = book.document(fact)
        await book.hear(same, same, same)
    told = await messages(book)
    assert sorted(one.template for one in told) == [
        "fee-assessed",
        "fee-paid",
        "score-saved",
        "transferred",
    ]
    assert len(await book.rows("SELECT 1 FROM letter")) == 4


async def test_nothing_stops_a_second_row_but_the_database_itself(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    same = book.document(book.facts.scores({book.pupil: 850}))
    await book.hear(same)
    await book.execute("DELETE FROM delivery.inbox")
    await book.hear(same)
    assert len(await messages(book)) == 1


async def test_no_consent_no_address_no_link_no_message(book: Any) -> None:
    await book.classroom(book.pupil, book.sibling)
    await book.guardian(consents=["fees"])
    await book.guardian(email=None)
    await book.guardian(book.sibling)
    await book.hear(book.facts.scores({book.pupil: 850}))
    assert await messages(book) == []


async def test_consent_that_is_taken_back_holds_at_once(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.put(
        f"/guardians/{guardian_id}/consents/scores",
        {"given": False, "evidence_kind": "online", "evidence": None},
        token=f"guardian/{guardian_id}",
    )
    await book.hear(book.facts.scores({book.pupil: 850}))
    assert await messages(book) == []


async def test_two_children_in_one_save_are_one_message(book: Any) -> None:
    await book.classroom(book.pupil, book.sibling)
    both = await book.guardian(book.pupil, book.sibling)
    one = await book.guardian(book.sibling, name="Lê Thị Cúc", email="cuc@example.com")
    await book.hear(book.facts.scores({book.pupil: 850, book.sibling: 700}))
    told = {str(row.guardian_id): row for row in await messages(book)}
    assert {guardian: len(row.pupil_ids) for guardian, row in told.items()} == {both: 2, one: 1}
    assert [row["after"] for row in told[both].content["rows"]] == [850, 700]


async def test_a_cell_that_did_not_change_is_no_news(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    await book.hear(book.facts.scores({book.pupil: 850}, before={book.pupil: 850}))
    assert await messages(book) == []


async def test_scores_are_told_when_they_are_published_and_not_when_they_are_entered(
    book: Any,
) -> None:
    await book.classroom()
    await book.guardian()
    await book.hear(book.facts.published(version=2, published=False))
    saved = book.document(book.facts.scores({book.pupil: 700}))
    await book.hear(saved)
    assert await messages(book) == []
    await book.hear(book.facts.published({book.pupil: 700}, version=3))
    # Read again, with what is known now: the save was for nobody then.
    await book.hear(saved)
    await book.hear(book.facts.scores({book.pupil: 800}, before={book.pupil: 700}))
    await book.hear(book.facts.published({book.pupil: 800}, version=4, published=False))
    await book.hear(book.facts.scores({book.pupil: 900}, before={book.pupil: 800}))
    told = [(one.template, one.content["rows"][0]) for one in await messages(book)]
    assert [(name, row["before"], row["after"]) for name, row in told] == [
        ("score-saved", None, 700),
        ("score-saved", 700, 800),
        ("score-withdrawn", 800, None),
    ]


async def test_what_is_no_longer_news_is_not_told(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    old = book.document(book.facts.scores({book.pupil: 850}), at=now() - timedelta(hours=73))
    await book.hear(old)
    assert await messages(book) == []


async def test_enrolment_is_told_to_who_is_a_guardian_already(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    enrolled, _ = book.facts.person(book.pupil, version=2)
    await book.hear(enrolled.model_copy(update={"school_year": "2027-2028"}))
    [told] = await messages(book)
    assert (told.template, told.content["school_year"]) == ("enrolled", "2027-2028")


async def test_a_correction_of_the_register_is_no_news(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    await book.hear(book.facts.transferred(book.pupil, 2, inclusion=True))
    assert await messages(book) == []


async def test_no_name_stands_in_what_is_kept(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    await book.hear(book.facts.scores({book.pupil: 850}))
    kept = str(await book.rows("SELECT * FROM message")) + str(
        await book.rows("SELECT * FROM letter")
    )
    assert "Ánh" not in kept
    assert "Bình" not in kept
    assert "example.com" not in kept


@pytest.mark.parametrize("saves", [1, 3])
async def test_a_digest_is_one_letter_for_many_messages(book: Any, saves: int) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.awake(guardian_id, digest=True)
    for score in range(saves):
        await book.hear(book.facts.scores({book.pupil: 800 + 10 * score}))
    [letter] = await book.rows("SELECT * FROM letter")
    assert letter.slot == letter.not_before > letter.queued_at
    assert {str(row.letter_id) for row in await messages(book)} == {str(letter.letter_id)}
    assert len(await messages(book)) == saves


async def test_what_comes_after_the_digest_has_gone_is_in_the_next(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.awake(guardian_id, digest=True)
    await book.hear(book.facts.scores({book.pupil: 850}))
    await book.execute("UPDATE letter SET state = 'sending'")
    await book.hear(book.facts.scores({book.pupil: 700}))
    first, second = await book.rows("SELECT slot FROM letter ORDER BY slot")
    assert second.slot - first.slot == timedelta(days=1)


async def test_quiet_hours_put_a_letter_off(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    begins = (now().astimezone(book.zone) - timedelta(hours=1)).time().replace(microsecond=0)
    ends = (now().astimezone(book.zone) + timedelta(hours=1)).time().replace(microsecond=0)
    await book.put(
        f"/guardians/{guardian_id}/preferences",
        {
            "version": 0,
            "channels": ["email"],
            "quiet": {"begins": begins.isoformat(), "ends": ends.isoformat()},
            "digest": False,
        },
        token=f"guardian/{guardian_id}",
    )
    await book.hear(book.facts.scores({book.pupil: 850}))
    [letter] = await book.rows("SELECT * FROM letter")
    assert letter.not_before.astimezone(book.zone).time() == ends


async def test_a_guardian_who_is_not_reached_by_any_channel_hears_nothing(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.put(
        f"/guardians/{guardian_id}/preferences",
        {"version": 0, "channels": [], "quiet": None, "digest": False},
        token=f"guardian/{guardian_id}",
    )
    await book.hear(book.facts.scores({book.pupil: 850}))
    assert await messages(book) == []
