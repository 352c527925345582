"""Making the chain: what was saved gets its number and hash after the commit, batch by batch.

No save waits for another because of it: the order of the chain is found afterwards, by whoever
holds the lock for one short transaction (docs/decisions, "The chain over the history").
"""

import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import ARRAY, BigInteger, LargeBinary, bindparam, insert, select, text
from sqlmodel import col

from chassis.columns import Id, table_of
from chassis.database import Session
from chassis.outbox import emit
from contracts.checkpoints import HistoryCheckpointed
from gradebook.history import merkle, queries
from gradebook.history.checkpoints import LOG, Checkpoint, signed_bytes
from gradebook.history.entries import Column, Line, Link, digest, document, hash_of, words_of
from gradebook.history.tables import ChainCheckpoint, ChainNode
from gradebook.scores.tables import ScoreSave

BATCH = 500
"""The most saves that one transaction chains."""

_SALT_BYTES = 16


async def take_turn(session: Session) -> bool:
    """Be the one who makes the chain until the transaction ends; False while another is."""
    return bool(await session.scalar(_TURN))


async def chain(session: Session) -> int:
    """Append the oldest saves that wait, and return how many they were.

    All of one snapshot, in the order in which their sheets were held: a save that commits later
    comes later, and none of the same sheet can be before it.
    """
    waiting = [Link(*row) for row in await session.execute(_WAITING, {"limit": BATCH})]
    if not waiting:
        return 0
    size, previous = await queries.head(session)
    columns, lines = await queries.of_saves(session, waiting)
    links = _linked(size, previous, waiting, columns, lines)
    await session.execute(
        _NUMBER,
        {
            "sheet_ids": [link.sheet_id for link in links],
            "save_ids": [link.save_id for link in links],
            "numbers": [link.number for link in links],
            "hashes": [link.hash for link in links],
            "digests": [link.reason_digest for link in links],
            "salts": [link.reason_salt for link in links],
        },
    )
    known = await queries.nodes(session, merkle.nodes_of((0, size)))
    grown = merkle.grow(size, (link.hash or b"" for link in links), known)
    complete = [
        {"level": level, "place": place, "hash": value}
        for (level, place), value in grown.items()
        if level
    ]
    if complete:
        await session.execute(insert(table_of(ChainNode)), complete)
    return len(links)


def _linked(
    size: int,
    previous: bytes,
    waiting: Sequence[Link],
    columns: Mapping[str, Column],
    lines: Mapping[str, Sequence[Line]],
) -> list[Link]:
    links = []
    for number, link in enumerate(waiting, start=size + 1):
        of_save = list(lines[link.save_id])
        words = words_of(of_save)
        bound = link
        if words is not None:
            salt = secrets.token_bytes(_SALT_BYTES)
            bound = link._replace(reason_digest=digest(salt, words), reason_salt=salt)
        made = document(number, previous, bound, columns[link.sheet_id], of_save)
        previous = hash_of(made)
        links.append(bound._replace(number=number, hash=previous))
    return links


async def sign(session: Session, key: Ed25519PrivateKey, now: datetime) -> Checkpoint | None:
    """Sign the tree as it is, if it has grown, and tell the witness; None if it has not."""
    size, _ = await queries.head(session)
    before = await queries.checkpoint(session)
    if size == (before.size if before else 0):
        return None
    spans = merkle.consistency(before.size, size) if before else ()
    wanted = [(0, size), *spans]
    needed = [node for span in wanted for node in merkle.nodes_of(span)]
    known = await queries.nodes(session, needed)
    root = merkle.hash_of((0, size), known)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(signed_bytes(size, root, now))
    await session.execute(
        insert(table_of(ChainCheckpoint)).values(
            size=size, root=root, signed_at=now, public_key=public, signature=signature
        )
    )
    await emit(
        session,
        HistoryCheckpointed(
            log=LOG,
            size=size,
            root=root.hex(),
            signed_at=now,
            public_key=b64encode(public).decode(),
            signature=b64encode(signature).decode(),
            before_size=before.size if before else 0,
            consistency=tuple(merkle.hash_of(span, known).hex() for span in spans),
        ),
    )
    return Checkpoint(size, root, now, public, signature)


_TURN = text("SELECT pg_try_advisory_xact_lock(hashtextextended('gradebook.history.chain', 0))")
_SAVE = table_of(ScoreSave)
_WAITING = (
    select(
        *(_SAVE.c[name] for name in Link._fields),
    )
    .where(col(ScoreSave.number).is_(None))
    .order_by(_SAVE.c.id)
    .limit(bindparam("limit"))
)
_NUMBER = text(
    """
    UPDATE score_save SET number = v.number, hash = v.hash,
        reason_digest = v.digest, reason_salt = v.salt
    FROM unnest(:sheet_ids, :save_ids, :numbers, :hashes, :digests, :salts)
        AS v (sheet_id, save_id, number, hash, digest, salt)
    WHERE score_save.sheet_id = v.sheet_id AND score_save.save_id = v.save_id
    """
).bindparams(
    bindparam("sheet_ids", type_=ARRAY(Id)),
    bindparam("save_ids", type_=ARRAY(Id)),
    bindparam("numbers", type_=ARRAY(BigInteger)),
    *(bindparam(name, type_=ARRAY(LargeBinary)) for name in ("hashes", "digests", "salts")),
)
