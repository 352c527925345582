"""`/`, `/indicators.html` and the files they need, with what a browser is told about them."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from chassis.errors import NotFound
from ioc_aggregator.dashboard.files import LIST, File, Release

_YEAR = "public, max-age=31536000, immutable"
_CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_PAGE_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def install(app: FastAPI) -> None:
    """Serve the page to everybody. It is no part of the API: what is chosen stands in its query."""
    release = Release.read()

    async def page(request: Request) -> Response:
        """Answer the page; a browser that has this release already is told so."""
        headers = _PAGE_HEADERS | {"ETag": f'W/"{release.digest}"'}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        asked = release.list if request.url.path.endswith(LIST) else release.page
        return _sent(request, asked, headers)

    async def file(request: Request) -> Response:
        """Answer one file; kept by the browser only under the address of its own release."""
        digest, name = request.path_params["digest"], request.path_params["name"]
        if name not in release.files:
            raise NotFound("file-unknown", "Không có tệp này.")
        caching = _YEAR if digest == release.digest else "no-store"
        return _sent(request, release.files[name], {"Cache-Control": caching})

    app.add_route("/", page, include_in_schema=False)
    app.add_route(f"/{LIST}", page, include_in_schema=False)
    app.add_route("/dashboard/{digest}/{name:path}", file, include_in_schema=False)


def _sent(request: Request, file: File, headers: dict[str, str]) -> Response:
    content = file.content
    if file.packed is not None:
        headers = headers | {"Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = file.packed
            headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=file.media_type, headers=headers)
