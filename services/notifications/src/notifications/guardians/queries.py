"""What other slices and readers may know of guardians."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from chassis.auth import Principal
from chassis.columns import among, code
from chassis.database import Session
from chassis.sealing import WrappedKey
from contracts.notifications import Channel, LinkCell, Purpose
from notifications.guardians.contacts import Box, ContactBook, Contacts
from notifications.guardians.domain import USUAL, EvidenceKind, Link, Wishes
from notifications.guardians.tables import Consent, Guardian, GuardianLink, Preference
from notifications.policy import HOMEROOM, OWN
from notifications.register.queries import Enrolment, class_of, enrolments

__all__ = [
    "Addressee",
    "Box",
    "ContactBook",
    "Contacts",
    "Known",
    "Recipient",
    "Statement",
    "Wishes",
    "addressees",
    "consents",
    "guardians",
    "held_link",
    "ledger",
    "links_of",
    "links_to",
    "recipients",
    "relations",
    "relations_to_class",
    "relations_to_pupils",
    "wishes",
    "wishes_version",
]


class Recipient(NamedTuple):
    """Who is to hear about a pupil, and how."""

    guardian_id: str
    pupil_id: str
    channel: Channel
    wishes: Wishes


class Addressee(NamedTuple):
    """All that decides whether something may be sent to a guardian now."""

    contacts: Contacts | None
    """None once they were erased."""
    reachable: frozenset[Channel]
    """By which channels, of those that the guardian wants."""
    wishes: Wishes
    consents: frozenset[Purpose]
    pupils: frozenset[str]
    """Whose guardian they are now."""


class Known(NamedTuple):
    """A guardian as kept."""

    guardian_id: str
    version: int
    box: Box | None
    has_email: bool
    has_phone: bool
    email_refused: bool

    @property
    def reachable(self) -> frozenset[Channel]:
        """By which channels the guardian can be reached at all."""
        email = self.box is not None and self.has_email and not self.email_refused
        return frozenset({Channel.EMAIL}) if email else frozenset()


class Statement(NamedTuple):
    """One line of the ledger of consents; ``evidence`` is still sealed."""

    number: int
    purpose: Purpose
    given: bool
    evidence_kind: EvidenceKind
    evidence: str | None
    recorded_by: str
    recorded_at: datetime


async def guardians(
    session: Session, guardian_ids: Collection[str], *, hold: bool = False
) -> Mapping[str, Known]:
    """Give those of the guardians that exist; with ``hold`` nobody else changes them meanwhile."""
    statement = _GUARDIANS_HELD if hold else _GUARDIANS
    rows = await session.execute(statement, {"guardian_ids": list(guardian_ids)})
    return {row[0]: _known(*row) for row in rows}


def _known(
    guardian_id: str,
    version: int,
    wrapped_key: str | None,
    key_id: str | None,
    sealed: str | None,
    *reach: bool,
) -> Known:
    box = None
    if sealed is not None and wrapped_key is not None and key_id is not None:
        box = Box(sealed, WrappedKey(wrapped_key, key_id))
    return Known(guardian_id, version, box, *reach)


async def recipients(
    session: Session, pupil_ids: Collection[str], purpose: Purpose
) -> Sequence[Recipient]:
    """Give who is to hear about each of the pupils: guardians who consent and can be reached."""
    rows = await session.execute(_RECIPIENTS, {"pupil_ids": list(pupil_ids), "purpose": purpose})
    found = []
    for pupil_id, channels, begins, ends, digest, *row in rows:
        guardian = _known(*row)
        wished = USUAL if channels is None else _wishes(channels, begins, ends, digest=digest)
        found += [
            Recipient(guardian.guardian_id, pupil_id, channel, wished)
            for channel in sorted(wished.channels & guardian.reachable)
        ]
    return found


def _wishes(
    channels: Iterable[Channel], begins: time | None, ends: time | None, *, digest: bool
) -> Wishes:
    quiet = (begins, ends) if begins is not None and ends is not None else None
    return Wishes(frozenset(channels), quiet, digest)


async def addressees(
    session: Session, book: ContactBook, guardian_ids: Collection[str]
) -> Mapping[str, Addressee]:
    """Give all that decides whether something may be sent to these guardians now."""
    known = await guardians(session, guardian_ids)
    wished = await wishes(session, known)
    consented = await consents(session, known)
    pupils: defaultdict[str, set[str]] = defaultdict(set)
    for link in await links_of(session, known):
        pupils[link.guardian_id].add(link.pupil_id)
    return {
        guardian_id: Addressee(
            contacts=book.open(guardian_id, guardian.box),
            reachable=guardian.reachable & wished[guardian_id].channels,
            wishes=wished[guardian_id],
            consents=consented[guardian_id],
            pupils=frozenset(pupils[guardian_id]),
        )
        for guardian_id, guardian in known.items()
    }


async def wishes(session: Session, guardian_ids: Iterable[str]) -> Mapping[str, Wishes]:
    """Give the wishes of each guardian, the usual ones of those who said nothing."""
    found = dict.fromkeys(guardian_ids, USUAL)
    rows = await session.execute(_PREFERENCES, {"guardian_ids": list(found)})
    for guardian_id, channels, begins, ends, digest in rows:
        found[guardian_id] = _wishes(channels, begins, ends, digest=digest)
    return found


async def wishes_version(session: Session, guardian_id: str) -> int:
    """Give the version of a guardian's wishes; 0 while they are the usual ones."""
    statement = select(col(Preference.version)).where(col(Preference.guardian_id) == guardian_id)
    return (await session.execute(statement)).scalar() or 0


