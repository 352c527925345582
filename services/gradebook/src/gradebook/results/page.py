"""`/results`: the page that shows one pupil's results, a reader of the API like any other.

Its files are open to everybody and hold nobody's data; what they show the API gives to whoever may
read it.
"""

from hashlib import blake2b
from importlib.resources import files

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    # The address holds a pupil's id.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_FILES = {
    "/results": ("results.html", "text/html"),
    "/results/results.css": ("results.css", "text/css"),
    "/results/results.js": ("results.js", "text/javascript"),
}


def install(app: FastAPI) -> None:
    """Serve the page and its files, and send whoever comes without an address to it."""
    for path, (name, media_type) in _FILES.items():
        content = (files(__package__) / "static" / name).read_bytes()
        _serve(app, path, content, media_type)

    async def home(request: Request) -> Response:  # noqa: ARG001 - what Starlette calls it with
        return RedirectResponse("results")

    app.add_route("/", home, include_in_schema=False)


def _serve(app: FastAPI, path: str, content: bytes, media_type: str) -> None:
    headers = _HEADERS | {"ETag": f'W/"{blake2b(content, digest_size=8).hexdigest()}"'}

    async def answer(request: Request) -> Response:
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media_type, headers=headers)

    app.add_route(path, answer, include_in_schema=False)
