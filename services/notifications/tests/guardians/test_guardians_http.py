"""Guardians over HTTP: what is kept, how it is kept, and what others are told."""

from typing import Any

import pytest

OFFICER = "department-officer"
GUARDIAN_ID = "019a0000-0000-7000-8000-000000000001"


async def test_a_guardian_is_registered_linked_and_told_of(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    found = await book.get(f"/guardians/{guardian_id}")
    assert (found["name"], found["email"], found["phone"]) == (
        "Trần Văn Bình",
        "binh@example.com",
        "+84912345678",
    )
    assert found["consents"] == ["enrolment", "fees", "scores"]
    assert found["reachable"] == ["email"]
    [pupil] = found["pupils"]
    assert pupil["name"] == "Nguyễn Thị Ánh"
    [told] = await book.outbox("guardian-linked")
    assert told.topic == "notifications.guardians.v1"
    assert told.key == pupil["pupil_id"] == book.pupil
    assert told.data["after"] == {"school_id": book.school, "grade": "6"}
    assert told.data["before"] is None
    assert told.data["version"] == 1


async def test_nobody_is_named_in_any_table_but_sealed(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    tables = await book.rows(
        "SELECT schemaname, tablename FROM pg_tables "
        "WHERE schemaname IN ('public', 'delivery') AND tablename <> 'alembic_version'"
    )
    for table in tables:
        # The names are the database's own.
        rows = await book.rows(f"SELECT t::text AS row FROM {table[0]}.{table[1]} t")  # noqa: S608
        everything = "\n".join(row.row for row in rows)
        for canary in ("Bình", "binh@", "912345678", "Phiếu số 12", "Nguyễn Thị Ánh"):
            assert canary not in everything, (table, canary)
    [row] = await book.rows("SELECT sealed FROM guardian WHERE guardian_id = :id", id=guardian_id)
    assert len(row.sealed) > 100


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("email", "binh@", "Địa chỉ thư điện tử không đúng."),
        ("email", "bình@example.com", "Địa chỉ thư điện tử không đúng."),
        ("email", "a@example.com\r\nBcc: b@example.com", "Địa chỉ thư điện tử không đúng."),
        ("phone", "12345", "Số điện thoại không đúng."),
        ("phone", "01234567890", "Số điện thoại không đúng."),
        ("phone", "0912345678/0987654321", "Số điện thoại không đúng."),
    ],
)
async def test_contacts_are_checked(book: Any, field: str, value: str, what: str) -> None:
    await book.classroom()
    body = {
        "name": "Trần Văn Bình",
        field: value,
        "pupils": [{"pupil_id": book.pupil, "relation": "father"}],
    }
    refused = await book.post("/guardians", {"guardians": [body]}, expect=422)
    assert refused["errors"][0]["where"] == f"guardians[0].{field}"
    assert what in refused["errors"][0]["what"]
    assert value not in str(refused)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0912345678", "+84912345678"),
        ("84912345678", "+84912345678"),
        ("+84 912.345.678", "+84912345678"),
        ("(024) 3825 5678", "+842438255678"),
        ("+1 650-253-0000", "+16502530000"),
    ],
)
async def test_a_phone_is_kept_in_one_form(book: Any, written: str, kept: str) -> None:
    await book.classroom()
    guardian_id = await book.guardian(phone=written)
    assert (await book.get(f"/guardians/{guardian_id}"))["phone"] == kept


async def test_a_transfer_moves_the_link_and_tells_before_and_after(book: Any) -> None:
    await book.classroom()
    await book.guardian()
    await book.guardian(name="Lê Thị Cúc", email="cuc@example.com")
    await book.hear(book.facts.transferred(book.pupil, 2, school_id=book.other_school))
    moved = (await book.outbox("guardian-linked"))[2:]
    assert len(moved) == 2
    for told in moved:
        assert told.data["before"]["school_id"] == book.school
        assert told.data["after"]["school_id"] == book.other_school
        assert (told.data["version"], told.data["day"]) == (2, "2026-10-01")
    assert {told.data["relation"] for told in moved} == {"father"}


