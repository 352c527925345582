"""What can be done about guardians, each in the one transaction that it is given.

Locks are taken in one order everywhere: guardians, pupils (register), links.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import NamedTuple

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.clock import business_day, new_id, now
from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError, NotFound
from chassis.outbox import emit
from chassis.rewrapping import rewrap
from chassis.sealing import MasterKeys
from contracts.admissions import StudentEnrolled, StudentTransferred, StudentWithdrawn
from contracts.event import Event
from contracts.notifications import (
    GuardianLinked,
    GuardianUnlinked,
    LinkCell,
    Purpose,
    Relation,
    UnlinkReason,
)
from notifications.guardians import queries
from notifications.guardians.contacts import Box, ContactBook, Contacts
from notifications.guardians.domain import EvidenceKind, Link, Wishes, moved
from notifications.guardians.queries import Known
from notifications.guardians.tables import Consent, Guardian, GuardianLink, Preference
from notifications.register.queries import Enrolment, enrolments

EnrolmentFact = StudentEnrolled | StudentTransferred | StudentWithdrawn


class Said(NamedTuple):
    """What a guardian said about one purpose, and how that can be shown."""

    purpose: Purpose
    given: bool
    evidence_kind: EvidenceKind
    evidence: str | None


class NewGuardian(NamedTuple):
    """A guardian to be registered."""

    guardian_id: str | None
    contacts: Contacts
    pupils: Mapping[str, Relation]
    consents: Sequence[Said]


async def register(
    session: Session, book: ContactBook, wanted: Sequence[NewGuardian], *, by: str
) -> Mapping[str, Sequence[Link]]:
    """Register guardians with their pupils and consents; give the links by guardian, in order.

    Raises:
        Conflict: a pupil is not known, or a guardian of this id exists.
    """
    pupils = await _known_pupils(session, {pupil for one in wanted for pupil in one.pupils})
    table = table_of(Guardian)
    registered: dict[str, list[Link]] = {}
    for one in wanted:
        guardian_id = one.guardian_id or new_id()
        box = book.close(guardian_id, one.contacts)
        row = {
            "guardian_id": guardian_id,
            "version": 1,
            "wrapped_key": box.key.wrapped_key,
            "key_id": box.key.key_id,
            "sealed": box.sealed,
            "has_email": one.contacts.email is not None,
            "has_phone": one.contacts.phone is not None,
            "email_refused": False,
            "changed_at": now(),
        }
        inserted = insert(table).on_conflict_do_nothing().returning(table.c.guardian_id)
        if (await session.execute(inserted, row)).first() is None:
            raise Conflict(
                "guardian-exists",
                "Đã có phụ huynh với mã này. Hãy thêm học sinh cho phụ huynh đó.",
                guardian_id=guardian_id,
            )
        for said in one.consents:
            await record_consent(session, book, guardian_id, box, said, by=by)
        registered[guardian_id] = [
            _new_link(guardian_id, pupil_id, relation, pupils[pupil_id])
            for pupil_id, relation in sorted(one.pupils.items())
        ]
    fresh = [link for links in registered.values() for link in links]
    await _write_links(session, fresh)
    await emit(session, *(_linked(link, before=None) for link in fresh))
    return registered


async def _known_pupils(session: Session, pupil_ids: Iterable[str]) -> Mapping[str, Enrolment]:
    """Give and hold the pupils; refuse if one has not come from admissions yet."""
    wanted = sorted(pupil_ids)
    found = await enrolments(session, wanted, hold=True)
    if missing := [pupil_id for pupil_id in wanted if pupil_id not in found]:
        raise Conflict(
            "pupil-unknown",
            "Có học sinh mà hệ thống chưa nhận được từ tuyển sinh.",
            errors=[
                FieldError(
                    pupil_id,
                    "Chưa có học sinh này.",
                    "Kiểm tra mã; nếu học sinh vừa ghi danh, gửi lại sau ít giây.",
                )
                for pupil_id in missing
            ],
        )
    return found


def _new_link(guardian_id: str, pupil_id: str, relation: Relation, pupil: Enrolment) -> Link:
    return Link(guardian_id, pupil_id, 1, relation, True, _cell(pupil), pupil.version)


def _cell(pupil: Enrolment) -> LinkCell | None:
    if not pupil.enrolled:
        return None
    return LinkCell(school_id=pupil.school_id, grade=pupil.grade)


async def change_contacts(
    session: Session, book: ContactBook, guardian: Known, contacts: Contacts
) -> int:
    """Give a guardian other contacts; what was refused of the old ones is forgotten."""
    box = book.close(guardian.guardian_id, contacts, guardian.box.key if guardian.box else None)
    await session.execute(
        update(table_of(Guardian))
        .where(col(Guardian.guardian_id) == guardian.guardian_id)
        .values(
            version=guardian.version + 1,
            sealed=box.sealed,
            has_email=contacts.email is not None,
            has_phone=contacts.phone is not None,
            email_refused=False,
            changed_at=now(),
        )
    )
    return guardian.version + 1


async def refuse_emails(
    session: Session, guardian_ids: Sequence[str], refused_at: datetime
) -> None:
    """Remember that the addresses which these guardians had then do not exist."""
    await session.execute(
        update(table_of(Guardian))
        .where(col(Guardian.guardian_id).in_(guardian_ids), col(Guardian.changed_at) < refused_at)
        .values(email_refused=True)
    )


async def link(session: Session, guardian_id: str, pupil_id: str, relation: Relation) -> Link:
    """Make somebody a pupil's guardian, or say another relation; the same again changes nothing.

    Raises:
        Conflict: the pupil is not known.
    """
    pupil = (await _known_pupils(session, [pupil_id]))[pupil_id]
    old = await queries.held_link(session, guardian_id, pupil_id)
    if old is not None and old.active and old.relation is relation:
        return old
    new = _new_link(guardian_id, pupil_id, relation, pupil)
    if old is not None:
        new = replace(new, version=old.version + 1)
    await _write_links(session, [new])
    await emit(session, _linked(new, before=old.cell if old else None))
    return new


async def unlink(session: Session, links: Sequence[Link], reason: UnlinkReason) -> Sequence[Link]:
    """End links, which are held."""
    ended = [replace(link, version=link.version + 1, active=False, cell=None) for link in links]
    await _write_links(session, ended)
    day = business_day(now())
    await emit(
        session,
        *(
            GuardianUnlinked(
                guardian_id=new.guardian_id,
                pupil_id=new.pupil_id,
                version=new.version,
                day=day,
                reason_code=reason,
                before=old.cell,
            )
            for old, new in zip(links, ended, strict=True)
        ),
    )
    return ended


async def end_link(session: Session, guardian_id: str, pupil_id: str, reason: UnlinkReason) -> Link:
    """End the link of one guardian to one pupil.

    Raises:
        NotFound: there is none.
    """
    held = await queries.held_link(session, guardian_id, pupil_id)
    if held is None or not held.active:
        raise NotFound("not-linked", "Người này không phải là phụ huynh của học sinh này.")
    return (await unlink(session, [held], reason))[0]


async def move_links(session: Session, facts: Sequence[EnrolmentFact]) -> None:
    """Let links follow their pupils: a link counts where its pupil studies."""
    held = await queries.links_to(session, {fact.pupil_id for fact in facts}, hold=True)
    links = {(link.pupil_id, link.guardian_id): link for link in held}
    told: list[Event] = []
    for fact in facts:
        cell = _cell_after(fact)
        for key, link in links.items():
            if link.pupil_id == fact.pupil_id:
                links[key] = moved(link, cell, fact.version)
                if links[key].cell != link.cell:
                    told.append(_linked(links[key], before=link.cell, day_of=fact))
    await _write_links(session, [link for link in links.values() if link not in held])
    await emit(session, *told)


def _cell_after(fact: EnrolmentFact) -> LinkCell | None:
    match fact:
        case StudentEnrolled():
            return LinkCell(school_id=fact.school_id, grade=fact.grade)
        case StudentTransferred():
            return LinkCell(school_id=fact.after.school_id, grade=fact.after.grade)
        case StudentWithdrawn():
            return None


def _linked(
    link: Link, *, before: LinkCell | None, day_of: EnrolmentFact | None = None
) -> GuardianLinked:
    return GuardianLinked(
        guardian_id=link.guardian_id,
        pupil_id=link.pupil_id,
        version=link.version,
        relation=link.relation,
        day=business_day(now()) if day_of is None else day_of.day,
        after=link.cell,
        before=before,
    )


async def _write_links(session: Session, links: Sequence[Link]) -> None:
    if not links:
        return
    table = table_of(GuardianLink)
    statement = insert(table)
    new = statement.excluded
    changed = {column.name: new[column.name] for column in table.c if not column.primary_key}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["guardian_id", "pupil_id"], set_=changed),
        [
            {
                "guardian_id": link.guardian_id,
                "pupil_id": link.pupil_id,
                "version": link.version,
                "relation": link.relation,
                "active": link.active,
                "school_id": link.cell.school_id if link.cell else None,
                "grade": link.cell.grade if link.cell else None,
                "pupil_version": link.pupil_version,
            }
            for link in sorted(links, key=lambda link: (link.guardian_id, link.pupil_id))
        ],
    )


async def record_consent(
    session: Session, book: ContactBook, guardian_id: str, box: Box, said: Said, *, by: str
) -> None:
    """Write down what a guardian says about a purpose, be it yes or no. It holds from now on."""
    note = said.evidence
    if note is not None:
        note = book.seal_note(guardian_id, note, box.key)
    await session.execute(
        insert(table_of(Consent)),
        {
            "guardian_id": guardian_id,
            "purpose": said.purpose,
            "given": said.given,
            "evidence_kind": said.evidence_kind,
            "evidence": note,
            "recorded_by": by,
            "recorded_at": now(),
        },
    )


async def set_wishes(session: Session, guardian_id: str, wishes: Wishes, *, seen: int) -> int:
    """Take over the wishes of a guardian, who is held; what waits follows them, too.

    Raises:
        Conflict: they were changed meanwhile.
    """
    version = await queries.wishes_version(session, guardian_id)
    if version != seen:
        raise Conflict("preferences-changed", "Tuỳ chọn đã được thay đổi.", version=version)
    quiet: tuple[time | None, time | None] = wishes.quiet or (None, None)
    values = {
        "version": version + 1,
        "channels": sorted(wishes.channels),
        "quiet_from": quiet[0],
        "quiet_until": quiet[1],
        "digest": wishes.digest,
    }
    statement = insert(table_of(Preference)).values(guardian_id=guardian_id, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["guardian_id"], set_=values)
    )
    return version + 1


async def erase(session: Session, guardian_ids: Sequence[str], reason: UnlinkReason) -> None:
    """Forget these guardians as persons. What they consented to stays, under an id of nobody."""
    await unlink(session, await queries.links_of(session, guardian_ids, hold=True), reason)
    await session.execute(
        update(table_of(Guardian))
        .where(col(Guardian.guardian_id).in_(guardian_ids))
        .values(
            version=col(Guardian.version) + 1,
            wrapped_key=None,
            key_id=None,
            sealed=None,
            has_email=False,
            has_phone=False,
            email_refused=False,
        )
    )
    await session.execute(
        delete(table_of(Preference)).where(col(Preference.guardian_id).in_(guardian_ids))
    )


async def rewrap_keys(session: Session, keys: MasterKeys) -> int:
    """Wrap some guardians' keys under a new master key."""
    return len(await rewrap(session, Guardian, keys, owner="guardian_id"))
