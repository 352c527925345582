"""Every refusal leaves as ``application/problem+json`` (RFC 9457), and no answer leaks a detail.

Known problems are rendered where they are raised; whatever else escapes a route is turned into one
by `problem_of`, at the edge.
"""

import json
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from chassis import context
from chassis.database import is_transient
from chassis.errors import TYPE_PREFIX, Invalid, Malformed, Problem, TooLarge, Unavailable
from chassis.http.wording import MOST_ERRORS, describe
from chassis.outbox import EventTooLargeError

MEDIA_TYPE = "application/problem+json"

_STATUS_PROBLEMS = {
    HTTPStatus.BAD_REQUEST: ("unreadable", "Máy chủ không đọc được yêu cầu này."),
    HTTPStatus.NOT_FOUND: ("no-such-address", "Địa chỉ này không có trong API. Xem trang /docs."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method-not-allowed",
        "Địa chỉ này không nhận phương thức vừa dùng; header Allow cho biết phương thức đúng.",
    ),
}
_TITLES = {
    HTTPStatus.BAD_REQUEST: "Yêu cầu không đọc được",
    HTTPStatus.NOT_FOUND: "Không tìm thấy",
    HTTPStatus.METHOD_NOT_ALLOWED: "Phương thức không được dùng ở đây",
}
_DATA_EXCEPTION = "22"
"""The class of SQLSTATE that says a value cannot be stored, whoever sent it."""


def render(problem: Problem, status: int | None = None) -> Response:
    """Write `problem` as its answer."""
    status = int(problem.status if status is None else status)
    members: dict[str, object] = {
        "type": TYPE_PREFIX + problem.slug,
        "title": problem.title,
        "status": status,
        "detail": problem.detail,
    }
    if (correlation_id := context.current().correlation_id) is not None:
        members["instance"] = f"urn:edu:request:{correlation_id}"
    if problem.errors:
        members["errors"] = [
            {"where": error.where, "what": error.what, "how": error.how} for error in problem.errors
        ]
    members |= problem.extra
    body = json.dumps(members, ensure_ascii=False, default=str).encode()
    return Response(body, status, headers=problem.headers, media_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem:
    """Say what a client is told when `error` escaped a route; the log is told more."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ClientDisconnect):
        return Malformed("body-incomplete", "Kết nối đóng trước khi nhận đủ dữ liệu.")
    if isinstance(error, EventTooLargeError):
        return TooLarge("event-too-large", "Lần lưu này quá lớn. Hãy chia thành nhiều lần lưu.")
    if _is_refused_value(error):
        return Invalid("value-not-storable", "Có giá trị mà cơ sở dữ liệu không lưu được.")
    if is_transient(error):
        return Unavailable(
            "database-unavailable",
            "Cơ sở dữ liệu đang bận hoặc chưa sẵn sàng. Hãy gửi lại cùng yêu cầu này.",
        )
    return Problem("internal", "Hệ thống gặp lỗi; lỗi đã được ghi lại cùng mã yêu cầu.")


def _is_refused_value(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and str(getattr(error.orig, "sqlstate", None)).startswith(
        _DATA_EXCEPTION
    )


def invalid(error: RequestValidationError) -> Problem:
    """Turn FastAPI's finding into 422 with one entry per fault."""
    found = error.errors()
    return Invalid(
        "invalid-request",
        f"Có {len(found)} chỗ chưa đúng trong yêu cầu."
        + (f" Dưới đây là {MOST_ERRORS} chỗ đầu tiên." if len(found) > MOST_ERRORS else ""),
        errors=describe(found),
    )


def install(app: FastAPI) -> None:
    """Let `app` answer every refusal as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 (registered for this type only)
    return render(error)


async def _on_invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for this type only)
    return render(invalid(error))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this type only)
    status = HTTPStatus(error.status_code)
    slug, detail = _STATUS_PROBLEMS.get(status, ("refused", "Máy chủ từ chối yêu cầu này."))
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    problem = Problem(slug, detail, title=_TITLES.get(status, "Bị từ chối"), headers=headers)
    return render(problem, status)


def _methods(request: Request) -> set[str]:
    """Return the methods of all routes under this path; Starlette knows those of one only."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        path = getattr(route, "path_regex", None)
        if path is not None and path.match(request.url.path):
            methods |= route.methods or set()
    return methods
