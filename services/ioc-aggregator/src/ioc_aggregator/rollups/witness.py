"""The witness of other services' histories: keeps what they signed, and notices another past.

Whoever owns a history can write all of it anew and sign it again. What was signed before stands
here, in another database, and a tree that does not begin with it shows (RFC 9162, section 2.1.4).
"""

from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC
from hashlib import sha256
from typing import NamedTuple

import msgspec
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis import clock
from chassis.database import Session
from contracts.checkpoints import HistoryCheckpointed
from ioc_aggregator.rollups.tables import CHECKPOINT

_log = structlog.get_logger("ioc_aggregator.witness")


class Kept(NamedTuple):
    """What is known of a log's checkpoint before another one comes."""

    size: int
    root: str
    public_key: str


async def keep(session: Session, checkpoints: Sequence[HistoryCheckpointed]) -> None:
    """Write checkpoints down with what is wrong with them; one that stands does not change."""
    for one in checkpoints:
        rows = await session.execute(
            select(CHECKPOINT.c.size, CHECKPOINT.c.root, CHECKPOINT.c.public_key)
            .where(CHECKPOINT.c.log == one.log)
            .order_by(CHECKPOINT.c.seen_at)
        )
        kept = [Kept._make(row) for row in rows]
        if any((known.size, known.root) == (one.size, one.root) for known in kept):
            continue
        found = faults(one, kept)
        if found:
            _log.error("history does not hold", log=one.log, size=one.size, faults=found)
        row = {name: getattr(one, name) for name in _NAMES}
        row |= {"faults": found, "seen_at": clock.now()}
        await session.execute(insert(CHECKPOINT).values(row).on_conflict_do_nothing())


_NAMES = ("log", "size", "root", "signed_at", "public_key", "signature", "before_size")


def faults(one: HistoryCheckpointed, kept: Sequence[Kept]) -> list[str]:
    """Say what is wrong with a checkpoint after those that are kept; an empty list: nothing."""
    found = []
    if not _is_signed(one):
        found.append("bad-signature")
    if kept and one.public_key != kept[-1].public_key:
        # A key may be changed; whoever changed it has to say so elsewhere, too.
        found.append("another-key")
    if any(known.size >= one.size for known in kept):
        found.append("history-forked")
    before = [known for known in kept if known.size == one.before_size]
    if one.before_size == 0:
        if kept:
            found.append("history-begun-anew")
    elif not before:
        found.append("checkpoint-missing")
    elif not any(begins_with(one, known) for known in before):
        found.append("history-rewritten")
    return found


def _is_signed(one: HistoryCheckpointed) -> bool:
    at = one.signed_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    # The canonical form of RFC 8785: keys in order, no blanks.
    about = {"log": one.log, "root": one.root, "signed_at": at, "size": one.size}
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(one.public_key))
        key.verify(b64decode(one.signature), msgspec.json.encode(about))
    except (InvalidSignature, ValueError):
        return False
    return True


def begins_with(one: HistoryCheckpointed, before: Kept) -> bool:
    """Verify that a tree begins with the one before it (RFC 9162, section 2.1.4.2)."""
    path = [bytes.fromhex(text) for text in one.consistency]
    root = bytes.fromhex(before.root)
    if before.size & (before.size - 1) == 0:
        path.insert(0, root)
    first, last = before.size - 1, one.size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old = new = path[0] if path else b""
    for value in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old, new = _node(value, old), _node(value, new)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new = _node(new, value)
        first, last = first >> 1, last >> 1
    return last == 0 and old == root and new == bytes.fromhex(one.root)


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
