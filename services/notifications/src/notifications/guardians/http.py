"""Guardians over HTTP: parse, authorise, do, answer."""

from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Path

from chassis.auth import Principal
from chassis.database import Session
from chassis.errors import Conflict, NotFound, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, SessionDep
from contracts.notifications import Purpose
from notifications.guardians import commands, queries
from notifications.guardians.bodies import (
    ChangedContacts,
    ClassGuardians,
    ConsentBody,
    ConsentsAnswer,
    GuardianAnswer,
    GuardianOfPupil,
    GuardianVersion,
    LinkAnswer,
    NewGuardians,
    PupilGuardians,
    PupilOfGuardian,
    QuietAnswer,
    Reach,
    RegisteredGuardian,
    RegisteredGuardians,
    RelationBody,
    StatementAnswer,
    UnlinkBody,
    WholeGuardian,
    WishesAnswer,
    WishesBody,
)
from notifications.guardians.contacts import ContactBook, Contacts
from notifications.guardians.domain import OFFERED, Link, Wishes
from notifications.guardians.queries import Known
from notifications.policy import POLICY
from notifications.register import queries as register
from notifications.requests import ClassPath, GuardianPath, KeysDep, NamesDep, PupilPath

changes = CommandRouter(prefix="/v1", tags=["guardians"])
reads = QueryRouter(prefix="/v1", tags=["guardians"])


@changes.post("/guardians", status_code=HTTPStatus.CREATED)
async def register_guardians(
    body: NewGuardians, session: SessionDep, principal: PrincipalDep, keys: KeysDep
) -> RegisteredGuardians:
    """Register guardians of pupils, with the consents that they gave."""
    pupil_ids = {link.pupil_id for one in body.guardians for link in one.pupils}
    for held in (await queries.relations_to_pupils(session, principal, pupil_ids)).values():
        POLICY.authorise(principal, "guardians.manage", held)
    wanted = [
        commands.NewGuardian(
            one.guardian_id,
            _contacts(one),
            {link.pupil_id: link.relation for link in one.pupils},
            [commands.Said(c.purpose, True, c.evidence_kind, c.evidence) for c in one.consents],
        )
        for one in body.guardians
    ]
    registered = await commands.register(session, ContactBook(keys), wanted, by=principal.subject)
    return RegisteredGuardians(
        guardians=[
            RegisteredGuardian(guardian_id=guardian_id, version=1, pupils=[*map(_link, links)])
            for guardian_id, links in registered.items()
        ]
    )


@changes.put("/guardians/{guardian_id}/contacts")
async def change_contacts(
    guardian_id: GuardianPath,
    body: ChangedContacts,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
) -> GuardianVersion:
    """Give a guardian another name, e-mail or phone."""
    guardian = await _find(session, principal, guardian_id, "guardians.manage", hold=True)
    if guardian.version != body.version:
        raise Conflict(
            "guardian-changed", "Thông tin phụ huynh đã được sửa.", version=guardian.version
        )
    version = await commands.change_contacts(session, ContactBook(keys), guardian, _contacts(body))
    return GuardianVersion(guardian_id=guardian_id, version=version)


@changes.put("/guardians/{guardian_id}/pupils/{pupil_id}")
async def link_pupil(
    guardian_id: GuardianPath,
    pupil_id: PupilPath,
    body: RelationBody,
    session: SessionDep,
    principal: PrincipalDep,
) -> LinkAnswer:
    """Make a guardian the guardian of one more pupil, here or at another school."""
    held = await queries.relations_to_pupils(session, principal, [pupil_id])
    POLICY.authorise(principal, "guardians.manage", held[pupil_id])
    guardian = (await queries.guardians(session, [guardian_id], hold=True)).get(guardian_id)
    if guardian is None or guardian.box is None:
        raise NotFound("guardian-unknown", "Không có phụ huynh với mã này.")
    return _link(await commands.link(session, guardian_id, pupil_id, body.relation))


