"""Absences: told at once, withdrawn or corrected once when the roll-call is corrected."""

from datetime import date
from typing import Any

import pytest

from contracts.attendance import Absence, AttendanceMarked, Session
from contracts.columns import Sparse
from contracts.lists import Grade
from edu.testing.facts import TEACHER, YEAR
from edu.testing.service import Told

WITHOUT, WITH, LATE = Absence.WITHOUT_LEAVE, Absence.WITH_LEAVE, Absence.LATE
DAY = date(2026, 11, 20)


def marked(
    book: Any,
    after: dict[str, Absence | None],
    before: dict[str, Absence] | None = None,
    session: Session = Session.MORNING,
) -> AttendanceMarked:
    """Give the first roll-call of the session, or what a correction changes."""
    return AttendanceMarked(
        class_id=book.facts.CLASS,
        school_id=book.facts.SCHOOL,
        school_year=YEAR,
        grade=Grade.G6,
        day=DAY,
        session=session,
        marked_by=TEACHER,
        pupils_due=40,
        before_pupils_due=0 if before is None else 40,
        pupils=tuple(after),
        after=tuple(after.values()),
        before=Sparse[Absence].of([(before or {}).get(pupil) for pupil in after]),
    )


@pytest.fixture
async def guardian_id(book: Any) -> str:
    await book.classroom(book.pupil, book.sibling)
    found: str = await book.guardian(book.pupil, book.sibling, consents=["attendance"])
    return found


async def told(book: Any) -> list[Any]:
    """Return what each message says, in the order in which they were queued."""
    rows = await book.rows("SELECT content FROM message ORDER BY message_id")
    return [
        [(one["after"], one["corrects"], one["before"]) for one in row.content["rows"]]
        for row in rows
    ]


@pytest.mark.usefixtures("guardian_id")
async def test_an_absence_is_told_once_and_at_any_hour(book: Any, sink: Any) -> None:
    same = book.document(marked(book, {book.pupil: WITHOUT}))
    await book.hear(same, same)
    [letter] = await book.rows("SELECT not_before <= queued_at AS now, slot FROM letter")
    assert (letter.now, letter.slot) == (True, None)
    async with book.sending(sink.port):
        await book.ended("delivered")
    [taken] = sink.taken
    assert "vắng không phép" in taken.body
    assert "buổi sáng ngày 20/11/2026" in taken.body
    [fact] = await book.outbox("message-delivered")
    assert (fact.data["purpose"], fact.data["template"]) == ("attendance", "absence-marked")


async def test_no_digest_and_no_quiet_hours_hold_it_back(
    book: Any, sink: Any, guardian_id: str
) -> None:
    quiet = {"begins": "00:00:00", "ends": "23:59:59"}
    await book.put(
        f"/guardians/{guardian_id}/preferences",
        {"version": 0, "channels": ["email"], "quiet": quiet, "digest": True},
        token=f"guardian/{guardian_id}",
    )
    await book.hear(marked(book, {book.pupil: LATE}))
    async with book.sending(sink.port):
        await book.ended("delivered")


@pytest.mark.usefixtures("guardian_id")
async def test_a_correction_before_it_was_sent_withdraws_the_notice(book: Any, sink: Any) -> None:
    await book.hear(marked(book, {book.pupil: WITHOUT}))
    await book.hear(marked(book, {book.pupil: None}, {book.pupil: WITHOUT}))
    async with book.sending(sink.port):
        await book.ended("cancelled")
    assert sink.taken == []
    assert await book.states() == [("cancelled", "nothing-left")]


@pytest.mark.usefixtures("guardian_id")
async def test_both_in_one_batch_say_nothing(book: Any) -> None:
    first = marked(book, {book.pupil: WITHOUT})
    second = marked(book, {book.pupil: None}, {book.pupil: WITHOUT})
    await Told.hear(book, first, second)
    [message] = await book.rows("SELECT withdrawn FROM message")
    assert [str(one) for one in message.withdrawn] == [book.pupil]


