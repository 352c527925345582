"""The development issuer as an identity provider: a list of people to choose from, no passwords.

It speaks what any provider speaks (discovery, authorization code with PKCE, JWKS), so services sign
people in by the same code as in production, where neither it nor its key is accepted.
"""

from __future__ import annotations

import argparse
import hashlib
import secrets
import socket
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from chassis.auth.issuer import jwks, open_key
from chassis.clock import now
from edu.people import Person, people
from edu.suite import SERVICES

CODE_LIFETIME = timedelta(minutes=1)
TOKEN_LIFETIME = timedelta(minutes=5)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
NEEDED = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>Đăng nhập thử</title><style>
body{{font:1.125rem/1.5 system-ui,sans-serif;max-width:40rem;margin:8vh auto;padding:0 1.5rem}}
li{{margin:.6rem 0}}small{{color:#555}}</style></head>
<body><h1>Bạn là ai?</h1>
<p>Đây là hệ thống đăng nhập để thử, không có mật khẩu. (A list of people for development.)</p>
<ul>{people}</ul><p><a href="{cancel}">Không đăng nhập (Cancel)</a></p></body></html>
"""


@dataclass(frozen=True)
class Grant:
    """What a code stands for."""

    person: Person
    asked: Mapping[str, str]
    until: datetime


class Identity:
    """The provider: its key, the people it knows, and the codes that were not exchanged yet."""

    def __init__(self, url: str, key: ECKey, known: Callable[[], Iterable[Person]]) -> None:
        self.url = url
        self.key = key
        self._known = known
        self._grants: dict[str, Grant] = {}

    @property
    def application(self) -> Starlette:
        """What is served."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/jwks", self.jwks),
            ]
        )

    def metadata(self) -> dict[str, Any]:
        """Say where everything is and what can be asked for."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    async def discovery(self, _: Request) -> Response:
        """Answer the discovery document."""
        return JSONResponse(self.metadata())

    async def jwks(self, _: Request) -> Response:
        """Answer the public key."""
        return JSONResponse(jwks(self.key))

    async def authorize(self, request: Request) -> Response:
        """Let somebody choose who to be; the choice brings the code."""
        asked = dict(request.query_params)
        if (fault := _fault(asked)) is not None:
            return HTMLResponse(f"<p>{escape(fault)}</p>", HTTPStatus.BAD_REQUEST, HEADERS)
        chosen = asked.pop("person", None)
        if chosen is None:
            return HTMLResponse(self._page(asked), headers=HEADERS)
        answer = {"state": asked["state"], "iss": self.url}
        person = next((one for one in self._known() if one.name == chosen), None)
        if person is None:
            answer["error"] = "access_denied"
        else:
            answer["code"] = self._grant(person, asked)
        back = f"{asked['redirect_uri']}?{urlencode(answer)}"
        return RedirectResponse(back, HTTPStatus.SEE_OTHER, HEADERS)

    async def token(self, request: Request) -> Response:
        """Exchange a code, once, for the token of whom it stands for."""
        form = dict(parse_qsl((await request.body()).decode()))
        grant = self._grants.pop(form.get("code", ""), None)
        if form.get("grant_type") != "authorization_code":
            return _refused("unsupported_grant_type")
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if (
            grant is None
            or grant.until < now()
            or form.get("client_id") != grant.asked["client_id"]
            or form.get("redirect_uri") != grant.asked["redirect_uri"]
            or not compare_digest(challenge, grant.asked["code_challenge"])
        ):
            return _refused("invalid_grant")
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(32),
                "token_type": "Bearer",
                "expires_in": int(TOKEN_LIFETIME.total_seconds()),
                "id_token": self.signed(self.claims(grant)),
            },
            headers={"Cache-Control": "no-store"},
        )

    def claims(self, grant: Grant) -> dict[str, Any]:
        """Say who the person is, to the client that asked."""
        person, issued = grant.person, int(now().timestamp())
        vouched = {"school": person.school, "unit": person.unit}
        return {
            "iss": self.url,
            "aud": grant.asked["client_id"],
            "sub": person.subject,
            "iat": issued,
            "exp": issued + int(TOKEN_LIFETIME.total_seconds()),
            "nonce": grant.asked["nonce"],
            "roles": [person.role],
        } | {name: value for name, value in vouched.items() if value is not None}

    def signed(self, claims: dict[str, Any]) -> str:
        """Sign an id token."""
        header = {"alg": "ES256", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=["ES256"])

    def _grant(self, person: Person, asked: Mapping[str, str]) -> str:
        moment, code = now(), secrets.token_urlsafe(32)
        self._grants = {one: kept for one, kept in self._grants.items() if kept.until > moment}
        self._grants[code] = Grant(person, asked, moment + CODE_LIFETIME)
        return code

    def _page(self, asked: Mapping[str, str]) -> str:
        def link(name: str) -> str:
            return escape(f"authorize?{urlencode({**asked, 'person': name})}")

        entries = "".join(
            f'<li><a href="{link(one.name)}">{escape(one.title)}</a> '
            f"<small>{escape(one.place)}</small></li>"
            for one in self._known()
        )
        return PAGE.format(people=entries, cancel=link(""))


def _fault(asked: Mapping[str, str]) -> str | None:
    """Say what is wrong with a request to authorise; None if nothing is."""
    missing = [name for name in NEEDED if not asked.get(name)]
    if missing:
        return f"missing: {', '.join(missing)}"
    if asked["client_id"] not in SERVICES:
        return "no such client"
    # Anybody on this machine may listen on it; nobody else is ever sent a code.
    address = urlsplit(asked["redirect_uri"])
    if address.hostname not in LOOPBACK or address.query or address.fragment:
        return "the redirect address is not on this machine"
    if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        return "only the authorization code with PKCE (S256) is spoken here"
    if "openid" not in asked.get("scope", "").split():
        return "the scope openid is missing"
    return None


def _refused(error: str) -> Response:
    return JSONResponse({"error": error}, HTTPStatus.BAD_REQUEST)


def main(arguments: list[str] | None = None) -> int:
    """Serve the development issuer of a home until SIGTERM."""
    import uvicorn  # noqa: PLC0415 - tests serve it themselves

    parser = argparse.ArgumentParser(prog="python -m edu.identity", description=__doc__)
    parser.add_argument("home", type=Path, help="the folder with the issuer's key")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--environment", default="development")
    chosen = parser.parse_args(arguments)
    key = open_key(chosen.home, environment=chosen.environment)
    listening = socket.create_server(("127.0.0.1", chosen.port))
    url = f"http://127.0.0.1:{chosen.port}"
    application = Identity(url, key, lambda: people(chosen.home)).application
    config = uvicorn.Config(application, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
