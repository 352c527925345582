"""What a person or program that asked for something wrong is told (RFC 9457).

A rule raises one of these anywhere below a route; ``chassis.http`` rolls the transaction back and
renders the answer. `title` and `detail` are Vietnamese, because a person in a school reads them;
`slug` is English, because programs compare it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

TYPE_PREFIX = "urn:edu:problem:"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of the input: where it is, what is wrong, how to put it right."""

    where: str
    what: str
    how: str


class Problem(Exception):  # noqa: N818 (the word of RFC 9457, and not every problem is an error)
    """A refusal with a name of its own: ``raise Conflict("cell-changed", "Ô điểm đã đổi.")``.

    `retry_after` counts seconds; `extra` becomes further members of the answer, so it must be JSON.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    title: str = "Lỗi trong hệ thống"
    retry_after: int | None = None

    def __init__(
        self,
        slug: str,
        detail: str,
        *,
        title: str | None = None,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        **extra: object,
    ) -> None:
        super().__init__(f"{slug}: {detail}")
        self.slug = slug
        self.detail = detail
        self.title = self.title if title is None else title
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        seconds = self.retry_after if retry_after is None else retry_after
        if seconds is not None:
            self.headers["Retry-After"] = str(seconds)
        self.extra = extra


class Malformed(Problem):
    """400: the request cannot be read at all (no key, not JSON, not UTF-8)."""

    status = HTTPStatus.BAD_REQUEST
    title = "Yêu cầu không đọc được"


class Unauthorized(Problem):
    """401: no token, or none that can be trusted. Why exactly stands in the log only."""

    status = HTTPStatus.UNAUTHORIZED
    title = "Chưa đăng nhập"


class Forbidden(Problem):
    """403: known, but not allowed to do this here."""

    status = HTTPStatus.FORBIDDEN
    title = "Không có quyền"


class NotFound(Problem):
    """404: no such thing, or none that this principal may know of."""

    status = HTTPStatus.NOT_FOUND
    title = "Không tìm thấy"


def nothing_here() -> NotFound:
    """Make the one answer for what is not there and for what a stranger may not know of."""
    return NotFound("not-found", "Không tìm thấy nội dung này.")


class TooSlow(Problem):
    """408: the body did not arrive in the time that a slow line needs."""

    status = HTTPStatus.REQUEST_TIMEOUT
    title = "Gửi quá chậm"


class Conflict(Problem):
    """409: right in itself, wrong in the present state."""

    status = HTTPStatus.CONFLICT
    title = "Trái với trạng thái hiện tại"


class Gone(Problem):
    """410: was here, is no longer kept."""

    status = HTTPStatus.GONE
    title = "Không còn lưu"


class TooLarge(Problem):
    """413: the body exceeds the limit of its route."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "Dữ liệu gửi lên quá lớn"


class UnsupportedMediaType(Problem):
    """415: the body is of a kind that this route does not read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    title = "Sai loại nội dung"


class Invalid(Problem):
    """422: readable, but against a rule; `errors` says where, what and how."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Dữ liệu không hợp lệ"


class TooManyRequests(Problem):
    """429: slower, please."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Gửi quá nhiều yêu cầu"
    retry_after = 1


class Unavailable(Problem):
    """503: not now; the same request (same Idempotency-Key) may be sent again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "Tạm thời chưa phục vụ được"
    retry_after = 2
