"""An `Idempotency-Key` answers once: the key row and the effect commit together, or neither does.

The row is inserted before the command runs. A second request with the same key waits on that insert
until the first has ended, and then finds either its answer or nothing. The relay's leader deletes
keys of more than 30 days.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ARRAY, Integer, LargeBinary, Text, TextClause, bindparam, text
from starlette.requests import Request
from starlette.responses import Response

from chassis.clock import now
from chassis.database import Session
from chassis.errors import Conflict, Malformed

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,255}")


class Identity(NamedTuple):
    """A key is known by who used it, and on which route."""

    principal: str
    route: str
    key: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of a key, for one exact request."""

    identity: Identity
    fingerprint: bytes


def read_key(request: Request, header: str = HEADER) -> str:
    """Return the request's key; refuse a missing, repeated, overlong or unprintable one."""
    keys = request.headers.getlist(header)
    if not keys:
        raise Malformed(
            "idempotency-key-missing",
            f"Thiếu header {header}. Hãy gửi một mã mới (UUID) cho mỗi lần lưu, "
            "và gửi lại đúng mã đó khi thử lại.",
        )
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise Malformed(
            "idempotency-key-invalid",
            f"Header {header} phải xuất hiện một lần, dài 1 đến 255 ký tự ASCII "
            "và không có dấu cách.",
        )
    return keys[0]


def fingerprint(request: Request, body: bytes) -> bytes:
    """Hash all that makes two requests the same one: the path with its ids, the query, the body."""
    digest = hashlib.sha256()
    for part in (request.url.path.encode(), request.url.query.encode(), body):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()


class Replayed(Response):
    """The answer that a key had before."""

    def __init__(self, status: int, content_type: str | None, body: bytes) -> None:
        headers = {"Idempotency-Replayed": "true"}
        super().__init__(body, status, headers=headers, media_type=content_type)


async def take(session: Session, wanted: Sequence[Claim]) -> Mapping[Identity, Replayed | Conflict]:
    """Take the keys, each another one, for this transaction; give what those used before answer.

    One that was used for another request is a conflict.
    """
    connection = await session.connection()
    rows = {"body_hash": [claim.fingerprint for claim in wanted], "created": now()}
    taken = await connection.execute(_TAKE, _columns([one.identity for one in wanted]) | rows)
    fresh = {Identity(*row) for row in taken}
    used = {one.identity: one.fingerprint for one in wanted if one.identity not in fresh}
    if not used:
        return {}
    stored = await connection.execute(_STORED, _columns(list(used)))
    return {
        (identity := Identity(*row[:3])): Replayed(*row[4:])
        if row.body_hash == used[identity]
        else Conflict(
            "idempotency-key-reused",
            "Mã chống gửi lặp này đã dùng cho một yêu cầu khác. Hãy tạo mã mới.",
        )
        for row in stored
    }


async def store(session: Session, answers: Mapping[Identity, Response]) -> None:
    """Keep the answers of keys that were taken, in the commands' own transaction."""
    rows = {
        "status": [answer.status_code for answer in answers.values()],
        "content_type": [answer.headers.get("content-type") for answer in answers.values()],
        "body": [bytes(answer.body) for answer in answers.values()],
    }
    await (await session.connection()).execute(_STORE, _columns(list(answers)) | rows)


async def give_back(session: Session, keys: Sequence[Identity]) -> None:
    """Forget keys that were taken in this transaction: what was refused may be tried again."""
    await (await session.connection()).execute(_GIVE_BACK, _columns(keys))


def _columns(keys: Sequence[Identity]) -> dict[str, object]:
    return {name: [getattr(key, name) for key in keys] for name in Identity._fields}


def _statement(sql: str) -> TextClause:
    """Make a statement about many keys, each a place in arrays; made once, prepared once."""
    kinds = {"body_hash": LargeBinary, "body": LargeBinary, "status": Integer}
    names = [
        name
        for name in (*Identity._fields, *kinds, "content_type")
        if re.search(rf":{name}\b", sql)
    ]
    return text(sql).bindparams(
        *(bindparam(name, type_=ARRAY(kinds.get(name, Text))) for name in names)
    )


# In the order of the keys, so that two transactions cannot wait for each other's.
_TAKE = _statement(
    """
    INSERT INTO delivery.idempotency_key (principal, route, key, body_hash, created)
    SELECT *, :created FROM unnest(:principal, :route, :key, :body_hash) ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING RETURNING principal, route, key
    """
)
_WANTED = "SELECT * FROM unnest(:principal, :route, :key)"
_STORED = _statement(
    f"""
    SELECT principal, route, key, body_hash, status, content_type, body
    FROM delivery.idempotency_key WHERE (principal, route, key) IN ({_WANTED})
    """  # noqa: S608 - the texts stand above
)
_STORE = _statement(
    """
    UPDATE delivery.idempotency_key AS stored
    SET status = answer.status, content_type = answer.content_type, body = answer.body
    FROM unnest(:principal, :route, :key, :status, :content_type, :body)
        AS answer(principal, route, key, status, content_type, body)
    WHERE (stored.principal, stored.route, stored.key)
        = (answer.principal, answer.route, answer.key)
    """
)
_GIVE_BACK = _statement(
    f"DELETE FROM delivery.idempotency_key WHERE (principal, route, key) IN ({_WANTED})"  # noqa: S608
)
