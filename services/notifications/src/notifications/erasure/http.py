"""Erasing a guardian over HTTP (quyền yêu cầu xoá dữ liệu cá nhân)."""

from pydantic import BaseModel

from chassis.errors import Conflict, nothing_here
from chassis.http import CommandRouter, PrincipalDep, RequestModel, SessionDep
from contracts.ids import Version
from contracts.notifications import UnlinkReason
from notifications.erasure import commands
from notifications.guardians import queries
from notifications.policy import POLICY
from notifications.requests import GuardianPath

changes = CommandRouter(prefix="/v1", tags=["guardians"])


class EraseBody(RequestModel):
    """The guardian's version as read."""

    version: Version


class Erased(BaseModel):
    """A guardian of whom nothing personal is left."""

    guardian_id: str
    erased: bool


@changes.post("/guardians/{guardian_id}/erase")
async def erase_guardian(
    guardian_id: GuardianPath, body: EraseBody, session: SessionDep, principal: PrincipalDep
) -> Erased:
    """Erase a guardian's name, e-mail, phone and wishes; end their links and what waits."""
    POLICY.authorise(principal, "guardians.erase")
    found = (await queries.guardians(session, [guardian_id], hold=True)).get(guardian_id)
    if found is None:
        raise nothing_here()
    if found.box is not None:
        if found.version != body.version:
            raise Conflict(
                "guardian-changed", "Thông tin phụ huynh đã được sửa.", version=found.version
            )
        await commands.erase_guardians(session, [guardian_id], UnlinkReason.GUARDIAN_ERASED)
    return Erased(guardian_id=guardian_id, erased=True)
