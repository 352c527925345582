"""Copied pupils: the sealed person and the key that opens it, which come in either order.

The sealed bytes arrive with the enrolment, the wrapped key on a topic of its own; a name is opened
when it is read and stands nowhere in the clear. A tombstone in place of the key erases the person:
what stays sealed is noise, and what counts the pupil stays under an id that means nobody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Text, select
from sqlmodel import Field, SQLModel

from chassis.columns import Id, among, code, table_of
from chassis.copies import write_newer
from chassis.database import Session
from chassis.name_order import name_key
from chassis.sealing import MasterKeys, SealError, WrappedKey
from contracts.admissions import StudentEnrolled, StudentTransferred, StudentWithdrawn
from contracts.lists import Grade

EnrolmentFact = StudentEnrolled | StudentTransferred | StudentWithdrawn

NO_NAME = "chưa có tên"
"""Shown for a pupil whose record or key has not come yet."""

ERASED = "đã xoá thông tin cá nhân"
"""Shown for a pupil whose key was erased."""

_LAST_VERSION = 2**31 - 1
"""Of an erased key. No later one can follow, not even one that had been parked before it."""

_log = structlog.get_logger("chassis.persons")


class EnrolmentCopy(SQLModel):
    """Where a pupil is enrolled now, or was last; the person is sealed."""

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    school_id: str = Field(sa_type=Id)
    school_year: str
    grade: Grade = Field(sa_type=code(Grade))
    enrolled: bool
    sealed: str | None = Field(sa_type=Text)


class SubjectKeyCopy(SQLModel):
    """A pupil's wrapped key, without which the sealed person is noise; none once erased."""

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    wrapped_key: str | None
    key_id: str | None


def enrolment_row(fact: EnrolmentFact) -> dict[str, object]:
    """Give what an :class:`EnrolmentCopy` keeps of any of the three facts."""
    match fact:
        case StudentEnrolled():
            cell: Any = fact
        case StudentTransferred():
            cell = fact.after
        case StudentWithdrawn():
            cell = fact.before
    return {
        "pupil_id": fact.pupil_id,
        "version": fact.version,
        "school_id": cell.school_id,
        "school_year": fact.school_year,
        "grade": cell.grade,
        "enrolled": not isinstance(fact, StudentWithdrawn),
        "sealed": None if isinstance(fact, StudentWithdrawn) else fact.sealed,
    }


async def copy_enrolments(
    session: Session, copy: type[EnrolmentCopy], rows: Iterable[Mapping[str, object]]
) -> None:
    """Take over where pupils study; a withdrawal keeps the person as last known."""
    await write_newer(session, copy, rows, keep=("sealed",))


async def erase(session: Session, keys: type[SubjectKeyCopy], pupil_ids: Collection[str]) -> None:
    """Forget these pupils as persons, for good, whether or not their keys have come."""
    last: dict[str, object] = {"version": _LAST_VERSION, "wrapped_key": None, "key_id": None}
    await write_newer(session, keys, [last | {"pupil_id": id_} for id_ in set(pupil_ids)])


class NameState(NamedTuple):
    """A pupil's name, if it can be read."""

    name: str | None
    erased: bool
    """Nobody will ever read it again; otherwise it may still arrive."""

    @property
    def shown(self) -> str:
        """The name, or what stands in its place before people."""
        return self.name or (ERASED if self.erased else NO_NAME)


class Names:
    """Opens pupils' names when they are read; nowhere else do they exist in the clear."""

    def __init__(
        self,
        master_keys: MasterKeys,
        enrolments: type[EnrolmentCopy],
        keys: type[SubjectKeyCopy],
    ) -> None:
        """Take what unwraps a pupil's key, and the service's two copies."""
        self._master_keys = master_keys
        key, pupil = table_of(keys).c, table_of(enrolments).c
        self._persons = (
            select(key.pupil_id, pupil.sealed, key.wrapped_key, key.key_id)
            .join(table_of(enrolments), pupil.pupil_id == key.pupil_id, isouter=True)
            .where(among(key.pupil_id, "pupil_ids"))
        )

    async def of(self, session: Session, pupil_ids: Collection[str]) -> Mapping[str, NameState]:
        """Give each pupil's name, or why there is none; this never fails."""
        states = dict.fromkeys(pupil_ids, NameState(None, erased=False))
        rows = await session.execute(self._persons, {"pupil_ids": list(pupil_ids)})
        for pupil_id, sealed, wrapped_key, key_id in rows:
            if wrapped_key is None or key_id is None:
                states[pupil_id] = NameState(None, erased=True)
            else:
                key = WrappedKey(wrapped_key, key_id)
                states[pupil_id] = NameState(self._open(pupil_id, sealed, key), erased=False)
        return states

    async def shown(self, session: Session, pupil_ids: Collection[str]) -> Mapping[str, str]:
        """Give a name, or what stands in its place, for each of the pupils; this never fails."""
        states = await self.of(session, pupil_ids)
        return {pupil_id: state.shown for pupil_id, state in states.items()}

    def _open(self, pupil_id: str, sealed: str | None, key: WrappedKey) -> str | None:
        try:
            person = self._master_keys.open_if_complete(sealed, key, pupil_id)
        except SealError as error:
            _log.warning("a name does not open", pupil=pupil_id, reason=str(error))
            return None
        return None if person is None else person.name


def in_list_order(names: Mapping[str, str]) -> Sequence[str]:
    """Sort pupils as a Vietnamese class list does; those without a name stand last."""
    return sorted(
        names,
        key=lambda pupil: (names[pupil] in (NO_NAME, ERASED), name_key(names[pupil]), pupil),
    )
