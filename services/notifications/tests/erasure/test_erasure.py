"""Forgetting a guardian, or a pupil: nothing personal is left, and others are told."""

from typing import Any

import pytest

from contracts.envelope import Tombstone

OFFICER = "department-officer"


async def everything(book: Any) -> str:
    """Return the content of all tables, the outbox among them, as one text."""
    tables = await book.rows(
        "SELECT schemaname, tablename FROM pg_tables "
        "WHERE schemaname IN ('public', 'delivery') AND tablename <> 'alembic_version'"
    )
    texts = []
    for schema, name in tables:
        # The names are the database's own.
        rows = await book.rows(f"SELECT t::text AS row FROM {schema}.{name} t")  # noqa: S608
        texts += [row.row for row in rows]
    return "\n".join(texts)


async def opened(book: Any, guardian_id: str) -> Any:
    """Return what an officer can read of a guardian."""
    return await book.get(f"/guardians/{guardian_id}", token=OFFICER)


async def test_a_guardian_is_forgotten(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.awake(guardian_id)
    await book.hear(book.facts.scores({book.pupil: 850}))
    await book.execute("UPDATE letter SET state = 'delivered', ended_at = now()")
    await book.hear(book.facts.scores({book.pupil: 700}))
    erased = await book.post(f"/guardians/{guardian_id}/erase", {"version": 1}, token=OFFICER)
    assert erased["erased"]

    found = await opened(book, guardian_id)
    assert (found["name"], found["email"], found["phone"], found["pupils"]) == (
        None,
        None,
        None,
        [],
    )
    [row] = await book.rows("SELECT * FROM guardian")
    assert (row.sealed, row.wrapped_key, row.key_id) == (None, None, None)
    consents = await book.get(f"/guardians/{guardian_id}/consents", token=OFFICER)
    assert {one["evidence"] for one in consents["ledger"]} == {None}
    assert {row.content for row in await book.rows("SELECT content FROM message")} == {None}
    [told] = await book.outbox("guardian-unlinked")
    assert told.data["reason_code"] == "guardian-erased"
    assert told.data["before"]["school_id"] == book.school
    # What waited is withdrawn; what was delivered stays counted.
    assert await book.states() == [("delivered", None), ("cancelled", "erased")]
    await book.hear(book.facts.scores({book.pupil: 900}))
    assert len(await book.states()) == 2
    again = await book.post(f"/guardians/{guardian_id}/erase", {"version": 9}, token=OFFICER)
    assert again["erased"]


async def test_a_pupil_is_forgotten_and_who_is_guardian_of_nobody_else(book: Any) -> None:
    await book.classroom(book.pupil, book.sibling)
    alone = await book.guardian(book.pupil)
    both = await book.guardian(book.pupil, book.sibling, name="Lê Thị Cúc", email="cuc@example.com")
    await book.hear(book.facts.scores({book.pupil: 850, book.sibling: 700}))
    await book.hear(Tombstone(book.pupil))
    unlinked = await book.outbox("guardian-unlinked")
    assert {told.data["guardian_id"] for told in unlinked} == {alone, both}
    assert {told.data["reason_code"] for told in unlinked} == {"pupil-erased"}
    assert (await opened(book, alone))["name"] is None
    remaining = await opened(book, both)
    assert remaining["name"] == "Lê Thị Cúc"
    assert [one["pupil_id"] for one in remaining["pupils"]] == [book.sibling]
    [key] = await book.rows("SELECT * FROM subject_key WHERE pupil_id = :id", id=book.pupil)
    assert key.wrapped_key is None
    assert "850" not in str(await book.rows("SELECT content FROM message"))


async def test_a_tombstone_may_come_for_whom_nobody_knows_and_twice(book: Any) -> None:
    await book.hear(Tombstone(book.pupil), Tombstone(book.pupil))
    assert await book.outbox() == []


async def test_an_erased_guardian_is_not_linked_again(book: Any) -> None:
    await book.classroom(book.pupil, book.sibling)
    guardian_id = await book.guardian()
    await book.post(f"/guardians/{guardian_id}/erase", {"version": 1}, token=OFFICER)
    path = f"/guardians/{guardian_id}/pupils/{book.sibling}"
    await book.put(path, {"relation": "father"}, expect=404)


@pytest.mark.parametrize("canary", ["Trần Văn Bình", "binh@example.com", "912345678"])
async def test_nothing_personal_was_ever_written_in_the_clear(book: Any, canary: str) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    await book.get(f"/guardians/{guardian_id}")
    changed = {"version": 1, "name": "Trần Văn Bình", "email": "binh@example.com"}
    await book.put(f"/guardians/{guardian_id}/contacts", changed)
    assert canary not in await everything(book)
