"""Names open when record and key have both come, and never again once the key is erased."""

import base64
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from chassis import persons
from chassis.clock import new_id
from chassis.copies import write_newer
from chassis.sealing import MasterKeys, SealedPerson, new_key, seal
from contracts.admissions import PupilCell, StudentEnrolled, StudentWithdrawn
from contracts.lists import Grade, Sex, WithdrawalReason

MASTER = MasterKeys(base64.b64encode(bytes(32)).decode())
PUPIL, SCHOOL = new_id(), new_id()
CELL: dict[str, Any] = {
    "school_id": SCHOOL,
    "grade": Grade.G6,
    "sex": Sex.FEMALE,
    "ethnic_minority": False,
    "birth_year": 2015,
    "inclusion": False,
}
BOX = new_key()
ENROLLED = StudentEnrolled(
    pupil_id=PUPIL,
    version=1,
    school_year="2026-2027",
    day=date(2026, 9, 5),
    sealed=seal(SealedPerson(name="Nguyễn Thị An", birth_date=date(2015, 1, 2)), BOX, PUPIL),
    **CELL,
)
WITHDRAWN = StudentWithdrawn(
    pupil_id=PUPIL,
    version=2,
    school_year="2026-2027",
    day=date(2026, 10, 1),
    reason_code=WithdrawalReason.LEFT_PROVINCE,
    before=PupilCell(**CELL),
)


def key(version: int = 1) -> dict[str, object]:
    wrapped = MASTER.wrap(BOX, PUPIL)
    return {
        "pupil_id": PUPIL,
        "version": version,
        "wrapped_key": wrapped.wrapped_key,
        "key_id": wrapped.key_id,
    }


class Register:
    """What a service does with the facts about pupils."""

    def __init__(self, copies: Any) -> None:
        self.copies = copies
        self.names = persons.Names(MASTER, copies.Pupil, copies.SubjectKey)

    async def hear(self, *told: str) -> None:
        for one in told:
            async with self.copies.database.transaction() as session:
                match one:
                    case "key" | "renewed key":
                        rows = [key(1 if one == "key" else 2)]
                        await write_newer(session, self.copies.SubjectKey, rows)
                    case "tombstone":
                        await persons.erase(session, self.copies.SubjectKey, [PUPIL, PUPIL])
                    case _:
                        fact = ENROLLED if one == "enrolled" else WITHDRAWN
                        rows = [persons.enrolment_row(fact)]
                        await persons.copy_enrolments(session, self.copies.Pupil, rows)

    async def shown(self) -> str:
        async with self.copies.database.reading() as session:
            return (await self.names.shown(session, [PUPIL]))[PUPIL]


@pytest.fixture
def register(copies: Any) -> Register:
    return Register(copies)


@pytest.mark.parametrize("order", list(permutations(["enrolled", "key"])))
async def test_a_name_opens_when_both_have_come(register: Register, order: tuple[str, str]) -> None:
    assert await register.shown() == persons.NO_NAME
    await register.hear(order[0])
    assert await register.shown() == persons.NO_NAME
    await register.hear(order[1])
    assert await register.shown() == "Nguyễn Thị An"


async def test_who_leaves_keeps_the_name(register: Register) -> None:
    await register.hear("enrolled", "key", "withdrawn")
    assert await register.shown() == "Nguyễn Thị An"
    async with register.copies.database.reading() as session:
        assert list(await session.execute(text("SELECT enrolled FROM pupil"))) == [(False,)]


@pytest.mark.parametrize(
    "order", list(permutations(["enrolled", "key", "renewed key", "tombstone"]))
)
async def test_a_tombstone_erases_for_good_wherever_it_comes(
    register: Register, order: tuple[str, ...]
) -> None:
    """A key that was parked may be replayed after the tombstone; it must not revive anybody."""
    await register.hear(*order)
    assert await register.shown() == persons.ERASED
    async with register.copies.database.reading() as session:
        rows = await session.execute(text("SELECT wrapped_key, key_id FROM subject_key"))
        assert list(rows) == [(None, None)]


async def test_a_name_that_does_not_open_fails_nothing(register: Register) -> None:
    await register.hear("enrolled", "key")
    register.names = persons.Names(
        MasterKeys(base64.b64encode(bytes(31) + b"1").decode()),
        register.copies.Pupil,
        register.copies.SubjectKey,
    )
    assert await register.shown() == persons.NO_NAME


def test_who_has_no_name_stands_last_in_a_list() -> None:
    names = {"1": persons.NO_NAME, "2": "Lê Bình", "3": persons.ERASED, "4": "Bùi Thị An"}
    assert persons.in_list_order(names)[:2] == ["4", "2"]