async def consents(
    session: Session, guardian_ids: Iterable[str]
) -> Mapping[str, frozenset[Purpose]]:
    """Give what each guardian consents to now. Who never said so does not."""
    ids = list(guardian_ids)
    given: defaultdict[str, set[Purpose]] = defaultdict(set)
    for guardian_id, purpose, yes in await session.execute(_CONSENTS, {"guardian_ids": ids}):
        if yes:
            given[guardian_id].add(purpose)
    return {guardian_id: frozenset(given[guardian_id]) for guardian_id in ids}


async def ledger(session: Session, guardian_id: str) -> Sequence[Statement]:
    """Give everything a guardian ever said about consent, the newest last."""
    statement = (
        select(
            col(Consent.number),
            col(Consent.purpose),
            col(Consent.given),
            col(Consent.evidence_kind),
            col(Consent.evidence),
            col(Consent.recorded_by),
            col(Consent.recorded_at),
        )
        .where(col(Consent.guardian_id) == guardian_id)
        .order_by(col(Consent.number))
    )
    return [Statement._make(row) for row in await session.execute(statement)]


async def links_of(
    session: Session, guardian_ids: Iterable[str], *, hold: bool = False
) -> Sequence[Link]:
    """Give whose guardians they are now; with ``hold`` nobody else changes it meanwhile."""
    statement = _LINKS_OF.with_for_update() if hold else _LINKS_OF
    rows = await session.execute(statement, {"guardian_ids": list(guardian_ids)})
    return [_link(row) for row in rows]


async def links_to(
    session: Session, pupil_ids: Iterable[str], *, hold: bool = False
) -> Sequence[Link]:
    """Give who the guardians of the pupils are now; with ``hold`` nobody else changes it."""
    statement = _LINKS_TO.with_for_update() if hold else _LINKS_TO
    rows = await session.execute(statement, {"pupil_ids": list(pupil_ids)})
    return [_link(row) for row in rows]


async def held_link(session: Session, guardian_id: str, pupil_id: str) -> Link | None:
    """Give and hold the link between two, which may have ended."""
    statement = _LINKS.where(
        col(GuardianLink.guardian_id) == guardian_id, col(GuardianLink.pupil_id) == pupil_id
    )
    row = (await session.execute(statement.with_for_update())).first()
    return None if row is None else _link(row)


def _link(row: Any) -> Link:
    cell = None
    if row.school_id is not None and row.grade is not None:
        cell = LinkCell(school_id=row.school_id, grade=row.grade)
    return Link(
        guardian_id=row.guardian_id,
        pupil_id=row.pupil_id,
        version=row.version,
        relation=row.relation,
        active=row.active,
        cell=cell,
        pupil_version=row.pupil_version,
    )


async def relations(session: Session, principal: Principal, guardian_id: str) -> frozenset[str]:
    """Give what the asker is to a guardian: themselves, or by way of the guardian's pupils."""
    own = frozenset({OWN}) if principal.subject == guardian_id else frozenset[str]()
    pupil_ids = {link.pupil_id for link in await links_of(session, [guardian_id])}
    return own.union(*(await relations_to_pupils(session, principal, pupil_ids)).values())


