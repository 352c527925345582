"""Facts of others become copies: in any order, more than once, and a person can be erased."""

from typing import Any

from contracts.envelope import Tombstone
from contracts.gradebook import PupilPlaced

CANARY = "chim hoàng yến"
AN, BINH = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(2))


async def test_an_older_fact_changes_nothing(desk: Any) -> None:
    await desk.begin(AN)
    await desk.hear(desk.facts.transferred(AN, 3, school_id=desk.other_school))
    await desk.hear(desk.facts.enrolled(AN, 2))
    await desk.hear(desk.facts.school(version=2, name="THCS Mới"))
    await desk.hear(desk.facts.school(version=1, name="THCS Cũ"))
    assert await desk.rows("SELECT version, school_id::text FROM pupil") == [(3, desk.other_school)]
    assert await desk.rows("SELECT name FROM school") == [("THCS Mới",)]


async def test_the_same_fact_twice_is_one(desk: Any) -> None:
    await desk.begin(AN)
    before = await desk.rows("SELECT * FROM pupil, placement, school_class")
    await desk.hear(desk.facts.enrolled(AN))
    await desk.hear(desk.facts.placed(AN))
    assert await desk.rows("SELECT * FROM pupil, placement, school_class") == before


async def test_who_leaves_a_class_is_no_longer_charged_with_it(desk: Any) -> None:
    await desk.begin(AN, BINH)
    left = desk.facts.placed(AN).model_dump() | {"version": 2, "class_id": None}
    await desk.hear(PupilPlaced(**left))
    assessed = await desk.assess(await desk.item(), [], class_id=desk.class_id)
    assert [charge["pupil_id"] for charge in assessed["charges"]] == [BINH]


async def test_a_name_opens_when_record_and_key_have_come_in_either_order(desk: Any) -> None:
    await desk.begin()
    enrolment, key = desk.facts.person(AN, "Nguyễn Văn An")
    await desk.hear(key)
    await desk.hear(enrolment)
    assert (await desk.account(AN))["name"] == "Nguyễn Văn An"
    enrolment, key = desk.facts.person(BINH, "Trần Thị Bình")
    await desk.hear(enrolment)
    assert (await desk.account(BINH))["name"] == "chưa có tên"
    await desk.hear(key)
    assert (await desk.account(BINH))["name"] == "Trần Thị Bình"


async def test_an_erased_person_has_no_name_and_no_words_but_the_figures_stay(desk: Any) -> None:
    await desk.begin()
    enrolment, key = desk.facts.person(AN, "Nguyễn Văn An")
    await desk.hear(enrolment)
    await desk.hear(key)
    charge = await desk.charge(AN, 100_000)
    paid = await desk.pay(AN, 60_000, note=f"{CANARY} bà ngoại nộp.")
    body = {"reason_code": "refunded", "reason": f"{CANARY} xin rút."}
    path = f"/payments/{paid['payment_id']}/reversals"
    reversal = await desk.post(path, body, token=desk.cashier)
    no = {"approve": False, "reason": f"{CANARY} đã nhận bữa ăn."}
    await desk.ask("POST", f"/reversals/{reversal['reversal_id']}/decision", no)
    correction = {
        "period": "CN",
        "pupils": [{"pupil_id": AN, "quantity": 2, "exemption": None}],
        "reason_code": "other",
        "reason": f"{CANARY} học thêm.",
    }
    path = f"/fee-items/{charge['fee_item_id']}/corrections"
    await desk.ask("POST", path, correction)
    assert await _tables_that_hold(desk, CANARY) == {"payment", "reversal", "charge_change"}
    await desk.hear(Tombstone(AN))
    assert await _tables_that_hold(desk, CANARY) == set()
    account = await desk.account(AN)
    assert account["name"] == "đã xoá thông tin cá nhân"
    assert account["owed"] == 140_000


async def _tables_that_hold(desk: Any, words: str) -> set[str]:
    tables = await desk.rows(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename), tablename FROM pg_tables"
        " WHERE schemaname IN ('public', 'delivery') AND tablename <> 'alembic_version'"
    )
    found = set()
    for full_name, table in tables:
        column = "convert_from(body, 'UTF8')" if table == "idempotency_key" else "t::text"
        statement = f"SELECT count(*) FROM {full_name} t WHERE {column} LIKE :words"  # noqa: S608
        if await desk.rows(statement, words=f"%{words}%") != [(0,)]:
            found.add(str(table))
    return found
