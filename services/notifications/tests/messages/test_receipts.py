"""Reports of the receiving side (RFC 3464): a bounce counts, wherever it comes from."""

from typing import Any

import pytest

from notifications.messages.receipts import Report, read_report

SERVICE = "service"

REPORT = """\
From: MAILER-DAEMON@mx.example.com
To: lien-lac@so-giao-duc.example.vn
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain; charset=utf-8

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; binh@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: {kind}

From: lien-lac@so-giao-duc.example.vn
Message-ID: <{letter_id}@so-giao-duc.example.vn>
Subject: =?utf-8?q?x?=

--b--
"""


def report(
    letter_id: str,
    action: str = "failed",
    status: str = "5.1.1",
    kind: str = "message/rfc822",
) -> bytes:
    text = REPORT.format(letter_id=letter_id, action=action, status=status, kind=kind)
    return text.replace("\n", "\r\n").encode()


LETTER = "019a0000-0000-7000-8000-000000000001"


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_is_read_with_the_letter_whole_or_as_headers(kind: str) -> None:
    assert read_report(report(LETTER, kind=kind)) == Report(LETTER, "failed", "5.1.1")


async def delivered(book: Any, sink: Any) -> str:
    await book.classroom()
    await book.awake(await book.guardian())
    await book.hear(book.facts.scores({book.pupil: 850}))
    async with book.sending(sink.port, email_cost=30):
        await book.ended("delivered")
    [letter] = await book.rows("SELECT letter_id FROM letter")
    return str(letter.letter_id)


@pytest.mark.parametrize(("status", "reason"), [("5.1.1", "address-refused"), ("5.2.2", "bounced")])
async def test_a_bounce_takes_back_what_was_counted(
    book: Any, sink: Any, status: str, reason: str
) -> None:
    letter_id = await delivered(book, sink)
    for _ in range(3):  # reports come twice, too
        taken = await book.post(
            "/receipts/email", content=report(letter_id, status=status), token=SERVICE, expect=202
        )
        assert taken == {"letter_id": letter_id, "action": "failed", "status": status}
    assert await book.states() == [("failed", reason)]
    [told] = await book.outbox("message-failed")
    assert told.data["before"] == {"at": [0], "value": ["delivered"]}
    assert told.data["before_days"] == {"at": [], "value": []}
    assert (told.data["parts"], told.data["costs"]) == ([1], [30])
    assert told.data["reason_code"] == reason
    [message] = await book.rows("SELECT message_id FROM message")
    seen = await book.get(f"/messages/{message.message_id}")
    assert [one["status"] for one in seen["receipts"]] == [status] * 3


async def test_a_bounce_days_later_says_on_which_day_the_message_counted(
    book: Any, sink: Any
) -> None:
    letter_id = await delivered(book, sink)
    await book.execute(
        "UPDATE letter SET ended_at = '2026-10-12T16:59:00Z'"
    )  # a minute to midnight
    await book.post("/receipts/email", content=report(letter_id), token=SERVICE, expect=202)
    [told] = await book.outbox("message-failed")
    assert told.data["before_days"] == {"at": [0], "value": ["2026-10-12"]}
    assert told.data["day"] > "2026-10-12"


async def test_a_delay_changes_nothing(book: Any, sink: Any) -> None:
    letter_id = await delivered(book, sink)
    late = report(letter_id, "delayed", "4.4.1")
    await book.post("/receipts/email", content=late, token=SERVICE, expect=202)
    assert await book.states() == [("delivered", None)]


async def test_a_late_success_ends_a_doubt(book: Any, sink: Any) -> None:
    letter_id = await delivered(book, sink)
    await book.execute("UPDATE letter SET state = 'unknown'")
    good = report(letter_id, "delivered", "2.0.0")
    await book.post("/receipts/email", content=good, token=SERVICE, expect=202)
    assert await book.states() == [("delivered", None)]
    told = (await book.outbox("message-delivered"))[-1]
    assert told.data["before"] == {"at": [0], "value": ["failed"]}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"hello", 422),
        (report("not-an-id"), 422),
        (report(LETTER, status="none"), 422),
        (report(LETTER, action=""), 422),
        (report(LETTER), 404),
        (b"\xff\xfe\x00", 422),
        (b"Content-Type: multipart/report; boundary=x\n\n--x\n" * 50, 422),
    ],
)
async def test_what_is_no_report_about_our_letters_is_refused(
    book: Any, content: bytes, status: int
) -> None:
    await book.post("/receipts/email", content=content, token=SERVICE, expect=status)


async def test_only_a_program_brings_receipts(book: Any) -> None:
    await book.post("/receipts/email", content=report(LETTER), expect=403)
