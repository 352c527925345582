"""Letters by SMTP: once, with a name that joins them last, and what each answer makes of them."""

from typing import Any

PUPIL = "pupil"


async def test_a_save_becomes_a_letter_and_is_told_of(book: Any, sink: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.awake(guardian_id)
    await book.hear(book.facts.scores({book.pupil: 850}))
    async with book.sending(sink.port, email_cost=30):
        await book.ended("delivered")
    [taken] = sink.taken
    assert taken.to == "binh@example.com"
    assert taken.headers["Subject"] == "Điểm Toán – Nguyễn Thị Ánh"
    assert "Kính gửi ông/bà Trần Văn Bình," in taken.body
    assert "- Nguyễn Thị Ánh (lớp 6A1): 8,5" in taken.body
    assert taken.headers["Auto-Submitted"] == "auto-generated"
    assert "X-Edu-Repeat" not in taken.headers
    [told] = await book.outbox("message-delivered")
    [message] = await book.rows("SELECT * FROM message")
    assert told.data == {
        "school_id": str(message.school_id),
        "channel": "email",
        "purpose": "scores",
        "template": "score-saved",
        "day": told.data["day"],
        "messages": [str(message.message_id)],
        "guardians": [guardian_id],
        "parts": [1],
        "costs": [30],
        "before": {"at": [], "value": []},
        "before_days": {"at": [], "value": []},
    }
    [attempt] = (await book.get(f"/messages/{message.message_id}"))["attempts"]
    assert (attempt["outcome"], attempt["code"]) == ("accepted", "250 2.0.0")
