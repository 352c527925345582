"""How much a client may send, and how slowly. Read before any transaction is opened."""

import asyncio
from functools import partial

from starlette.requests import Request
from starlette.types import Message, Receive

from chassis.errors import Malformed, TooLarge, TooSlow

BODY_LIMIT = 1024 * 1024
IMPORT_BODY_LIMIT = 16 * BODY_LIMIT
_FIRST_SECONDS = 30.0
_SLOWEST_BYTES_PER_SECOND = 16 * 1024


async def with_limited_body(request: Request, limit: int) -> Request:
    """Return the request with its body read, at most `limit` bytes and not endlessly slowly.

    Raises:
        TooLarge: more than `limit` bytes, declared or sent.
        TooSlow: slower than the slowest line that a school has.

    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal():
        raise Malformed("content-length-invalid", "Header Content-Length không phải là số.")
    if int(declared) > limit:
        raise _too_large(limit)
    counted = Request(request.scope, partial(_receive, request.receive, _Allowance(limit)))
    try:
        async with asyncio.timeout(_FIRST_SECONDS + limit / _SLOWEST_BYTES_PER_SECOND):
            await counted.body()
    except TimeoutError:
        raise TooSlow(
            "body-too-slow",
            "Dữ liệu gửi lên quá chậm. Hãy kiểm tra đường truyền rồi gửi lại.",
            headers={"Connection": "close"},
        ) from None
    return counted


class _Allowance:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise _too_large(self.limit)


async def _receive(receive: Receive, allowance: _Allowance) -> Message:
    message = await receive()
    if message["type"] == "http.request":
        allowance.take(len(message.get("body", b"")))
    return message


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "body-too-large",
        f"Dữ liệu gửi lên vượt quá {limit // 1024} KiB. Hãy chia thành nhiều lần gửi.",
        headers={"Connection": "close"},
        limit=limit,
    )
