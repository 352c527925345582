"""Forgetting a guardian, or a pupil, everywhere in this service, in one transaction."""

from collections.abc import Sequence

from chassis.database import Session
from contracts.notifications import UnlinkReason
from notifications.guardians import commands as guardians
from notifications.guardians import queries
from notifications.messages import commands as messages
from notifications.register import commands as register


async def erase_guardians(
    session: Session, guardian_ids: Sequence[str], reason: UnlinkReason
) -> None:
    """Forget guardians: their contacts, wishes and links, and what they were told."""
    if not guardian_ids:
        return
    await queries.guardians(session, guardian_ids, hold=True)
    await guardians.erase(session, guardian_ids, reason)
    await messages.withdraw(session, guardian_ids)


async def erase_pupils(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget pupils: their names, their links, and what was said about them.

    Who is a guardian of nobody else is forgotten, too: nothing is left to keep them for.
    """
    await register.erase(session, pupil_ids)
    links = await queries.links_to(session, pupil_ids)
    guardian_ids = sorted({link.guardian_id for link in links})
    await queries.guardians(session, guardian_ids, hold=True)
    held = await queries.links_to(session, pupil_ids, hold=True)
    await guardians.unlink(session, held, UnlinkReason.PUPIL_ERASED)
    remaining = {link.guardian_id for link in await queries.links_of(session, guardian_ids)}
    alone = [guardian_id for guardian_id in guardian_ids if guardian_id not in remaining]
    await messages.forget_pupils(session, pupil_ids)
    await erase_guardians(session, alone, UnlinkReason.PUPIL_ERASED)