@pytest.mark.usefixtures("guardian_id")
async def test_a_correction_after_it_was_sent_says_so_once(book: Any, sink: Any) -> None:
    await book.hear(marked(book, {book.pupil: WITHOUT}))
    async with book.sending(sink.port):
        await book.ended("delivered")
        same = book.document(marked(book, {book.pupil: None}, {book.pupil: WITHOUT}))
        await book.hear(same, same)
        await book.ended("delivered", "delivered")
    notice, correction = sink.taken
    assert "Đính chính" not in notice.headers["Subject"]
    assert correction.headers["Subject"].startswith("Đính chính chuyên cần")
    assert "có mặt; thông báo trước (vắng không phép) không còn đúng" in correction.body.replace(
        "\n", " "
    )


@pytest.mark.usefixtures("guardian_id")
async def test_what_may_have_been_sent_is_corrected_and_not_said_again(book: Any) -> None:
    """A letter under way: if it comes back unsent, its notice is not said any more."""
    await book.hear(marked(book, {book.pupil: WITHOUT}))
    await book.execute("UPDATE letter SET state = 'sending'")
    await book.hear(marked(book, {book.pupil: WITH}, {book.pupil: WITHOUT}))
    assert await told(book) == [
        [("without-leave", False, None)],
        [("with-leave", True, "without-leave")],
    ]
    [first, _] = await book.rows("SELECT withdrawn FROM message ORDER BY message_id")
    assert [str(one) for one in first.withdrawn] == [book.pupil]


@pytest.mark.usefixtures("guardian_id")
async def test_leave_that_comes_before_the_letter_goes_is_all_that_is_said(
    book: Any, sink: Any
) -> None:
    await book.hear(marked(book, {book.pupil: WITHOUT}))
    await book.hear(marked(book, {book.pupil: WITH}, {book.pupil: WITHOUT}))
    async with book.sending(sink.port):
        await book.ended("cancelled", "delivered")
    [taken] = sink.taken
    assert "vắng có phép" in taken.body
    assert "không còn đúng" not in taken.body


@pytest.mark.usefixtures("guardian_id")
async def test_of_two_children_only_the_corrected_one_is_withdrawn(book: Any, sink: Any) -> None:
    await book.hear(marked(book, {book.pupil: WITHOUT, book.sibling: LATE}))
    await book.hear(marked(book, {book.pupil: None}, {book.pupil: WITHOUT}))
    async with book.sending(sink.port):
        await book.ended("delivered")
    [taken] = sink.taken
    assert "đi muộn" in taken.body
    assert "vắng" not in taken.body


@pytest.mark.usefixtures("guardian_id")
async def test_another_session_is_another_notice(book: Any) -> None:
    await book.hear(marked(book, {book.pupil: WITHOUT}))
    await book.hear(marked(book, {book.pupil: WITHOUT}, session=Session.AFTERNOON))
    await book.hear(
        marked(book, {book.pupil: None}, {book.pupil: WITHOUT}, session=Session.AFTERNOON)
    )
    rows = await book.rows("SELECT withdrawn IS NULL AS holds FROM message ORDER BY message_id")
    assert [row.holds for row in rows] == [True, False]


@pytest.mark.usefixtures("guardian_id")
async def test_absent_there_and_absent_again_is_told_as_it_now_is(book: Any) -> None:
    await book.hear(marked(book, {book.pupil: WITHOUT}))
    await book.execute("UPDATE letter SET state = 'delivered'")
    await book.hear(marked(book, {book.pupil: None}, {book.pupil: WITHOUT}))
    await book.execute("UPDATE letter SET state = 'delivered'")
    await book.hear(marked(book, {book.pupil: LATE}, {}))
    assert await told(book) == [
        [("without-leave", False, None)],
        [(None, True, "without-leave")],
        [("late", True, None)],
    ]


async def test_without_consent_nothing_is_said(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    await book.hear(marked(book, {book.pupil: WITHOUT}))
    assert await told(book) == []
