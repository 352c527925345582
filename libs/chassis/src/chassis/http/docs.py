"""The OpenAPI document and its page, shipped with all that the page needs (no CDN).

What the routes do for every command and query (token, Idempotency-Key, problems) is written into
the document here, from the routes themselves, so that no service has to repeat it.
"""

from itertools import product
from typing import Any

from fastapi import FastAPI
from fastapi._compat import get_flat_models_from_fields
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_fields_from_routes, get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from chassis.docstrings import fields_of
from chassis.http.idempotency import HEADER
from chassis.http.problems import MEDIA_TYPE
from chassis.http.routes import ChassisRoute, CommandRoute

_ASSETS = "/docs/assets"
_CONTENT_SECURITY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'"
)
_FIELD_ERROR = {
    "type": "object",
    "required": ["where", "what", "how"],
    "properties": {
        "where": {"type": "string", "examples": ["cells[3].value"]},
        "what": {"type": "string", "examples": ["Giá trị quá lớn."]},
        "how": {"type": "string", "examples": ["Viết số từ 1000 trở xuống."]},
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457: why the request was refused.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:edu:problem:invalid-request"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
    },
}
_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "A new id for each save; sent again unchanged when the save is tried again. "
    "The same key answers the same for 30 days; with another request it is refused (409).",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_EVERY_ROUTE = {
    "404": "There is no such thing, or none that this token may know of.",
    "422": "A value breaks a rule; `errors` says where, what and how.",
    "500": "A defect; it is logged under the request's id.",
    "503": "Not now: send the same request again after `Retry-After` seconds.",
}
_WITH_TOKEN = {
    "401": "No token, or one that cannot be trusted.",
    "403": "This token may not do this.",
}
_COMMAND = {
    "400": "The request cannot be read, or has no valid Idempotency-Key.",
    "408": "The body came too slowly.",
    "409": "Right in itself, wrong in the present state; or the key was used for another request.",
    "413": "The body is over the limit of this route.",
    "415": "The body is not of the kind that this route reads.",
}


def install(app: FastAPI) -> None:
    """Serve `/openapi.json` (FastAPI does), `/docs` and the page's assets."""
    app.mount(_ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]), name="docs-assets")
    app.add_api_route("/docs", _page, include_in_schema=False, response_class=HTMLResponse)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented extension point


async def _page(request: Request) -> HTMLResponse:
    root = request.scope.get("root_path", "").rstrip("/")
    page = get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title=request.app.title,
        swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
        swagger_ui_parameters={"validatorUrl": None, "persistAuthorization": False},
    )
    page.headers["Content-Security-Policy"] = _CONTENT_SECURITY
    return page


def document(app: FastAPI) -> dict[str, Any]:
    """Return the whole OpenAPI document of `app`."""
    schema = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _describe(app, schemas)
    schemas |= {"Problem": _PROBLEM, "FieldError": _FIELD_ERROR}
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, ChassisRoute) and route.include_in_schema:
            for method in context.methods or ():
                _complete(schema["paths"][context.path_format][method.lower()], route)
    return schema


def _describe(app: FastAPI, schemas: dict[str, Any]) -> None:
    """Give fields that say nothing of themselves the docstrings below them."""
    fields = get_fields_from_routes(app.routes)
    for model in get_flat_models_from_fields(fields, known_models=set()):
        if not issubclass(model, BaseModel):
            continue
        texts = fields_of(model)
        # The longer name where two models share the short one; two of each where what is written
        # differs from what is read.
        names = model.__name__, f"{model.__module__}.{model.__qualname__}".replace(".", "__")
        for name, kind in product(names, ("", "-Input", "-Output")):
            for field, described in schemas.get(name + kind, {}).get("properties", {}).items():
                if field in texts:
                    described.setdefault("description", texts[field])


def _complete(operation: dict[str, Any], route: ChassisRoute) -> None:
    problems = dict(_EVERY_ROUTE)
    if not route.public:
        operation["security"] = [{"token": []}]
        problems |= _WITH_TOKEN
    if isinstance(route, CommandRoute):
        key = _KEY_PARAMETER | {"name": route.key_header}
        operation.setdefault("parameters", []).append(key)
        problems |= _COMMAND
    responses = operation["responses"]
    responses.pop("422", None)  # FastAPI's own shape, which is never sent
    for status, description in sorted(problems.items()):
        described = responses.setdefault(status, {"description": description})
        described["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
