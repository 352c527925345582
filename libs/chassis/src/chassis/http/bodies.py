"""A JSON body is read once, strictly, straight from its bytes, before any transaction opens.

FastAPI alone would parse it in Python first and validate the objects: no strict dates and enums
then, and deep nesting would cost a stack. pydantic's own parser has a depth limit and is faster.
"""

from email.message import Message as MimeHeader
from typing import Any

from fastapi import params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from chassis.errors import Invalid, UnsupportedMediaType


class BodyReader:
    """Knows the one JSON body that a route takes; a route that reads raw bytes has none."""

    def __init__(self, route: APIRoute) -> None:
        self._adapter: TypeAdapter[Any] | None = None
        self._required = False
        field = route.body_field
        if field is None or isinstance(field.field_info, params.Form):
            return
        annotation: Any = field.field_info.annotation
        if len(route.dependant.body_params) != 1:
            raise TypeError(f"{route.path}: a command takes one body model")
        self._adapter = TypeAdapter(annotation)
        self._required = field.field_info.is_required()

    async def read(self, request: Request) -> Request:
        """Return the request with its JSON already validated, or refuse it.

        Raises:
            RequestValidationError: the body is not what the route takes.
            UnsupportedMediaType: it is not said to be JSON.
            Invalid: it holds a NUL character, which PostgreSQL cannot store.
        """
        body = await request.body()
        if b"\x00" in body or (self._adapter is not None and b"\\u0000" in body):
            raise nul_character()
        if self._adapter is None or not (body or self._required):
            return request
        if not _is_json(request.headers.get("content-type", "")):
            raise UnsupportedMediaType(
                "not-json", "Nội dung phải là JSON, với header Content-Type: application/json."
            )
        try:
            parsed = self._adapter.validate_json(body, strict=True)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            raise RequestValidationError(
                [{**fault, "loc": ("body", *fault["loc"])} for fault in found]
            ) from None
        return _ReadRequest(request, parsed)


class _ReadRequest(Request):
    """A request whose JSON is the validated model; FastAPI hands it on unchanged."""

    def __init__(self, request: Request, parsed: object) -> None:
        super().__init__(request.scope, request.receive)
        self._body = request._body  # noqa: SLF001 (Starlette's own cache; there is no setter)
        self._parsed = parsed

    async def json(self) -> Any:
        return self._parsed


def nul_character() -> Invalid:
    """Name the one character that no text column can hold."""
    return Invalid("nul-character", "Dữ liệu có ký tự NUL (\\u0000), không lưu được.")


def _is_json(content_type: str) -> bool:
    header = MimeHeader()
    header["content-type"] = content_type
    subtype = header.get_content_subtype()
    return header.get_content_maintype() == "application" and (
        subtype == "json" or subtype.endswith("+json")
    )