async def test_links_add_up_to_the_schools_whatever_happens(book: Any) -> None:
    """What N50 is counted from: Σ after - Σ before, per school."""
    await book.classroom(book.pupil, book.sibling)
    first = await book.guardian(book.pupil, book.sibling)
    second = await book.guardian(book.pupil, name="Lê Thị Cúc", email="cuc@example.com")
    facts = book.facts
    await book.hear(facts.transferred(book.pupil, 2, school_id=book.other_school))
    await book.hear(facts.transferred(book.pupil, 1, school_id=book.school))  # stale
    await book.hear(facts.transferred(book.pupil, 3, school_id=book.other_school, inclusion=True))
    await book.put(
        f"/guardians/{second}/pupils/{book.pupil}", {"relation": "mother"}, token=OFFICER
    )
    await book.hear(facts.withdrawn(book.sibling, 2))
    await book.hear(facts.enrolled(book.sibling, 3, school_id=book.other_school))
    await book.post(
        f"/guardians/{first}/pupils/{book.pupil}/unlink",
        {"reason_code": "entry-error"},
        token=OFFICER,
    )
    counted: dict[str, int] = {}
    for told in await book.outbox():
        for side, sign in (("after", 1), ("before", -1)):
            if told.data.get(side):
                school = told.data[side]["school_id"]
                counted[school] = counted.get(school, 0) + sign
    kept = await book.rows(
        "SELECT school_id, count(*) AS n FROM guardian_link WHERE active GROUP BY 1"
    )
    assert {school: n for school, n in counted.items() if n} == {
        str(row.school_id): row.n for row in kept
    }
    assert counted[book.other_school] == 2
    versions: dict[tuple[str, str], list[int]] = {}
    for told in await book.outbox():
        key = (told.data["guardian_id"], told.data["pupil_id"])
        versions.setdefault(key, []).append(told.data["version"])
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