@changes.post("/guardians/{guardian_id}/pupils/{pupil_id}/unlink")
async def unlink_pupil(
    guardian_id: GuardianPath,
    pupil_id: PupilPath,
    body: UnlinkBody,
    session: SessionDep,
    principal: PrincipalDep,
) -> LinkAnswer:
    """End that somebody is a pupil's guardian."""
    held = await queries.relations_to_pupils(session, principal, [pupil_id])
    POLICY.authorise(principal, "guardians.manage", held[pupil_id])
    ended = await commands.end_link(session, guardian_id, pupil_id, body.reason_code)
    return _link(ended)


@changes.put("/guardians/{guardian_id}/consents/{purpose}")
async def record_consent(
    *,
    guardian_id: GuardianPath,
    purpose: Annotated[Purpose, Path()],
    body: ConsentBody,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
) -> GuardianVersion:
    """Write down that a guardian consents to a purpose, or takes it back."""
    guardian = await _find(session, principal, guardian_id, "consents.record", hold=True)
    if guardian.box is None:
        raise nothing_here()
    said = commands.Said(purpose, body.given, body.evidence_kind, body.evidence)
    await commands.record_consent(
        session, ContactBook(keys), guardian_id, guardian.box, said, by=principal.subject
    )
    return GuardianVersion(guardian_id=guardian_id, version=guardian.version)


@changes.put("/guardians/{guardian_id}/preferences")
async def set_preferences(
    guardian_id: GuardianPath, body: WishesBody, session: SessionDep, principal: PrincipalDep
) -> GuardianVersion:
    """Say how and when a guardian wants to hear from us."""
    await _find(session, principal, guardian_id, "preferences.set", hold=True)
    if unknown := set(body.channels) - OFFERED:
        raise Conflict(
            "channel-not-offered",
            f"Chưa gửi được qua kênh {', '.join(sorted(unknown))}.",
            offered=sorted(OFFERED),
        )
    quiet = (body.quiet.begins, body.quiet.ends) if body.quiet else None
    wishes = Wishes(frozenset(body.channels), quiet, body.digest)
    version = await commands.set_wishes(session, guardian_id, wishes, seen=body.version)
    return GuardianVersion(guardian_id=guardian_id, version=version)


@reads.get("/guardians/{guardian_id}")
async def read_guardian(
    guardian_id: GuardianPath,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
    names: NamesDep,
) -> WholeGuardian:
    """Read a guardian with their pupils."""
    guardian = await _find(session, principal, guardian_id, "guardians.read")
    links = await queries.links_of(session, [guardian_id])
    called = await names.of(session, {link.pupil_id for link in links})
    answer = (await _answers(session, ContactBook(keys), [guardian_id]))[guardian.guardian_id]
    return WholeGuardian(
        **dict(answer),
        pupils=[
            PupilOfGuardian(
                **dict(_link(link)),
                name=called[link.pupil_id].name,
                school_id=link.cell.school_id if link.cell else None,
            )
            for link in links
        ],
    )


@reads.get("/pupils/{pupil_id}/guardians")
async def read_guardians_of_pupil(
    pupil_id: PupilPath,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
    names: NamesDep,
) -> PupilGuardians:
    """Read who the guardians of a pupil are, and how they can be reached."""
    held = await queries.relations_to_pupils(session, principal, [pupil_id])
    POLICY.authorise(principal, "guardians.read", held[pupil_id])
    return (await _of_pupils(session, ContactBook(keys), names, [pupil_id]))[0]


@reads.get("/classes/{class_id}/guardians")
async def read_guardians_of_class(
    class_id: ClassPath,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
    names: NamesDep,
) -> ClassGuardians:
    """Read the guardians of a class: whom to ask for an address, or for consent."""
    held = await queries.relations_to_class(session, principal, class_id)
    POLICY.authorise(principal, "guardians.read", held)
    pupil_ids = await register.pupils_of_class(session, class_id)
    pupils = await _of_pupils(session, ContactBook(keys), names, pupil_ids)
    return ClassGuardians(class_id=class_id, pupils=pupils)


