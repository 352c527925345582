"""An `Idempotency-Key` answers once: the key row and the effect commit together, or neither does.

The row is inserted before the command runs. A second request with the same key waits on that insert
until the first has ended, and then finds either its answer or nothing. The relay's leader deletes
keys of more than 30 days.
"""

import hashlib
import re
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from starlette.requests import Request
from starlette.responses import Response

from chassis.clock import now
from chassis.database import Session
from chassis.errors import Conflict, Malformed
from chassis.tables import IDEMPOTENCY_KEY as TABLE

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of a key: by whom, on which route, for which exact request."""

    principal: str
    route: str
    key: str
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


async def take(session: Session, wanted: Claim) -> Response | None:
    """Take the key for this transaction, or return the answer that it already gave.

    Raises:
        Conflict: the key was used for another request.

    """
    row = {
        "principal": wanted.principal,
        "route": wanted.route,
        "key": wanted.key,
        "body_hash": wanted.fingerprint,
        "created": now(),
    }
    connection = await session.connection()
    taken = await connection.execute(_TAKE, row)
    if taken.first() is not None:
        return None
    stored = (await connection.execute(_STORED, _identity(wanted))).one()
    if stored.body_hash != wanted.fingerprint:
        raise Conflict(
            "idempotency-key-reused",
            "Mã chống gửi lặp này đã dùng cho một yêu cầu khác. Hãy tạo mã mới.",
        )
    return Response(
        stored.body,
        stored.status,
        headers={"Idempotency-Replayed": "true"},
        media_type=stored.content_type,
    )


async def store(session: Session, wanted: Claim, response: Response) -> None:
    """Keep `response` as the answer of the key, in the command's own transaction."""
    connection = await session.connection()
    answer = {
        "status": response.status_code,
        "content_type": response.headers.get("content-type"),
        "body": bytes(response.body),
    }
    await connection.execute(_STORE, answer | _identity(wanted))


def _identity(wanted: Claim) -> dict[str, str]:
    return {"of_principal": wanted.principal, "of_route": wanted.route, "of_key": wanted.key}


# Made once: every command runs the first and the last of them.
_IS_WANTED = and_(
    TABLE.c.principal == bindparam("of_principal"),
    TABLE.c.route == bindparam("of_route"),
    TABLE.c.key == bindparam("of_key"),
)
_TAKE = insert(TABLE).on_conflict_do_nothing().returning(TABLE.c.key)
_STORED = select(TABLE.c.body_hash, TABLE.c.status, TABLE.c.content_type, TABLE.c.body).where(
    _IS_WANTED
)
_STORE = update(TABLE).where(_IS_WANTED)
