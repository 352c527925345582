"""Between queueing and sending much may change: each letter is looked at again."""

from typing import Any

from edu.testing import eventually


async def test_consent_taken_back_withdraws_what_waits(book: Any, sink: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.awake(guardian_id)
    await book.hear(book.facts.scores({book.pupil: 850}))
    no = {"given": False, "evidence_kind": "online"}
    await book.put(f"/guardians/{guardian_id}/consents/scores", no, token=f"guardian/{guardian_id}")
    async with book.sending(sink.port):
        await book.ended("cancelled")
    assert await book.states() == [("cancelled", "nothing-left")]
    assert sink.taken == []
    assert await book.outbox("message-failed") == []


async def test_who_is_no_longer_a_guardian_hears_nothing_more(book: Any, sink: Any) -> None:
    await book.classroom(book.pupil, book.sibling)
    guardian_id = await book.guardian(book.pupil, book.sibling)
    await book.awake(guardian_id)
    await book.hear(book.facts.scores({book.pupil: 850, book.sibling: 700}))
    await book.post(
        f"/guardians/{guardian_id}/pupils/{book.pupil}/unlink",
        {"reason_code": "custody-changed"},
    )
    async with book.sending(sink.port):
        await book.ended("delivered")
    [taken] = sink.taken
    assert taken.body.count("lớp 6A1") == 1
    assert ": 7" in taken.body


async def test_a_new_address_is_used_at_once(book: Any, sink: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.awake(guardian_id)
    await book.hear(book.facts.scores({book.pupil: 850}))
    changed = {"version": 1, "name": "Trần Văn Bình", "email": "moi@example.com"}
    await book.put(f"/guardians/{guardian_id}/contacts", changed)
    async with book.sending(sink.port):
        await book.ended("delivered")
    assert sink.taken[0].to == "moi@example.com"


async def test_an_address_that_is_gone_withdraws_what_waits(book: Any, sink: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.awake(guardian_id)
    await book.hear(book.facts.scores({book.pupil: 850}))
    changed = {"version": 1, "name": "Trần Văn Bình", "phone": "0912345678"}
    await book.put(f"/guardians/{guardian_id}/contacts", changed)
    async with book.sending(sink.port):
        await book.ended("cancelled")
    assert await book.states() == [("cancelled", "no-address")]


async def test_a_name_that_has_not_come_is_waited_for(book: Any, sink: Any) -> None:
    enrolled, key = book.facts.person(book.pupil)
    await book.hear(book.facts.school(), book.facts.class_6a(), enrolled)
    await book.hear(book.facts.placed(book.pupil), book.facts.published())
    await book.awake(await book.guardian())
    await book.hear(book.facts.scores({book.pupil: 850}))
    async with book.sending(sink.port):

        async def put_off() -> bool:
            [letter] = await book.rows("SELECT not_before > now() AS waits FROM letter")
            return bool(letter.waits)

        await eventually(put_off)
        await book.hear(key)
        await book.execute("UPDATE letter SET not_before = now()")
        await book.ended("delivered")
    assert "Nguyễn Thị Ánh" in sink.taken[0].body
    # It was never begun while it waited.
    assert len(await book.rows("SELECT 1 FROM attempt")) == 1


async def test_a_digest_says_everything_of_the_day_in_one_letter(book: Any, sink: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.awake(guardian_id, digest=True)
    await book.hear(
        book.facts.scores({book.pupil: 850}),
        book.facts.assessed({book.pupil: 650_000}),
        book.facts.paid(book.pupil),
    )
    no = {"given": False, "evidence_kind": "online"}
    await book.put(f"/guardians/{guardian_id}/consents/scores", no, token=f"guardian/{guardian_id}")
    await book.execute("UPDATE letter SET not_before = now()")
    async with book.sending(sink.port, email_cost=100):
        await book.ended("delivered")
    [taken] = sink.taken
    assert "(2 tin)" in taken.headers["Subject"]
    assert "Điểm" not in taken.body
    told = {one.data["template"]: one.data for one in await book.outbox("message-delivered")}
    assert set(told) == {"fee-assessed", "fee-paid"}
    # One letter was paid for: the first message carries its part and its cost.
    assert sorted(one["parts"] + one["costs"] for one in told.values()) == [[0, 0], [1, 100]]
    left_out = await book.rows("SELECT template FROM message WHERE left_out")
    assert [row.template for row in left_out] == ["score-saved"]


async def test_many_alike_are_told_in_one_fact(book: Any, sink: Any) -> None:
    pupils = [book.id_of(f"pupil {number}") for number in range(30)]
    await book.classroom(*pupils)
    for number, pupil in enumerate(pupils):
        guardian_id = await book.guardian(pupil, email=f"g{number}@example.com")
        await book.awake(guardian_id)
    await book.hear(book.facts.scores(dict.fromkeys(pupils, 850)))
    async with book.sending(sink.port):
        await book.ended(*["delivered"] * 30, within=60)
    facts = await book.outbox("message-delivered")
    assert sum(len(one.data["messages"]) for one in facts) == 30
    assert len({message for one in facts for message in one.data["messages"]}) == 30
    assert len(facts) < 30
    assert len({one.to for one in sink.taken}) == 30
