"""The rules of links, consents and wishes."""

from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum

from contracts.notifications import Channel, LinkCell, Relation


class EvidenceKind(StrEnum):
    """How a guardian's consent can be shown (Luật Bảo vệ dữ liệu cá nhân 91/2025: kiểm chứng được).

    Silence is none of them, nor a box that was ticked beforehand.
    """

    PAPER_FORM = "paper-form"
    """Phiếu giấy có chữ ký."""
    ONLINE = "online"
    """The guardian's own request, signed in."""
    RECORDED_CALL = "recorded-call"
    """Cuộc gọi có ghi âm."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Link:
    """Whose guardian somebody is, and where that counts."""

    guardian_id: str
    pupil_id: str
    version: int
    relation: Relation
    active: bool
    cell: LinkCell | None
    pupil_version: int
    """Of the newest fact of enrolment that it has taken."""


def moved(link: Link, cell: LinkCell | None, pupil_version: int) -> Link:
    """Take over where the pupil studies now; an older fact changes nothing."""
    if pupil_version <= link.pupil_version:
        return link
    changed = replace(link, cell=cell, pupil_version=pupil_version)
    return changed if cell == link.cell else replace(changed, version=link.version + 1)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How and when a guardian wants to hear from us."""

    channels: frozenset[Channel]
    quiet: tuple[time, time] | None
    """From when until when not to be disturbed, by the clock of the province."""
    digest: bool
    """One letter a day instead of one for each event."""

    def at_once(self) -> "Wishes":
        """Give what remains of them for what is urgent: at any hour, in a letter of its own."""
        return replace(self, quiet=None, digest=False)


USUAL = Wishes(frozenset({Channel.EMAIL}), (time(21, 0), time(6, 30)), digest=False)
"""What holds until a guardian says otherwise. It consents to nothing: see `EvidenceKind`."""

OFFERED = frozenset({Channel.EMAIL})
"""The channels by which guardians can be reached today."""