@reads.get("/guardians/{guardian_id}/consents")
async def read_consents(
    guardian_id: GuardianPath, session: SessionDep, principal: PrincipalDep, keys: KeysDep
) -> ConsentsAnswer:
    """Read what a guardian consents to, and everything they ever said about it."""
    guardian = await _find(session, principal, guardian_id, "guardians.read")
    book = ContactBook(keys)
    key = guardian.box.key if guardian.box else None
    given = await queries.consents(session, [guardian_id])
    return ConsentsAnswer(
        guardian_id=guardian_id,
        consents=sorted(given[guardian_id]),
        ledger=[
            StatementAnswer(
                **one._replace(
                    evidence=one.evidence and book.open_note(guardian_id, one.evidence, key)
                )._asdict()
            )
            for one in await queries.ledger(session, guardian_id)
        ],
    )


@reads.get("/guardians/{guardian_id}/preferences")
async def read_preferences(
    guardian_id: GuardianPath, session: SessionDep, principal: PrincipalDep
) -> WishesAnswer:
    """Read how and when a guardian wants to hear from us."""
    await _find(session, principal, guardian_id, "guardians.read")
    wishes = (await queries.wishes(session, [guardian_id]))[guardian_id]
    quiet = QuietAnswer(begins=wishes.quiet[0], ends=wishes.quiet[1]) if wishes.quiet else None
    return WishesAnswer(
        guardian_id=guardian_id,
        version=await queries.wishes_version(session, guardian_id),
        channels=sorted(wishes.channels),
        quiet=quiet,
        digest=wishes.digest,
    )


async def _find(
    session: Session, principal: Principal, guardian_id: str, action: str, *, hold: bool = False
) -> Known:
    """Give a guardian to whoever may do ``action``; to anybody else they do not exist."""
    found = (await queries.guardians(session, [guardian_id], hold=hold)).get(guardian_id)
    held = await queries.relations(session, principal, guardian_id)
    POLICY.authorise(principal, action, held)
    if found is None:
        raise nothing_here()
    return found


async def _of_pupils(
    session: Session, book: ContactBook, names: register.Names, pupil_ids: Sequence[str]
) -> list[PupilGuardians]:
    links = await queries.links_to(session, pupil_ids)
    answers = await _answers(session, book, {link.guardian_id for link in links})
    called = await names.of(session, pupil_ids)
    return [
        PupilGuardians(
            pupil_id=pupil_id,
            name=called[pupil_id].name,
            guardians=[
                GuardianOfPupil(**dict(answers[link.guardian_id]), relation=link.relation)
                for link in links
                if link.pupil_id == pupil_id
            ],
        )
        for pupil_id in pupil_ids
    ]


async def _answers(
    session: Session, book: ContactBook, guardian_ids: Collection[str]
) -> dict[str, GuardianAnswer]:
    known = await queries.guardians(session, guardian_ids)
    given = await queries.consents(session, known)
    answers = {}
    for guardian_id, one in known.items():
        contacts = book.open(guardian_id, one.box)
        answers[guardian_id] = GuardianAnswer(
            guardian_id=guardian_id,
            version=one.version,
            name=contacts.name if contacts else None,
            email=contacts.email if contacts else None,
            phone=contacts.phone if contacts else None,
            email_refused=one.email_refused,
            reachable=sorted(one.reachable),
            consents=sorted(given[guardian_id]),
        )
    return answers


def _contacts(reach: Reach) -> Contacts:
    return Contacts(name=reach.name, email=reach.email, phone=reach.phone)


def _link(link: Link) -> LinkAnswer:
    return LinkAnswer(pupil_id=link.pupil_id, version=link.version, relation=link.relation)
