"""What somebody needs who believes nobody: links as documents, and proofs that they are signed.

docs/history.md says how they are verified.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select
from typing_extensions import TypedDict

from chassis.columns import table_of
from chassis.database import Session
from gradebook.history import merkle, queries
from gradebook.history.checkpoints import LOG, Checkpoint
from gradebook.history.entries import FORMAT, Link, document, moment, words_of
from gradebook.scores.tables import ScoreSave


class CheckpointAnswer(TypedDict):
    """A signed root; all but key and signature are what is signed."""

    log: str
    size: int
    root: str
    signed_at: str
    public_key: str
    signature: str


class CheckpointsAnswer(TypedDict):
    """Checkpoints, the smallest first."""

    checkpoints: list[CheckpointAnswer]


class Words(TypedDict):
    """The words of a reason, and the salt under which the link names them."""

    salt: str
    words: str


class LinkAnswer(TypedDict):
    """A link: its document, its reason in words, and the way from it to the signed root.

    Without ``inclusion`` it is younger than the checkpoint.
    """

    entry: dict[str, Any]
    hash: str
    """As it was stored when the link was made."""
    reason: Words | None
    inclusion: list[str] | None


class ChainAnswer(TypedDict):
    """Links in the order of the chain; complete where each follows the one before."""

    format: str
    log: str
    checkpoint: CheckpointAnswer | None
    links: list[LinkAnswer]
    next: int
    head: int


async def of(session: Session, numbers: Sequence[int]) -> ChainAnswer:
    """Give some links, each with the proof that the newest checkpoint signs it."""
    rows = await session.execute(_OF, {"numbers": list(numbers)})
    links = [Link._make(row) for row in rows]
    newest = await queries.checkpoint(session)
    size = newest.size if newest else 0
    paths = {number: merkle.inclusion(number - 1, size) for number in numbers if number <= size}
    wanted = {node for path in paths.values() for span in path for node in merkle.nodes_of(span)}
    known = await queries.nodes(session, wanted)
    proofs = {
        number: [merkle.hash_of(span, known).hex() for span in path]
        for number, path in paths.items()
    }
    return await _answer(session, links, newest, proofs)


async def chain(session: Session, after: int, limit: int) -> ChainAnswer:
    """Give the links that follow one; whoever has all of them needs no other proof."""
    links = await queries.links_after(session, after, limit)
    newest = await queries.checkpoint(session)
    answer = await _answer(session, links, newest, {})
    answer["next"] = max((link.number or 0 for link in links), default=after)
    return answer


async def _answer(
    session: Session,
    links: Sequence[Link],
    newest: Checkpoint | None,
    proofs: Mapping[int, list[str]],
) -> ChainAnswer:
    columns, lines = await queries.of_saves(session, links)
    before = await queries.hashes(session, [(link.number or 1) - 1 for link in links])
    head, _ = await queries.head(session)
    answered = []
    for link in links:
        number = link.number or 0
        of_save = list(lines.get(link.save_id, ()))
        column = columns.get(link.sheet_id)
        words = words_of(of_save)
        entry = document(number, before.get(number - 1, b""), link, column, of_save)
        answered.append(
            LinkAnswer(
                entry=entry,
                hash=(link.hash or b"").hex(),
                reason=None
                if words is None
                else Words(salt=(link.reason_salt or b"").hex(), words=words),
                inclusion=proofs.get(number),
            )
        )
    return ChainAnswer(
        format=FORMAT,
        log=LOG,
        checkpoint=None if newest is None else checkpoint(newest),
        links=answered,
        next=0,
        head=head,
    )


async def checkpoints(session: Session, after: int, limit: int) -> CheckpointsAnswer:
    """Give checkpoints over more links than this."""
    found: Iterable[Checkpoint] = await queries.checkpoints(session, after, limit)
    return CheckpointsAnswer(checkpoints=[checkpoint(one) for one in found])


def checkpoint(one: Checkpoint) -> CheckpointAnswer:
    """Write a checkpoint down."""
    return CheckpointAnswer(
        log=LOG,
        size=one.size,
        root=one.root.hex(),
        signed_at=moment(one.signed_at),
        public_key=b64encode(one.public_key).decode(),
        signature=b64encode(one.signature).decode(),
    )


_SAVE = table_of(ScoreSave).c
_OF = (
    select(*(_SAVE[name] for name in Link._fields))
    .where(_SAVE.number == any_(bindparam("numbers", type_=ARRAY(BigInteger))))
    .order_by(_SAVE.number)
)