async def test_a_link_that_ended_can_be_made_again(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    path = f"/guardians/{guardian_id}/pupils/{book.pupil}"
    await book.post(f"{path}/unlink", {"reason_code": "entry-error"})
    await book.post(f"{path}/unlink", {"reason_code": "entry-error"}, expect=404)
    made = await book.put(path, {"relation": "legal-guardian"})
    assert made["version"] == 3
    again = await book.put(path, {"relation": "legal-guardian"})
    assert again["version"] == 3
    told = await book.outbox("guardian-linked")
    assert [one.data["version"] for one in told] == [1, 3]


async def test_a_guardian_may_have_children_at_several_schools(book: Any) -> None:
    await book.classroom()
    await book.hear(
        book.facts.school(book.other_school, name="THPT Lê Lợi"),
        *book.facts.person(book.sibling, "Nguyễn Văn An", school_id=book.other_school),
    )
    guardian_id = await book.guardian()
    there = f"principal/{book.id_of('principal there')}/{book.other_school}"
    await book.get(f"/guardians/{guardian_id}", token=there, expect=404)
    await book.put(
        f"/guardians/{guardian_id}/pupils/{book.sibling}", {"relation": "father"}, token=there
    )
    found = await book.get(f"/guardians/{guardian_id}", token=there)
    assert len(found["pupils"]) == 2


async def test_a_pupil_who_has_not_come_yet_is_asked_for_again_later(book: Any) -> None:
    body = {"name": "Bình", "pupils": [{"pupil_id": book.pupil, "relation": "father"}]}
    refused = await book.post("/guardians", {"guardians": [body]}, token=OFFICER, expect=409)
    assert refused["type"] == "urn:edu:problem:pupil-unknown"
    assert refused["errors"][0]["where"] == book.pupil
    assert await book.rows("SELECT 1 FROM guardian") == []


async def test_a_guardian_signs_in_under_the_id_that_was_given(book: Any) -> None:
    await book.classroom()
    assert await book.guardian(guardian_id=GUARDIAN_ID) == GUARDIAN_ID
    await book.get(f"/guardians/{GUARDIAN_ID}", token=f"guardian/{GUARDIAN_ID}")
    refused = {
        "guardian_id": GUARDIAN_ID,
        "name": "Người khác",
        "pupils": [{"pupil_id": book.pupil, "relation": "father"}],
    }
    answer = await book.post("/guardians", {"guardians": [refused]}, expect=409)
    assert answer["type"] == "urn:edu:problem:guardian-exists"


async def test_the_ledger_of_consents_is_never_changed(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian(consents=["scores"])
    mine = f"guardian/{guardian_id}"
    path = f"/guardians/{guardian_id}/consents"
    await book.put(f"{path}/fees", {"given": True, "evidence_kind": "online"}, token=mine)
    await book.put(
        f"{path}/scores",
        {"given": False, "evidence_kind": "recorded-call", "evidence": "Cuộc gọi 12/10"},
    )
    found = await book.get(path, token=mine)
    assert found["consents"] == ["fees"]
    assert [(one["purpose"], one["given"], one["evidence"]) for one in found["ledger"]] == [
        ("scores", True, "Phiếu số 12"),
        ("fees", True, None),
        ("scores", False, "Cuộc gọi 12/10"),
    ]
    with pytest.raises(Exception, match="append-only"):
        await book.execute("UPDATE consent SET given = true")
    with pytest.raises(Exception, match="append-only"):
        await book.execute("DELETE FROM consent")


async def test_nobody_consents_by_saying_nothing(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian(consents=[])
    assert (await book.get(f"/guardians/{guardian_id}"))["consents"] == []


async def test_wishes_are_versioned_and_only_offer_what_works(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    mine = f"guardian/{guardian_id}"
    path = f"/guardians/{guardian_id}/preferences"
    usual = await book.get(path, token=mine)
    assert (usual["version"], usual["channels"]) == (0, ["email"])
    assert usual["quiet"] == {"begins": "21:00:00", "ends": "06:30:00"}
    wish = {"version": 0, "channels": ["email"], "quiet": None, "digest": True}
    await book.put(path, wish, token=mine)
    stale = await book.put(path, wish, token=mine, expect=409)
    assert stale["version"] == 1
    await book.put(path, wish | {"version": 1, "channels": ["sms"]}, token=mine, expect=409)
    found = await book.get(path, token=mine)
    assert (found["version"], found["digest"], found["quiet"]) == (1, True, None)


async def test_the_class_sees_whom_to_ask_for_an_address(book: Any) -> None:
    await book.classroom(book.pupil, book.sibling)
    await book.guardian(email=None)
    found = await book.get(f"/classes/{book.id_of('class')}/guardians", token=book.homeroom)
    by_pupil = {one["pupil_id"]: one["guardians"] for one in found["pupils"]}
    assert by_pupil[book.sibling] == []
    [guardian] = by_pupil[book.pupil]
    assert (guardian["reachable"], guardian["phone"]) == ([], "+84912345678")


async def test_the_same_request_again_changes_nothing(book: Any) -> None:
    await book.classroom()
    body = {
        "guardians": [{"name": "Bình", "pupils": [{"pupil_id": book.pupil, "relation": "father"}]}]
    }
    first = await book.post("/guardians", body, key="one", expect=201)
    assert await book.post("/guardians", body, key="one", expect=201) == first
    assert len(await book.rows("SELECT 1 FROM guardian")) == 1


async def test_changed_contacts_need_the_version_that_was_read(book: Any) -> None:
    await book.classroom()
    guardian_id = await book.guardian()
    path = f"/guardians/{guardian_id}/contacts"
    changed = {"version": 1, "name": "Trần Bình", "email": "b@example.com"}
    assert (await book.put(path, changed))["version"] == 2
    assert (await book.put(path, changed, expect=409))["version"] == 2
