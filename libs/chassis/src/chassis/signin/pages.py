"""What a person sees when signing in did not work: what happened, and where to go from here."""

import base64
import hashlib
from html import escape
from urllib.parse import quote

from starlette.responses import HTMLResponse

from chassis.errors import Problem

_STYLE = (
    "body{font:1.125rem/1.6 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.5rem;"
    "color:#14233a;background:#fff}h1{font-size:1.5rem}a{color:#0b57d0}li{margin:.5rem 0}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf7;background:#081426}a{color:#8ab4f8}}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    # The address of this page may hold a code.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_PAGE = """<!doctype html>
<html lang="vi">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1><p>{detail}</p><ul>{ways}</ul></main></body>
</html>
"""


def problem_page(problem: Problem, *, home: str, again: str | None) -> HTMLResponse:
    """Show `problem`, with a way back, and with one to try again where that may help."""
    ways = [(home, "Về trang chính", "Back to the page")]
    if again is not None:
        address = f"{home}signin?next={quote(again, safe='')}"
        ways.insert(0, (address, "Đăng nhập lại", "Sign in again"))
    links = "".join(
        f'<li><a href="{escape(address)}">{vietnamese}</a> <span lang="en">({english})</span></li>'
        for address, vietnamese, english in ways
    )
    page = _PAGE.format(
        title=escape(problem.title), detail=escape(problem.detail), style=_STYLE, ways=links
    )
    return HTMLResponse(page, int(problem.status), headers=HEADERS | problem.headers)