async def relations_to_pupils(
    session: Session, principal: Principal, pupil_ids: Collection[str]
) -> Mapping[str, frozenset[str]]:
    """Give what the asker is to each pupil; nothing to a pupil who is not known."""
    found = await enrolments(session, pupil_ids)
    return {pupil_id: _relations_to_pupil(principal, found.get(pupil_id)) for pupil_id in pupil_ids}


async def relations_to_class(
    session: Session, principal: Principal, class_id: str
) -> frozenset[str]:
    """Give what the asker is to a class; nothing if it is not known."""
    found = await class_of(session, class_id)
    if found is None:
        return frozenset()
    school_id, homeroom_teacher_id = found
    at_school = principal.relations_to_school(school_id)
    return at_school | {HOMEROOM} if homeroom_teacher_id == principal.subject else at_school


def _relations_to_pupil(principal: Principal, enrolment: Enrolment | None) -> frozenset[str]:
    if enrolment is None or not enrolment.enrolled:
        return frozenset()
    at_school = principal.relations_to_school(enrolment.school_id)
    homeroom = enrolment.homeroom_teacher_id == principal.subject
    return at_school | {HOMEROOM} if homeroom else at_school


_KNOWN = (
    col(Guardian.guardian_id),
    col(Guardian.version),
    col(Guardian.wrapped_key),
    col(Guardian.key_id),
    col(Guardian.sealed),
    col(Guardian.has_email),
    col(Guardian.has_phone),
    col(Guardian.email_refused),
)
_WISHES = (
    col(Preference.channels),
    col(Preference.quiet_from),
    col(Preference.quiet_until),
    col(Preference.digest),
)
_GUARDIANS = select(*_KNOWN).where(among(col(Guardian.guardian_id), "guardian_ids"))
# Always in the order of the ids, so that two transactions cannot wait for each other.
_GUARDIANS_HELD = _GUARDIANS.order_by(col(Guardian.guardian_id)).with_for_update()
_NEWEST_CONSENT = (
    select(col(Consent.given))
    .where(
        col(Consent.guardian_id) == col(GuardianLink.guardian_id),
        col(Consent.purpose) == bindparam("purpose", type_=code(Purpose)),
    )
    .order_by(col(Consent.number).desc())
    .limit(1)
    .scalar_subquery()
)
_RECIPIENTS = (
    select(col(GuardianLink.pupil_id), *_WISHES, *_KNOWN)
    .select_from(GuardianLink)
    .join(Guardian, col(Guardian.guardian_id) == col(GuardianLink.guardian_id))
    .join(Preference, col(Preference.guardian_id) == col(GuardianLink.guardian_id), isouter=True)
    .where(
        among(col(GuardianLink.pupil_id), "pupil_ids"), col(GuardianLink.active), _NEWEST_CONSENT
    )
    .order_by(col(GuardianLink.guardian_id), col(GuardianLink.pupil_id))
)
_PREFERENCES = select(col(Preference.guardian_id), *_WISHES).where(
    among(col(Preference.guardian_id), "guardian_ids")
)
_CONSENTS = (
    select(col(Consent.guardian_id), col(Consent.purpose), col(Consent.given))
    .ext(distinct_on(col(Consent.guardian_id), col(Consent.purpose)))
    .where(among(col(Consent.guardian_id), "guardian_ids"))
    .order_by(col(Consent.guardian_id), col(Consent.purpose), col(Consent.number).desc())
)
# Always in the order of the ids, so that two transactions cannot wait for each other.
_LINKS = select(
    col(GuardianLink.guardian_id),
    col(GuardianLink.pupil_id),
    col(GuardianLink.version),
    col(GuardianLink.relation),
    col(GuardianLink.active),
    col(GuardianLink.school_id),
    col(GuardianLink.grade),
    col(GuardianLink.pupil_version),
).order_by(col(GuardianLink.guardian_id), col(GuardianLink.pupil_id))
_LINKS_OF = _LINKS.where(
    among(col(GuardianLink.guardian_id), "guardian_ids"), col(GuardianLink.active)
)
_LINKS_TO = _LINKS.where(among(col(GuardianLink.pupil_id), "pupil_ids"), col(GuardianLink.active))
